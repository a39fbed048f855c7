package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
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

// measured is what a load met within the window.
type measured struct {
	from, to readings
	// acknowledged are the times to the answer, arrived those to the arrival.
	acknowledged, arrived latencies
}

// pipe runs a load through the whole pipe for a warm-up and a window, and measures
// the window.
func (w *world) pipe(ctx context.Context, shape loadShape) (m measured, err error) {
	before, err := w.arrived(ctx)
	if err != nil {
		return m, err
	}
	if _, err := w.arrivals.Samples(ctx, defaultGroup); err != nil {
		return m, err
	}
	l := &load{
		client: w.client, merchants: w.merchants, gate: newGate(before, mostUndelivered),
		series: fmt.Sprintf("o-%d", time.Now().UnixNano()), rate: shape.Rate, stream: shape.Stream,
	}
	if shape.Stream.Streams == 0 {
		l.callers = callers
	}
	if w.setup.Paused {
		l.gate.most = math.MaxInt64
	}
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	watched := make(chan error, 1)
	go func() { watched <- l.gate.watch(watching, w.arrived) }()
	loading, stopLoading := context.WithCancel(ctx)
	defer stopLoading()
	loaded := make(chan error, 1)
	go func() { loaded <- l.run(loading) }()

	m.from, m.to, err = w.window(ctx, l, loaded)
	stopLoading()
	if err = errors.Join(err, <-loaded); err != nil {
		return m, err
	}
	if !w.setup.Paused {
		err = w.settle(ctx, l.gate)
	}
	stopWatching()
	if err = errors.Join(err, <-watched); err != nil {
		return m, err
	}
	samples, err := w.arrivals.Samples(ctx, defaultGroup)
	if err != nil {
		return m, err
	}
	m.acknowledged = l.acknowledged(m.from.at, m.to.at)
	m.arrived = arrivalsWithin(samples, m.from.at, m.to.at)
	return m, nil
}

func (w *world) arrived(ctx context.Context) (int64, error) {
	return w.arrivals.Arrived(ctx, defaultGroup)
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

// longestStandstill is longer than what hangs holds a call up.
const longestStandstill = 3 * time.Minute

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
		if time.Since(since) > longestStandstill {
			return fmt.Errorf("%d deliveries have not arrived and nothing moves; see the log of the server in %s",
				g.undelivered(), w.runner.Dir)
		}
	}
	return nil
}

func (w *world) read(ctx context.Context, l *load) (r readings, err error) {
	if r.arrived, err = w.arrived(ctx); err != nil {
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
