package sdk

import (
	"slices"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Result is what became of a delivery. It is made by one of the constructors
// and is a value: the With methods return a changed copy. The zero value is
// reported as fate unknown.
//
// A reason is stable and UPPER_SNAKE, for dashboards and filters; a hint tells a
// human what to do. Neither carries data of customers. Secrets of the connection
// are masked in every text before it leaves the process.
type Result struct {
	outcome   pluginv1.Outcome
	reason    string
	hint      string
	fix       pluginv1.FixScope
	delay     time.Duration
	remoteID  string
	remoteURL string
	differing []string
	exchange  Exchange
	state     []byte
	hasState  bool
	alone     bool
}

// Exchange is what was said with the extra interface. The texts are cut to
// 2 KiB.
type Exchange struct {
	// HTTPStatus is 0 if there was no answer.
	HTTPStatus int
	// Request is what was sent, readable.
	Request string
	// Response is what came back, readable.
	Response string
}

// Delivered means that the record arrived. The id may be empty if the extra
// interface gives none.
func Delivered(remoteID string) Result {
	return Result{outcome: pluginv1.Outcome_OUTCOME_DELIVERED, remoteID: remoteID}
}

// AlreadyPresent means that the record was there, with the facts named that
// differ from ours.
func AlreadyPresent(remoteID string, differing ...string) Result {
	return Result{
		outcome: pluginv1.Outcome_OUTCOME_ALREADY_PRESENT, reason: "ALREADY_PRESENT",
		remoteID: remoteID, differing: slices.Clone(differing),
	}
}

// Skipped means that the record was left out on purpose.
func Skipped(reason, hint string) Result {
	return failed(pluginv1.Outcome_OUTCOME_SKIPPED, 0, reason, hint)
}

// Retry means that the send failed for now, and certainly did not arrive. The host
// takes some of them in a row for an outage of the extra interface and holds the
// connection back; RecordOnly says that it is none.
func Retry(reason, hint string) Result {
	return failed(pluginv1.Outcome_OUTCOME_RETRY, 0, reason, hint)
}

// RetryAfter is Retry not before the delay has passed.
func RetryAfter(delay time.Duration, reason, hint string) Result {
	return failed(pluginv1.Outcome_OUTCOME_RETRY, delay, reason, hint)
}

// Throttled means that the account is limited: all of it waits for the delay,
// at no cost of attempts. 0 leaves the delay to the host.
func Throttled(delay time.Duration, reason, hint string) Result {
	return failed(pluginv1.Outcome_OUTCOME_THROTTLED, delay, reason, hint)
}

// Rejected means that the record cannot be taken as it is. Say whose edit mends
// it with FixBySettings or FixByRecord.
func Rejected(reason, hint string) Result {
	return failed(pluginv1.Outcome_OUTCOME_REJECTED, 0, reason, hint)
}

// Unauthorized means that the credentials are refused: the host pauses the
// connection.
func Unauthorized(reason, hint string) Result {
	return failed(pluginv1.Outcome_OUTCOME_UNAUTHORIZED, 0, reason, hint)
}

// Unknown means that the record was sent and may have arrived, but no answer was
// seen.
func Unknown(reason, hint string) Result {
	return failed(pluginv1.Outcome_OUTCOME_UNKNOWN, 0, reason, hint)
}

func failed(outcome pluginv1.Outcome, delay time.Duration, reason, hint string) Result {
	return Result{outcome: outcome, delay: max(delay, 0), reason: stableReason(reason), hint: hint}
}

// FixBySettings says that an edit of the connection mends a rejection.
func (r Result) FixBySettings() Result {
	r.fix = pluginv1.FixScope_FIX_SCOPE_SETTINGS
	return r
}

// FixByRecord says that an edit of the order or parcel mends a rejection.
func (r Result) FixByRecord() Result {
	r.fix = pluginv1.FixScope_FIX_SCOPE_RECORD
	return r
}

// RecordOnly says of a Retry that the extra interface is in order and only this record
// cannot go yet, such as a parcel whose order is not there. The other records of the
// connection go on.
func (r Result) RecordOnly() Result {
	r.alone = true
	return r
}

// WithRemoteID sets the id of the record at the extra interface.
func (r Result) WithRemoteID(id string) Result {
	r.remoteID = id
	return r
}

// WithRemoteURL sets the page of the record for a human.
func (r Result) WithRemoteURL(url string) Result {
	r.remoteURL = url
	return r
}

// WithExchange adds what was said with the extra interface.
func (r Result) WithExchange(e Exchange) Result {
	r.exchange = e
	return r
}

// WithState keeps up to 4 KiB for later deliveries of the record; empty forgets
// what was kept. More is not kept, and logged. A state that comes without the record
// having arrived says that a part of it may have: the host then sends the record again
// even where an edit takes it back to what arrived before.
func (r Result) WithState(state []byte) Result {
	r.state, r.hasState = slices.Clone(state), true
	return r
}

// WithHint replaces the hint.
func (r Result) WithHint(hint string) Result {
	r.hint = hint
	return r
}

// WithReason replaces the reason.
func (r Result) WithReason(reason string) Result {
	r.reason = stableReason(reason)
	return r
}
