package bench

import (
	"context"
	"slices"
	"time"
)

// Case is one thing to measure.
type Case struct {
	Name, About string
	// Table is the one that it is reported in.
	Table string
	// Standard cases run unless others are named.
	Standard bool
	// run measures it once. Cases of one table return the same metrics.
	run func(ctx context.Context, r *Runner) ([]Metric, error)
}

// loadShape is what the load of a case is like.
type loadShape struct {
	// Rate of orders a second; 0 is as many as are taken.
	Rate   float64
	Stream stream
}

// What is on in every case unless its text says otherwise: validation, tokens,
// pace, attempts with what was said.
var (
	single = setup{Merchants: 10_000, Connections: 1}
	double = setup{Merchants: 5_000, Connections: 2}
	slow   = setup{Merchants: 5_000, Connections: 2, Delay: 50 * time.Millisecond}
	few    = setup{Merchants: 375, Connections: 2}

	unary  = loadShape{}
	frames = loadShape{Stream: stream{Streams: 4, Frame: 16, Window: 64}}
)

// Cases is the table of all, in the order in which they run.
func Cases() []Case {
	speed := Case{"machine", "bare POSTs of 1 KB, 64 at once", "The machine", true, machineSpeed}
	return slices.Concat([]Case{speed}, pipeCases(), neighbourCases(), backlogCases(), ablationCases())
}

func pipeCases() []Case {
	const table = "The whole pipe, 10,000 connections"
	return []Case{
		{"latency-200", "200 orders/s, 2 deliveries each", table, true, pipe(double, loadShape{Rate: 200})},
		{"latency-2000", "2,000 orders/s, 2 deliveries each", table, true, pipe(double, loadShape{Rate: 2000})},
		{"saturation-2", "64 callers, 2 deliveries each", table, true, pipe(double, unary)},
		{"saturation-2-stream", "4 streams, frames of 16, 2 deliveries each", table, true, pipe(double, frames)},
		{"saturation-1", "64 callers, 1 delivery each", table, true, pipe(single, unary)},
		{"saturation-1-stream", "4 streams, frames of 16, 1 delivery each", table, true, pipe(single, frames)},
		{"saturation-2-50ms", "64 callers, 2 deliveries each, remote takes 50 ms", table, true, pipe(slow, unary)},
		{"saturation-2-few", "64 callers, 2 deliveries each, 750 connections", table, false, pipe(few, unary)},
	}
}

// ablationCases change one thing each, so that their difference to the first tells
// what it costs.
func ablationCases() []Case {
	const table = "What features cost"
	change := func(change func(*setup)) func(context.Context, *Runner) ([]Metric, error) {
		s := double
		change(&s)
		return cost(s, unary)
	}
	return []Case{
		{"cost-all", "everything on, 2 deliveries each", table, true, cost(double, unary)},
		{"cost-stream", "the same over SubmitStream", table, false, cost(double, frames)},
		{"cost-no-auth", "without tokens", table, true, change(func(s *setup) { s.Open = true })},
		{"cost-filter", "with a filter on each connection", table, true, change(func(s *setup) {
			s.Filter = `order.order_source == "shopify" && size(order.line_items) > 0`
		})},
		{"cost-terse", "without excerpts of the exchange", table, true, change(func(s *setup) { s.Terse = true })},
		{"cost-few-lanes", "750 connections", table, true, change(func(s *setup) { s.Merchants = few.Merchants })},
		{"cost-1", "1 delivery each, 10,000 connections", table, true, cost(single, unary)},
		{"cost-paused", "deliveries made, not sent", table, true, change(func(s *setup) { s.Paused = true })},
		{"cost-accept", "no connection, so no delivery", table, true, change(func(s *setup) { s.Connections = 0 })},
		{"cost-memory", "store in memory, a flush is free", table, true, change(func(s *setup) { s.InMemory = true })},
		{"cost-gogc-400", "server with GOGC=400", table, true, change(func(s *setup) { s.GOGC = "400" })},
	}
}

// pipe measures the whole pipe in a world.
func pipe(s setup, load loadShape) func(context.Context, *Runner) ([]Metric, error) {
	return inWorld(s, load, pipeMetrics)
}

// cost measures what a message costs in a world.
func cost(s setup, load loadShape) func(context.Context, *Runner) ([]Metric, error) {
	return inWorld(s, load, costMetrics)
}

func inWorld(
	s setup, load loadShape, metrics func(measured) []Metric,
) func(context.Context, *Runner) ([]Metric, error) {
	return func(ctx context.Context, r *Runner) ([]Metric, error) {
		w, err := r.world(ctx, s)
		if err != nil {
			return nil, err
		}
		m, err := w.pipe(ctx, load)
		if err != nil {
			return nil, err
		}
		return metrics(m), nil
	}
}
