package dispatch

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
)

// An outcome that the store does not take holds up no others: it is put aside and tried
// again, while its delivery counts as under way. If the store takes others meanwhile and
// still not this one, it is given up: the delivery stays pending and goes again later as
// one that may have arrived (promises P2 and P3).

// refusal is what the store says of an outcome that it does not take.
type refusal struct {
	err error
	// tries that failed, and when the next one is.
	tries int
	again time.Time
	// kept is how many commits the store had taken at the first.
	kept int64
}

// When an outcome is tried again, and when it is given up: after about a minute, if the
// store takes others.
const (
	firstRefusal   = time.Second
	longestRefusal = 8 * time.Second
	mostRefusals   = 10
)

// complete writes outcomes down and returns those that the store did not take, each
// with its error. One of them fails no others.
func (l *ledger) complete(ctx context.Context, outcomes []*outcome) (refused []*outcome) {
	completions := l.completions[:0] // The store keeps none of them.
	for _, o := range outcomes {
		if o.completion != nil {
			completions = append(completions, *o.completion)
		}
	}
	if len(completions) == 0 {
		return nil
	}
	l.completions = completions
	err := l.d.options.Store.Complete(ctx, completions)
	switch {
	case err == nil:
		l.kept++
		l.forgetDoubts(outcomes)
		return nil
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, store.ErrClosed):
		l.d.options.Logger.ErrorContext(ctx, "outcomes are lost, the store is closed", "outcomes", len(completions))
		return nil
	}
	half := len(outcomes) / 2
	if half == 0 || errors.Is(err, store.ErrFull) { // That is no fault of one of them.
		for _, o := range outcomes {
			if o.completion != nil { // What was released has nothing to be refused.
				o.refusal.err = err
				refused = append(refused, o)
			}
		}
		return refused
	}
	return append(l.complete(ctx, outcomes[:half]), l.complete(ctx, outcomes[half:])...)
}

// putAside has outcomes tried again later, and says so once.
func (l *ledger) putAside(refused []*outcome, now time.Time) {
	l.d.gauges.retries.Add(1)
	l.d.options.Logger.Error("outcomes cannot be written down, trying again",
		"outcomes", len(refused), "error", refused[0].refusal.err)
	for _, o := range refused {
		o.refusal.kept, o.refusal.again = l.kept, now.Add(firstRefusal)
	}
	l.refused = append(l.refused, refused...)
}

// untilAgain is how long until an outcome is to be tried again.
func (l *ledger) untilAgain(now time.Time) time.Duration {
	wait := longestRefusal
	for _, o := range l.refused {
		wait = min(wait, o.refusal.again.Sub(now))
	}
	return max(wait, 0)
}

// tryAgain tries what was refused, and gives up what is no use.
func (l *ledger) tryAgain(ctx context.Context) (written []writtenOutcome) {
	now := time.Now()
	var due, waiting []*outcome
	for _, o := range l.refused {
		if l.over || !o.refusal.again.After(now) {
			due = append(due, o)
		} else {
			waiting = append(waiting, o)
		}
	}
	l.refused = waiting
	for batch := range slices.Chunk(due, ledgerBatch) {
		for _, o := range batch {
			o.refusal.err = nil
		}
		if len(l.complete(ctx, batch)) > 0 {
			l.d.gauges.retries.Add(1)
		}
		kept := batch[:0:0]
		for _, o := range batch {
			if o.refusal.err == nil || l.givenUp(ctx, o) {
				kept = append(kept, o)
				continue
			}
			o.refusal.tries++
			o.refusal.again = now.Add(min(firstRefusal<<min(o.refusal.tries, 10), longestRefusal))
			l.refused = append(l.refused, o)
		}
		written = append(written, l.observe(kept)...)
	}
	return written
}

// givenUp gives an outcome up if the time has come. What is written down instead says
// only that the delivery may have arrived. Should the store refuse that too, it is
// remembered here, and the store ends as if it had been killed.
func (l *ledger) givenUp(ctx context.Context, o *outcome) bool {
	// A full disk is no fault of this outcome.
	last := o.refusal.tries+1 >= mostRefusals && !errors.Is(o.refusal.err, store.ErrFull)
	if !l.over && !last {
		return false
	}
	cause := o.refusal.err
	instead := o.inDoubt(l.d.options.Schedule, time.Now())
	if l.over || len(l.complete(ctx, []*outcome{instead})) > 0 {
		if !l.over && l.kept == o.refusal.kept {
			return false // The store takes nothing at all.
		}
		l.d.doubts.add(o.entry.sending)
		l.d.options.Store.LeaveUnclean()
	}
	*o = *instead
	ctx = trace.With(ctx, o.entry.sending.delivery.Trace)
	l.d.options.Logger.ErrorContext(ctx, "the outcome of a delivery cannot be written down and is given up: it goes "+
		"again as one that may have arrived; look at the error, and at the extra interface whether it is there",
		"delivery", o.written.id.String(), "connection", o.written.connection, "error", cause)
	return true
}

// reasonNotKept is that of a delivery whose outcome could not be written down.
const reasonNotKept = "OUTCOME_NOT_KEPT"

// inDoubt is the outcome without anything that the plugin said.
func (o *outcome) inDoubt(schedule Schedule, now time.Time) *outcome {
	s := o.entry.sending
	r := unknownResult(reasonNotKept,
		"it was sent, and what became of it could not be written down; it goes again as one that may have arrived")
	r.ours = true // It spends nothing.
	v := schedule.judge(s, &r, o.entry.at)
	v.completion.Remote = nil
	if s.settled != nil {
		v.completion.Attempt, v.completion.Sends = nil, s.delivery.Sends
		v.completion.FateUnknown = s.delivery.FateUnknown
	}
	instead := &outcome{entry: o.entry, verdict: v, written: o.written}
	instead.entry.result, instead.entry.answered = r, false
	instead.completion = &instead.verdict.completion
	instead.completion.Due = now.Add(schedule.Longest)
	instead.written.due, instead.written.arrived, instead.written.health = instead.completion.Due, false, healthUnknown
	return instead
}

// doubts are records that may have arrived without the store knowing of it.
type doubts struct {
	any     atomic.Bool
	mu      sync.Mutex
	records map[doubted]struct{}
}

type doubted struct {
	connection int64
	record     store.RecordRef
}

func doubtedOf(d *store.Delivery) doubted {
	return doubted{d.Connection, store.RecordRef{Kind: d.Kind, Key: d.Record}}
}

func (d *doubts) add(s *sending) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.records == nil {
		d.records = map[doubted]struct{}{}
	}
	d.records[doubtedOf(&s.delivery)] = struct{}{}
	d.any.Store(true)
}

func (d *doubts) has(delivery *store.Delivery) bool {
	if !d.any.Load() {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, has := d.records[doubtedOf(delivery)]
	return has
}

// forgetDoubts forgets those of records whose outcome is written down.
func (l *ledger) forgetDoubts(outcomes []*outcome) {
	d := &l.d.doubts
	if !d.any.Load() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range outcomes {
		if o.completion != nil {
			delete(d.records, doubtedOf(&o.entry.sending.delivery))
		}
	}
	d.any.Store(len(d.records) > 0)
}
