package dispatch

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/spurline/spurline/server/store"
)

// entry is what became of a delivery that was under way.
type entry struct {
	sending *sending
	result  result
	// at is when it was known, however long it waits to be written down.
	at time.Time
	// answered: the result is the plugin's own.
	answered bool
	// settled: it ended without a send.
	settled bool
	// released: it was not sent; nothing is written down.
	released bool
}

// writtenOutcome tells the loop that a delivery is not under way any more.
type writtenOutcome struct {
	connection int64
	generation int64
	id         store.DeliveryID
	arrived    bool
	// What it says of the extra interface, see breaker.
	health health
	probe  bool
	reason string
	// sent is when its call began.
	sent time.Time
	// due is when the lane is to be looked at for it again, zero if not at all.
	due      time.Time
	throttle time.Duration
}

// ledger writes outcomes down, many in one commit.
type ledger struct {
	d      *Dispatcher
	signal chan struct{}
	mu     sync.Mutex
	queue  []entry
}

// Bounds of the ledger.
const (
	ledgerBatch = 500
	// ledgerRetry is how long to wait after the store failed.
	ledgerRetry = time.Second
	// releasedAgain is when a delivery that could not be sent is looked at again.
	releasedAgain = time.Second
)

func newLedger(d *Dispatcher) *ledger {
	return &ledger{d: d, signal: make(chan struct{}, 1)}
}

// put never waits.
func (l *ledger) put(e entry) {
	e.at = time.Now()
	l.mu.Lock()
	l.queue = append(l.queue, e)
	l.mu.Unlock()
	select {
	case l.signal <- struct{}{}:
	default:
	}
}

func (l *ledger) take() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.queue), ledgerBatch)
	taken := l.queue[:n:n]
	l.queue = l.queue[n:]
	if len(l.queue) == 0 {
		l.queue = nil
	}
	return taken
}

// run writes until ctx ends.
func (l *ledger) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.signal:
		}
		for entries := l.take(); len(entries) > 0; entries = l.take() {
			written := l.write(ctx, entries)
			select {
			case l.d.written <- written:
			case <-ctx.Done():
				return
			}
		}
	}
}

// write commits the outcomes and then does what follows from them.
func (l *ledger) write(ctx context.Context, entries []entry) []writtenOutcome {
	now := time.Now()
	var completions []store.Completion
	var verdicts []judged
	written := make([]writtenOutcome, 0, len(entries))
	for _, e := range entries {
		s := e.sending
		w := writtenOutcome{connection: s.connection.Key, generation: s.connection.Generation, id: s.delivery.ID}
		switch {
		case e.released:
			w.due = now.Add(releasedAgain)
		case e.settled:
			completions = append(completions, *s.settled)
		default:
			v := l.d.options.Schedule.judge(s, e.result, e.at)
			completions = append(completions, v.completion)
			verdicts = append(verdicts, judged{e, v})
			w.arrived = v.completion.State == store.Delivered
			w.throttle, w.health, w.probe, w.reason, w.sent = v.throttle, v.health, s.probe, e.result.reason, s.start
			if v.completion.State == store.Pending {
				w.due = v.completion.Due
			}
		}
		written = append(written, w)
	}
	l.complete(ctx, completions)
	l.observe(entries, completions)
	l.react(ctx, verdicts, now)
	return written
}

// complete does not give up while there is a store: what is not written down would
// be sent again.
func (l *ledger) complete(ctx context.Context, completions []store.Completion) {
	if len(completions) == 0 {
		return
	}
	for {
		err := l.d.options.Store.Complete(ctx, completions)
		if err == nil || ctx.Err() != nil {
			return
		}
		if errors.Is(err, store.ErrClosed) {
			l.d.options.Logger.Error("outcomes are lost, the store is closed", "outcomes", len(completions))
			return
		}
		l.d.gauges.retries.Add(1)
		l.d.options.Logger.Error("outcomes cannot be written down, trying again",
			"outcomes", len(completions), "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(ledgerRetry):
		}
		if half := len(completions) / 2; half > 0 { // One that cannot be written must not hold up the others.
			l.complete(ctx, completions[:half])
			completions = completions[half:]
		}
	}
}
