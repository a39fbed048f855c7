package bench

import (
	"context"
	"errors"
	"math"
	"time"

	"golang.org/x/sync/errgroup"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/bench/remote"
	"github.com/spurline/spurline/server/store/sqlite"
)

// healthyRate is what healthy merchants send while others make trouble. It is far
// below what the machine can, so that what they suffer is not for lack of CPU.
const healthyRate = 200

// trouble begins something that goes wrong for some merchants. What has to go on is
// left to the group, until ctx ends.
type trouble func(ctx context.Context, w *world, group *errgroup.Group) error

// neighbourCases are about healthy merchants while others are in trouble.
func neighbourCases() []Case {
	const table = "Healthy merchants at 200 orders/s while others are in trouble (promise P5)"
	return []Case{
		{
			"neighbour-hangs", "1 merchant hangs at the host of the healthy ones, 1,000 wait", table, true,
			beside(hang(1, 1000, remote.Client.Target)),
		},
		{
			"neighbours-hang", "100 merchants hang at the host of the healthy ones, 10 wait at each", table, true,
			beside(hang(100, 10, remote.Client.Target)),
		},
		{
			"neighbours-hang-elsewhere", "100 merchants hang at another host, 10 wait at each", table, true,
			beside(hang(100, 10, remote.Client.Elsewhere)),
		},
		{
			"neighbour-floods", "1 merchant streams as fast as it can", table, true,
			beside(flood),
		},
		{
			"neighbour-million", "1 merchant has 1,000,000 waiting, sent at its pace of 1,000/s", table, true,
			beside(million),
		},
		{
			"neighbour-crashes", "another plugin crashes for every order", table, true,
			beside(crash),
		},
	}
}

// beside measures healthy merchants alone and, in the same world, beside trouble.
func beside(start trouble) func(context.Context, *Runner) ([]Metric, error) {
	return func(ctx context.Context, r *Runner) ([]Metric, error) {
		// A world of its own: what hangs would hang on.
		if err := r.closeWorld(); err != nil {
			return nil, err
		}
		w, err := r.world(ctx, setup{Merchants: 1000, Connections: 1})
		if err != nil {
			return nil, err
		}
		quiet, err := w.pipe(ctx, loadShape{Rate: healthyRate})
		if err != nil {
			return nil, err
		}
		troubled, err := w.pipeBeside(ctx, start)
		if err = errors.Join(err, r.closeWorld()); err != nil {
			return nil, err
		}
		before, after := quiet.arrived.percentile(0.99), troubled.arrived.percentile(0.99)
		return []Metric{
			{"quiet p50 ms", milliseconds(quiet.arrived.percentile(0.50))},
			{"quiet p99 ms", milliseconds(before)},
			{"arrival p50 ms", milliseconds(troubled.arrived.percentile(0.50))},
			{"arrival p99 ms", milliseconds(after)},
			{"p99 of quiet", after.Seconds() / before.Seconds()},
			{"quiet ack p99 ms", milliseconds(quiet.acknowledged.percentile(0.99))},
			{"ack p99 ms", milliseconds(troubled.acknowledged.percentile(0.99))},
		}, nil
	}
}

func (w *world) pipeBeside(ctx context.Context, start trouble) (m measured, err error) {
	troubled, end := context.WithCancel(ctx)
	group, troubled := errgroup.WithContext(troubled)
	defer func() {
		end()
		err = errors.Join(err, group.Wait())
	}()
	if err := start(troubled, w, group); err != nil {
		return m, err
	}
	return w.pipe(ctx, loadShape{Rate: healthyRate})
}

// hang submits to merchants whose remote never answers.
func hang(merchants, each int, target func(r remote.Client, group, query string) string) trouble {
	return func(ctx context.Context, w *world, _ *errgroup.Group) error {
		names, err := w.connect(ctx, "hang", merchants, shape{
			connections: 1, plugin: "bench", target: target(w.arrivals, "hang", "hang=true"),
		})
		if err != nil {
			return err
		}
		intake := apiv1.NewIntakeServiceClient(w.client)
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(callers)
		for i := range merchants * each {
			group.Go(func() error {
				_, err := intake.SubmitOrder(ctx, &apiv1.SubmitOrderRequest{
					Parent: names[i%merchants], Order: newOrder("hang", int64(i), time.Now()),
				})
				return err
			})
		}
		return group.Wait()
	}
}

// flood streams orders of one merchant and waits for nothing.
func flood(ctx context.Context, w *world, group *errgroup.Group) error {
	names, err := w.connect(ctx, "flood", 1, shape{
		connections: 1, plugin: "bench", target: w.arrivals.Target("flood", ""),
	})
	if err != nil {
		return err
	}
	load := &load{
		client: w.client, merchants: names, gate: newGate(0, math.MaxInt64), series: "flood", stream: frames.Stream,
	}
	group.Go(func() error { return load.run(ctx) })
	return nil
}

// million gives one merchant a million deliveries that wait, written to the store
// while the server is down, and lets them go.
func million(ctx context.Context, w *world, _ *errgroup.Group) error {
	names, err := w.connect(ctx, "million", 1, shape{
		connections: 1, plugin: "bench", target: w.arrivals.Target("million", ""), paused: true,
	})
	if err != nil {
		return err
	}
	if err := w.whileDown(ctx, func(kept *sqlite.Store) error {
		return fillOne(ctx, kept, "million-0", 1_000_000)
	}); err != nil {
		return err
	}
	_, err = apiv1.NewConnectionServiceClient(w.client).ResumeConnection(ctx,
		&apiv1.ResumeConnectionRequest{Name: names[0] + "/connections/c-0"})
	return err
}

// crash submits orders that crash another plugin.
func crash(ctx context.Context, w *world, group *errgroup.Group) error {
	if err := w.awaitPlugin(ctx, "crash"); err != nil {
		return err
	}
	names, err := w.connect(ctx, "crash", 1, shape{
		connections: 1, plugin: "crash", target: w.arrivals.Target("crash", ""),
	})
	if err != nil {
		return err
	}
	load := &load{
		client: w.client, merchants: names, gate: newGate(0, math.MaxInt64), series: "crash",
		rate: 5, callers: 1, source: remote.CrashSource,
	}
	group.Go(func() error { return load.run(ctx) })
	return nil
}
