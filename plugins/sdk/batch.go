package sdk

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	// defaultBudget is for a delivery or call that states none.
	defaultBudget = time.Minute
	// reasonPanic is the reason of what a panic of the plugin spoilt.
	reasonPanic = "PLUGIN_PANIC"
)

// item is a delivery of a batch, whatever its contract.
type item struct {
	header *pluginv1.DeliveryHeader
	// send calls the plugin.
	send func(ctx context.Context, value any, deadline time.Time) Result
}

// batch is one call with many deliveries.
type batch struct {
	server      *Server
	received    time.Time
	connections map[string]*pluginv1.Connection
	within      deadlines
	out         *outbox
}

// runBatch sends all items at the same time and hands results to
// write as soon as they are known. It returns when all are done. Once
// the context ends, or write fails, what did not start is left out.
func (s *Server) runBatch(
	ctx context.Context, connections []*pluginv1.Connection, items []item,
	write func([]*pluginv1.DeliveryResult) error,
) error {
	done, err := s.calls.begin()
	if err != nil {
		return err
	}
	defer done()
	b := &batch{
		server: s, received: time.Now(), connections: make(map[string]*pluginv1.Connection, len(connections)),
		out: newOutbox(len(items)),
	}
	for _, connection := range connections {
		b.connections[connection.GetUid()] = connection
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for i := range items {
		within := b.within.until(ctx, b.deadline(ctx, items[i].header))
		s.crew.run(func() {
			defer b.out.done()
			b.run(ctx, within.ctx, &items[i], within.at)
		})
	}
	var failure error
	var spare []answer
	for {
		answers := b.out.take(spare[:0])
		if answers == nil {
			break
		}
		spare = answers
		if failure != nil {
			continue // Nobody listens; wait for the goroutines.
		}
		if failure = send(answers, write); failure != nil {
			cancel()
		}
	}
	if failure != nil {
		return failure
	}
	return context.Cause(ctx)
}

// send writes the results with what is to be kept for their connections. What
// could not be written goes with a later result.
func send(answers []answer, write func([]*pluginv1.DeliveryResult) error) error {
	for together := range slices.Chunk(answers, mostTogether) {
		results := make([]*pluginv1.DeliveryResult, 0, len(together))
		for _, a := range together {
			if value, ok := a.state.take(); ok {
				a.ConnectionState = value
			}
			results = append(results, a.DeliveryResult)
		}
		err := write(results)
		if err == nil {
			continue
		}
		for _, a := range together {
			if a.ConnectionState != nil {
				a.state.putBack()
			}
		}
		return err
	}
	return nil
}

// run brings one delivery from its slot to its result.
func (b *batch) run(ctx, within context.Context, it *item, deadline time.Time) {
	s, id := b.server, it.header.GetDeliveryId()
	c := b.connections[it.header.GetConnectionUid()]
	if c == nil {
		b.unsent(id, Retry("CONNECTION_MISSING", "The host sent no settings of the connection."))
		return
	}
	if of := accountOf(c); s.slots.take(within, s.calls.stopping, of) {
		defer s.slots.giveBack(of)
	}
	switch {
	case ctx.Err() != nil: // The call itself is over.
		return
	case s.calls.draining():
		b.unsent(id, Retry("PLUGIN_STOPPING", "The plugin was stopped before it sent the record."))
		return
	case within.Err() != nil:
		b.unsent(id, tooLate())
		return
	}
	b.deliver(within, it, c, deadline)
}

// unsent answers for a delivery that the plugin never saw.
func (b *batch) unsent(id string, result Result) {
	b.out.put(answer{result.message(id, masker{}, b.server.logger), nil})
}

func (b *batch) deliver(ctx context.Context, it *item, c *pluginv1.Connection, deadline time.Time) {
	s, id := b.server, it.header.GetDeliveryId()
	i := s.instances.acquire(c)
	defer s.instances.release(c.GetUid(), i)
	logger := i.logger
	if traceparent := traceparentOf(it.header); traceparent != "" {
		ctx = withTraceparent(ctx, traceparent)
		logger = logger.With(slog.String(traceKey, traceIDIn(traceparent)))
	}
	var result Result
	switch {
	case len(i.faults) > 0 && i.faults[0].Reason == reasonPanic:
		result = Retry(reasonPanic, i.faults[0].Hint) // Nothing was sent.
	case len(i.faults) > 0:
		// No record of the connection could go, so it is the account's fault and not the
		// record's: the lane waits for the edit.
		result = Unauthorized(reasonSettings, settingsHint(i.faults))
	case ctx.Err() != nil: // Making the instance took all the time.
		result = tooLate()
	default:
		result = Unknown(reasonPanic, panicHint)
		// In a defer, as runtime.Goexit ends the goroutine without a panic.
		defer func() { b.out.put(answer{result.message(id, i.secrets, logger), i.state}) }()
		defer s.panics.recoverTo(logger, i.secrets, "delivery "+id, func(hint string) { result = Unknown(reasonPanic, hint) })
		result = it.send(ctx, i.value, deadline)
		return
	}
	b.out.put(answer{result.message(id, i.secrets, logger), i.state})
}

// deadline is when the delivery's time is over, counted from the receipt and
// never later than the call's.
func (b *batch) deadline(ctx context.Context, header *pluginv1.DeliveryHeader) time.Time {
	call, bounded := ctx.Deadline()
	if header.GetTimeBudget() == nil {
		if bounded {
			return call
		}
		return b.received.Add(defaultBudget)
	}
	deadline := b.received.Add(header.GetTimeBudget().AsDuration())
	if bounded && call.Before(deadline) {
		return call
	}
	return deadline
}

func settingsHint(faults []Fault) string {
	var hints []string
	for _, fault := range faults {
		if fault.Field == "" {
			hints = append(hints, fault.Hint)
			continue
		}
		hints = append(hints, fmt.Sprintf("%s: %s", fault.Field, fault.Hint))
	}
	return strings.Join(hints, " ")
}
