package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Sizes of the load at saturation.
const (
	callers         = 64
	mostUndelivered = 20_000
)

// readings are the counters at one instant.
type readings struct {
	at                          time.Time
	accepted, arrived           int64
	load, server, plugin, other time.Duration
}

// pipe runs a load through the whole pipe for a warm-up and a window, and measures
// the window.
func (w *world) pipe(ctx context.Context, l *load) ([]Metric, error) {
	before, err := w.arrivals.Arrived(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := w.arrivals.Samples(ctx, defaultGroup); err != nil {
		return nil, err
	}
	l.world, l.gate = w, newGate(before, mostUndelivered)
	if l.callers == 0 {
		l.callers = callers
	}
	l.series = fmt.Sprintf("o-%d", time.Now().UnixNano())
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	watched := make(chan error, 1)
	go func() { watched <- l.gate.watch(watching, w.arrivals.Arrived) }()
	loading, stopLoading := context.WithCancel(ctx)
	defer stopLoading()
	loaded := make(chan error, 1)
	go func() { loaded <- l.run(loading) }()

	from, to, err := w.window(ctx, l, loaded)
	stopLoading()
	err = errors.Join(err, <-loaded)
	if err != nil {
		return nil, err
	}
	if err := w.settle(ctx, l.gate); err != nil {
		return nil, err
	}
	stopWatching()
	if err := <-watched; err != nil {
		return nil, err
	}
	samples, err := w.arrivals.Samples(ctx, defaultGroup)
	if err != nil {
		return nil, err
	}
	return pipeMetrics(from, to, l.acknowledged(from.at, to.at), arrivalsWithin(samples, from.at, to.at)), nil
}

// window returns the counters at the begin and the end of what is measured.
func (w *world) window(ctx context.Context, l *load, loaded chan error) (from, to readings, err error) {
	wait := func(d time.Duration) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case err := <-loaded:
			loaded <- nil
			return errors.Join(errors.New("the load ended before its time"), err)
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		}
	}
	if err := wait(w.runner.Warmup); err != nil {
		return from, to, err
	}
	if from, err = w.read(ctx, l); err != nil {
		return from, to, err
	}
	stopProfile, err := w.profile()
	if err != nil {
		return from, to, err
	}
	if err := wait(w.runner.Window); err != nil {
		return from, to, err
	}
	if err := stopProfile(); err != nil {
		return from, to, err
	}
	to, err = w.read(ctx, l)
	return from, to, err
}

// settle waits until everything that was accepted has arrived (promise P2).
func (w *world) settle(ctx context.Context, g *gate) error {
	last, since := g.arrived.Load(), time.Now()
	for g.undelivered() > 0 {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
		if now := g.arrived.Load(); now != last {
			last, since = now, time.Now()
		}
		if time.Since(since) > time.Minute {
			return fmt.Errorf("%d deliveries have not arrived and nothing moves; see the log of the server in %s",
				g.undelivered(), w.runner.Dir)
		}
	}
	return nil
}

func (w *world) read(ctx context.Context, l *load) (r readings, err error) {
	if r.arrived, err = w.arrivals.Arrived(ctx); err != nil {
		return r, err
	}
	r.at, r.accepted = time.Now(), l.accepted.Load()
	plugins, err := children(w.server.pid())
	if err != nil {
		return r, err
	}
	for into, pids := range map[*time.Duration][]int{
		&r.load: {os.Getpid()}, &r.server: {w.server.pid()}, &r.other: {w.remote.pid()}, &r.plugin: plugins,
	} {
		for _, pid := range pids {
			used, err := cpuTime(pid)
			if err != nil {
				return r, err
			}
			*into += used
		}
	}
	return r, nil
}

func pipeMetrics(from, to readings, acknowledged, arrived latencies) []Metric {
	seconds := to.at.Sub(from.at).Seconds()
	accepted, delivered := float64(to.accepted-from.accepted), float64(to.arrived-from.arrived)
	each := func(from, to time.Duration) float64 { return float64((to - from).Microseconds()) / max(delivered, 1) }
	ours := (to.server - from.server) + (to.plugin - from.plugin)
	return []Metric{
		{"accepted/s", accepted / seconds},
		{"delivered/s", delivered / seconds},
		{"ack p50 ms", milliseconds(acknowledged.percentile(0.50))},
		{"ack p99 ms", milliseconds(acknowledged.percentile(0.99))},
		{"arrival p50 ms", milliseconds(arrived.percentile(0.50))},
		{"arrival p99 ms", milliseconds(arrived.percentile(0.99))},
		{"server us/delivery", each(from.server, to.server)},
		{"plugin us/delivery", each(from.plugin, to.plugin)},
		{"load us/delivery", each(from.load, to.load)},
		{"remote us/delivery", each(from.other, to.other)},
		{"server+plugin us/message", float64(ours.Microseconds()) / max(accepted, 1)},
	}
}
