package dispatch

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

// result is the answer for one delivery, from its plugin or made up by the host
// for one that never came.
type result struct {
	outcome         store.Outcome
	reason          string
	hint            string
	fixScope        store.FixScope
	delay           time.Duration
	requestExcerpt  string
	responseExcerpt string
	httpStatus      int
	remoteID        string
	remoteURL       string
	differingFields []string
	// recordOnly: a retry that tells nothing bad of the extra interface.
	recordOnly bool
	// state and connectionState are nil where the plugin leaves what is kept.
	state           []byte
	connectionState []byte

	// ours: there is no answer because this server ended the call.
	ours bool
	// crashes: it is surely this delivery that ends the plugin's process.
	crashes bool
}

// verdict is the host's reaction to a result.
type verdict struct {
	completion store.Completion
	// throttle keeps the account still for that long, if not zero.
	throttle time.Duration
	// pause stops the lane: the credentials were refused. confirmed: they were taken.
	pause, confirmed bool
	// health is what it says of the extra interface.
	health health
}

// health is what an outcome says of the extra interface.
type health int

const (
	healthUnknown health = iota
	// healthy: it answered for this very delivery.
	healthy
	// failing: it did not, or could not.
	failing
)

// judge reacts to the result of a send as the outcome table of the contract says
// (promise P6). It is pure but for the jitter.
func (s Schedule) judge(sent *sending, r *result, now time.Time) verdict {
	d := sent.delivery
	v := verdict{completion: store.Completion{
		ID: d.ID, MerchantKey: sent.connection.MerchantKey, Connection: d.Connection,
		Record: store.RecordRef{Kind: d.Kind, Key: d.Record}, OrderID: d.OrderID,
		State: store.Pending, Reason: r.reason, Hint: r.hint,
		Due: now, Sends: d.Sends + 1, Spent: d.Spent, RetryAge: d.RetryAge, FateUnknown: d.FateUnknown,
		Now: now,
		Attempt: &store.Attempt{
			Number: d.Sends + 1, Start: sent.start, Duration: now.Sub(sent.start), Outcome: r.outcome,
			Reason: r.reason, Hint: r.hint, FixScope: r.fixScope, HTTPStatus: r.httpStatus,
			RequestExcerpt: r.requestExcerpt, ResponseExcerpt: r.responseExcerpt,
			DifferingFields: r.differingFields,
		},
	}}
	c := &v.completion
	c.Remote = sent.remote(r)
	switch r.outcome {
	case store.OutcomeDelivered, store.OutcomeAlreadyPresent:
		c.State, c.FateUnknown = store.Delivered, false
		c.Present = r.outcome == store.OutcomeAlreadyPresent
		v.health, v.confirmed = healthy, true
	// In what follows, what became of an earlier send is no better known.
	case store.OutcomeSkipped:
		c.State = store.Skipped
	case store.OutcomeRejected:
		c.State, c.FixScope = store.Failed, r.fixScope
		if r.httpStatus != 0 { // It was asked.
			v.health = healthy
		}
	case store.OutcomeRetry:
		s.spend(sent, c, r)
		v.health = failing
		if r.recordOnly {
			v.health = healthy
		}
	case store.OutcomeUnknown:
		if !r.ours {
			s.spend(sent, c, r)
			v.health = failing
		}
		sent.doubt(c)
	case store.OutcomePluginLost:
		if r.crashes {
			c.State, c.Reason = store.Failed, reasonCrashes
			c.FateUnknown = true
			break
		}
		c.Due = now.Add(r.delay)
		sent.doubt(c)
	case store.OutcomeThrottled:
		// The account waits, not the delivery: an edit that ends the wait ends it for
		// this one too.
		v.throttle = s.throttle(r.delay)
	case store.OutcomeUnauthorized:
		v.pause = true
	}
	return v
}

// doubt notes that the send may have arrived, and parks the delivery for a human
// where a repeat makes a second record.
func (s *sending) doubt(c *store.Completion) {
	c.FateUnknown = true
	if !s.unrepeatable() {
		return
	}
	c.State, c.Reason, c.Hint, c.FixScope = store.Failed, store.FateUnknown, hintFate, store.FixRecord
}

// unrepeatable says that a repeat would make a second record that nobody wants.
func (s *sending) unrepeatable() bool {
	return s.connection.Takes.Intents && !s.connection.AllowRepeats
}

// hintFate is what is said of a delivery that is parked because it may have arrived.
const hintFate = "it may have arrived, and a repeat would make a second record: look there, then RetryDelivery or " +
	"CancelDelivery; allow_repeats on the connection repeats without asking"

// spend counts the attempt and says when the next one is, or that there is none.
// What goes while the extra interface is out of order is no fault of the record and
// spends nothing, unless just the record is at fault.
func (s Schedule) spend(sent *sending, c *store.Completion, r *result) {
	if sent.probe && !r.recordOnly {
		return
	}
	c.Spent++
	c.RetryAge += c.Attempt.Duration
	if c.RetryAge >= s.Age {
		c.State = store.Failed
		c.Reason = "RETRIES_EXHAUSTED"
		c.Hint = "tried for " + s.Age.String() + ", last answer " + r.reason + ": " + r.hint +
			"; mend the cause, then RetryDelivery"
		return
	}
	wait := min(max(s.wait(c.Spent), min(r.delay, longestThrottle)), s.Age-c.RetryAge)
	c.RetryAge += wait
	c.Due = c.Now.Add(wait)
}

// remote is what is known of the record at the extra interface after the result,
// nil if that is what was known before.
func (s *sending) remote(r *result) *store.RemoteRecord {
	known := s.known
	arrived := r.outcome == store.OutcomeDelivered
	changed := false
	if r.remoteID != "" && (arrived || r.outcome == store.OutcomeAlreadyPresent) {
		known.RemoteID, known.RemoteURL, changed = r.remoteID, r.remoteURL, true
	}
	if r.state != nil {
		known.State, changed = r.state, true
	}
	switch {
	case arrived:
		known.ContentKey, changed = s.contentKey, true
	case r.outcome == store.OutcomeUnknown || r.outcome == store.OutcomePluginLost ||
		r.outcome == store.OutcomeAlreadyPresent || r.outcome == store.OutcomeRetry && r.httpStatus != 0 || r.state != nil:
		// Whatever is there now, it is not surely what arrived last: a server that answers
		// with an error may have taken what was sent, and a plugin that has something new to
		// remember may have done a part.
		known.ContentKey, changed = nil, changed || known.ContentKey != nil
	}
	if !changed {
		return nil
	}
	return &known
}
