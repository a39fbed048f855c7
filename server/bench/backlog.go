package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

// backlogCases are about deliveries that wait, as after a day's outage.
func backlogCases() []Case {
	const table = "Deliveries that wait"
	return []Case{
		{"backlog-10k-1k", "10,000 waiting over 1,000 lanes", table, true, backlog(10_000, 1000)},
		{"backlog-1m-1k", "1,000,000 over 1,000 lanes", table, true, backlog(1_000_000, 1000)},
		{"backlog-1m-100k", "1,000,000 over 100,000 lanes", table, true, backlog(1_000_000, 100_000)},
		{"backlog-10m-1k", "10,000,000 over 1,000 lanes", table, false, backlog(10_000_000, 1000)},
		{"backlog-10m-100k", "10,000,000 over 100,000 lanes", table, false, backlog(10_000_000, 100_000)},
	}
}

// Sizes of a round of dispatch.
const (
	roundLanes      = 64
	roundDeliveries = 50
)

// backlog fills a store, measures what dispatch asks of it, and starts a server on
// it.
func backlog(deliveries, lanes int) func(context.Context, *Runner) ([]Metric, error) {
	return func(ctx context.Context, r *Runner) (_ []Metric, err error) {
		if err := r.closeWorld(); err != nil {
			return nil, err
		}
		dir, err := os.MkdirTemp(r.Dir, "backlog-")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		filled, err := r.fillStore(ctx, dir, deliveries, lanes)
		if err != nil {
			return nil, err
		}
		started, err := r.startOn(ctx, dir)
		return append(filled, started...), err
	}
}

func (r *Runner) fillStore(ctx context.Context, dir string, deliveries, lanes int) (_ []Metric, err error) {
	r.tell("filling a store with %d deliveries over %d lanes", deliveries, lanes)
	kept, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(dir, "spurline.db")})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	begin := time.Now()
	if err := fill(ctx, kept, deliveries, lanes); err != nil {
		return nil, fmt.Errorf("fill store: %w", err)
	}
	took := time.Since(begin)
	r.tell("filled in %s", took.Round(time.Second))
	claimed, err := claim(ctx, kept)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	return append([]Metric{{"fill s", took.Seconds()}}, claimed...), nil
}

// The store is asked so often, for lanes that are far from each other.
const (
	rounds = 30
	stride = 7919
)

// claim measures what rounds of dispatch ask of the store: the lanes, once at the
// start; then for some lanes what is due, its content, and the outcomes.
func claim(ctx context.Context, kept *sqlite.Store) ([]Metric, error) {
	begin := time.Now()
	lanes, err := kept.WaitingLanes(ctx)
	if err != nil {
		return nil, err
	}
	waiting := time.Since(begin)
	var due, load, complete latencies
	delivered, asked := 0, 0
	for range rounds {
		begin := time.Now()
		var ids []store.DeliveryID
		var queries []store.DueQuery
		for range roundLanes {
			asked += stride
			queries = append(queries, store.DueQuery{
				Connection: lanes[asked%len(lanes)].Connection, Now: begin, Limit: roundDeliveries,
			})
		}
		found, err := kept.DueDeliveries(ctx, queries)
		if err != nil {
			return nil, err
		}
		for _, reading := range found {
			for _, d := range reading.Due {
				ids = append(ids, d.ID)
			}
		}
		due = append(due, time.Since(begin))
		slices.Sort(ids)
		ids = slices.Compact(ids)
		begin = time.Now()
		if _, err := kept.LoadDeliveries(ctx, ids); err != nil {
			return nil, err
		}
		load = append(load, time.Since(begin))
		begin = time.Now()
		if err := kept.Complete(ctx, completions(ids)); err != nil {
			return nil, err
		}
		complete = append(complete, time.Since(begin))
		delivered += len(ids)
	}
	return []Metric{
		{"all lanes ms", milliseconds(waiting)},
		{"round: due ms", milliseconds(due.percentile(0.5))},
		{"round: load ms", milliseconds(load.percentile(0.5))},
		{"round: outcomes ms", milliseconds(complete.percentile(0.5))},
		{"deliveries a round", float64(delivered) / rounds},
	}, nil
}

func completions(ids []store.DeliveryID) []store.Completion {
	now := time.Now()
	all := make([]store.Completion, 0, len(ids))
	for _, id := range ids {
		all = append(all, store.Completion{
			ID: id, State: store.Delivered, Sends: 1, Spent: 1, Now: now,
			Attempt: &store.Attempt{Number: 1, Start: now, Outcome: store.OutcomeDelivered, HTTPStatus: 200},
			Remote:  &store.RemoteRecord{RemoteID: id.String(), ContentKey: make([]byte, 32)},
		})
	}
	return all
}

// startOn measures how long a server takes to start on what was filled, and how
// much memory it needs then. The lanes are paused, so that nothing goes.
func (r *Runner) startOn(ctx context.Context, dir string) (_ []Metric, err error) {
	w := &world{setup: setup{Open: true}, runner: r, dir: dir, dataDir: dir}
	defer func() { err = errors.Join(err, w.close()) }()
	begin := time.Now()
	if err := w.serve(ctx); err != nil {
		return nil, err
	}
	ready := time.Since(begin)
	// Dispatch reads all lanes now. It is done when it does not work any more.
	for last := time.Duration(-1); ; {
		used, err := cpuTime(w.server.pid())
		if err != nil {
			return nil, err
		}
		if used-last < 20*time.Millisecond {
			break
		}
		last = used
		if err := pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
	bytes, err := memory(w.server.pid())
	if err != nil {
		return nil, err
	}
	used, err := cpuTime(w.server.pid())
	return []Metric{
		{"start to plugin ready ms", milliseconds(ready)},
		{"CPU until idle s", used.Seconds()},
		{"memory MiB", float64(bytes) / (1 << 20)},
	}, err
}
