package bench

import (
	"context"
	"time"
)

// Case is one thing to measure.
type Case struct {
	Name, About string
	// Table is the one that it is reported in.
	Table string
	// Standard cases run unless others are named.
	Standard bool
	setup    setup
	load     loadShape
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
)

const pipeTable = "The whole pipe"

// Cases is the table of all, in the order in which they run.
func Cases() []Case {
	return []Case{
		{
			Name: "latency-200", About: "200 orders/s, 2 deliveries each", Table: pipeTable, Standard: true,
			setup: double, load: loadShape{Rate: 200},
		},
		{
			Name: "latency-2000", About: "2,000 orders/s, 2 deliveries each", Table: pipeTable, Standard: true,
			setup: double, load: loadShape{Rate: 2000},
		},
		{
			Name: "saturation-2", About: "64 callers, 2 deliveries each", Table: pipeTable, Standard: true,
			setup: double,
		},
		{
			Name: "saturation-2-stream", About: "SubmitStream, 4 streams, frames of 16, 2 deliveries each",
			Table: pipeTable, Standard: true,
			setup: double, load: loadShape{Stream: stream{Streams: 4, Frame: 16, Window: 64}},
		},
		{
			Name: "saturation-1", About: "64 callers, 1 delivery each", Table: pipeTable, Standard: true,
			setup: single,
		},
		{
			Name: "saturation-1-stream", About: "SubmitStream, 4 streams, frames of 16, 1 delivery each",
			Table: pipeTable, Standard: true,
			setup: single, load: loadShape{Stream: stream{Streams: 4, Frame: 16, Window: 64}},
		},
		{
			Name: "saturation-2-50ms", About: "64 callers, 2 deliveries each, remote takes 50 ms",
			Table: pipeTable, Standard: true,
			setup: setup{Merchants: 5_000, Connections: 2, Delay: 50 * time.Millisecond},
		},
	}
}

// measure runs a case once.
func (c Case) measure(ctx context.Context, r *Runner) ([]Metric, error) {
	w, err := r.world(ctx, c.setup)
	if err != nil {
		return nil, err
	}
	return w.pipe(ctx, &load{rate: c.load.Rate, stream: c.load.Stream})
}
