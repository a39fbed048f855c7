package dispatch

import (
	"context"
	"slices"
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
	// state is what is kept for the connection from now on, nil if that is what was.
	state []byte
}

// outcome is an entry with what is done about it.
type outcome struct {
	entry entry
	// completion is nil where there is nothing to write down.
	completion *store.Completion
	verdict    verdict
	written    writtenOutcome
	refusal    refusal
}

// ledger writes outcomes down, many in one commit.
type ledger struct {
	d      *Dispatcher
	signal chan struct{}
	mu     sync.Mutex
	queue  []*outcome

	// What follows belongs to the goroutine of run.

	// refused are outcomes that the store did not take yet, see refused.go.
	refused []*outcome
	// kept counts the commits that it did take.
	kept int64
	// completions is used again for each commit.
	completions []store.Completion
	// over: the drain grace has passed.
	over bool
}

// Bounds of the ledger.
const (
	ledgerBatch = 500
	// releasedAgain is when a delivery that could not be sent is looked at again.
	releasedAgain = time.Second
)

func newLedger(d *Dispatcher) *ledger {
	return &ledger{d: d, signal: make(chan struct{}, 1)}
}

// put never waits.
func (l *ledger) put(e entry) {
	e.at = time.Now()
	o := &outcome{entry: e}
	l.mu.Lock()
	l.queue = append(l.queue, o)
	l.mu.Unlock()
	select {
	case l.signal <- struct{}{}:
	default:
	}
}

func (l *ledger) take() []*outcome {
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
	again := time.NewTimer(longestRefusal)
	defer again.Stop()
	graceOver := l.d.calls.Done()
	for {
		select {
		case <-ctx.Done():
			return
		case <-graceOver:
			graceOver, l.over = nil, true
		case <-l.signal:
		case <-again.C:
		}
		for outcomes := l.take(); len(outcomes) > 0; outcomes = l.take() {
			l.tell(ctx, l.write(ctx, outcomes))
		}
		l.tell(ctx, l.tryAgain(ctx))
		l.d.gauges.refused.Store(int64(len(l.refused)))
		again.Reset(l.untilAgain(time.Now()))
	}
}

// tell tells the loop what is written down.
func (l *ledger) tell(ctx context.Context, written []writtenOutcome) {
	if len(written) == 0 {
		return
	}
	select {
	case l.d.written <- written:
	case <-ctx.Done():
	}
}

// write commits the outcomes and then does what follows from them.
func (l *ledger) write(ctx context.Context, outcomes []*outcome) []writtenOutcome {
	now := time.Now()
	for _, o := range outcomes {
		l.judge(o, now)
	}
	refused := l.complete(ctx, outcomes)
	l.react(ctx, outcomes, now) // What an answer says of an account is true whether it is kept or not.
	if len(refused) > 0 {
		l.putAside(refused, now)
		outcomes = slices.DeleteFunc(outcomes, func(o *outcome) bool { return o.refusal.err != nil })
	}
	return l.observe(outcomes)
}

// judge says what is done about an outcome's entry.
func (l *ledger) judge(o *outcome, now time.Time) {
	e, s, w := &o.entry, o.entry.sending, &o.written
	w.connection, w.generation, w.id = s.connection.Key, s.connection.Generation, s.delivery.ID
	switch {
	case e.released:
		w.due = now.Add(releasedAgain)
	case e.settled:
		o.completion = s.settled
	default:
		s.end(&e.result, e.at)
		o.verdict = l.d.options.Schedule.judge(s, &e.result, e.at)
		o.completion = &o.verdict.completion
		w.arrived = o.completion.State == store.Delivered
		w.throttle, w.health, w.probe = o.verdict.throttle, o.verdict.health, s.probe
		w.reason, w.sent = e.result.reason, s.start
		if o.completion.State == store.Pending {
			w.due = o.completion.Due
		}
	}
}
