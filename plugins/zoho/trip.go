package zoho

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// trip is one delivery on its way.
type trip struct {
	c        *Copier
	delivery sdk.Delivery
	kept     memory
	// calls counts those made, last is the last of them.
	calls int
	last  inventory.Answer
	// wrote is the last one that wrote the record itself, wroteAt which one that was.
	wrote   inventory.Answer
	wroteAt int
	// warnings are what the operator should know beside the outcome.
	warnings []string
	// cached forget what caches said that this trip goes by.
	cached []func()
	// listed says that the customer's addresses were listed.
	listed bool
	// private are values of the customer, which Zoho may quote.
	private sdk.Private
}

func (c *Copier) trip(d sdk.Delivery) *trip { return &trip{c: c, delivery: d, kept: recall(d.State)} }

// mayHaveArrived says that an earlier send of this record may be at Zoho although no
// answer told so.
func (t *trip) mayHaveArrived() bool { return t.delivery.FateUnknown || t.kept.Unsure }

// call makes a call and remembers it. A write whose answer leaves open whether it was
// done makes the trip unsure.
func (t *trip) call(ctx context.Context, call inventory.Call) inventory.Answer {
	a := t.c.client.Do(ctx, call)
	a.Failure = t.c.tokenFault(ctx, a.Failure)
	t.last = a
	t.calls++
	if call.Endpoint.Record {
		t.wrote, t.wroteAt = a, t.calls
	}
	if call.Endpoint.Writes() && leavesOpen(a) {
		t.kept.Unsure = true
	}
	return a
}

// leavesOpen says that an answer does not tell whether what was asked for was done.
func leavesOpen(a inventory.Answer) bool {
	switch {
	case a.OK():
		return false
	case a.Failure != nil:
		return a.Written
	default:
		return a.Unreadable() || a.Status >= 500 || a.Rule().Class == inventory.Again
	}
}

// need is call for what the record cannot do without: a refusal ends the trip.
func (t *trip) need(ctx context.Context, call inventory.Call) (inventory.Answer, error) {
	a := t.call(ctx, call)
	if !a.OK() {
		return a, t.refused(a)
	}
	return a, nil
}

func (t *trip) warn(format string, values ...any) {
	t.warnings = append(t.warnings, fmt.Sprintf(format, values...))
}

// stop ends a trip with a result.
type stop struct{ result sdk.Result }

// Error implements error.
func (s stop) Error() string { return "stopped: " + s.result.Reason() }

// stopWith is the error that ends a trip.
func stopWith(result sdk.Result) error { return stop{result} }

// end completes the result of a trip: that of the error, if there is one.
func (t *trip) end(result sdk.Result, err error) sdk.Result {
	var s stop
	switch {
	case errors.As(err, &s):
		result = s.result
	case err != nil:
		result = sdk.FromError(err, false)
	}
	return t.finished(result)
}

// finished adds the last exchange, the warnings and what to keep for the record.
func (t *trip) finished(r sdk.Result) sdk.Result {
	switch r.Outcome() {
	case pluginv1.Outcome_OUTCOME_DELIVERED, pluginv1.Outcome_OUTCOME_ALREADY_PRESENT,
		pluginv1.Outcome_OUTCOME_SKIPPED:
		t.kept.Unsure = false
	default:
		t.kept.Unsure = t.mayHaveArrived()
	}
	if !t.kept.Unsure {
		t.kept.Number = ""
	}
	if t.kept != recall(t.delivery.State) {
		r = r.WithState(t.kept.bytes())
	}
	if t.calls > 0 {
		r = r.WithExchange(t.exchange(r))
	}
	hints := t.warnings
	if r.Hint() != "" {
		hints = append([]string{r.Hint()}, hints...)
	}
	return r.WithHint(strings.Join(hints, "; "))
}

// exchange is what an operator wants to see of the calls: of a record that arrived what
// wrote it, otherwise the call that decided.
func (t *trip) exchange(r sdk.Result) sdk.Exchange {
	a, at := t.last, t.calls
	if r.Outcome() == pluginv1.Outcome_OUTCOME_DELIVERED && t.wrote.OK() {
		a, at = t.wrote, t.wroteAt
	}
	shown := t.c.client.Excerpt(a, t.private)
	shown.Request = fmt.Sprintf("%s\n(call %d of %d of this delivery)", shown.Request, at, t.calls)
	return shown
}

// refused is the end of a trip by an answer that is not OK.
func (t *trip) refused(a inventory.Answer) error {
	writes := a.Call.Endpoint.Writes()
	switch {
	case a.Failure != nil:
		if refused, ok := errors.AsType[*tokenRefused](a.Failure); ok {
			return stopWith(refused.result()) // Without a token nothing was written.
		}
		return stopWith(sdk.FromError(a.Failure, a.Written && writes))
	case a.Unreadable() && writes:
		return stopWith(sdk.Unknown("ANSWER_UNREADABLE", "Zoho's answer could not be read; what was sent is looked for"))
	}
	r := a.Rule()
	hint := r.Hint
	if a.Envelope.Message != "" {
		hint += "; Zoho says: " + sdk.Shorten(t.private.Scrub(a.Envelope.Message))
	}
	return stopWith(outcome(r, a, hint, t))
}

func outcome(r inventory.Ruling, a inventory.Answer, hint string, t *trip) sdk.Result {
	switch r.Class {
	case inventory.Again:
		return sdk.RetryAfter(a.Delay(t.c.clock.Now()), r.Reason, hint)
	case inventory.Limited:
		return sdk.Throttled(a.Delay(t.c.clock.Now()), r.Reason, hint)
	case inventory.Locked:
		return sdk.Unauthorized(r.Reason, hint)
	default:
		return rejected(r.Reason, hint, r.Fix)
	}
}

func rejected(reason, hint string, fix inventory.Fix) sdk.Result {
	result := sdk.Rejected(reason, hint)
	switch fix {
	case inventory.FixRecord:
		return result.FixByRecord()
	case inventory.FixSettings:
		return result.FixBySettings()
	default:
		return result
	}
}

// mostPages is how far a list is followed whose filter Zoho ignored.
const mostPages = 25

// search looks through a list for the rows that match, page by page. Zoho applies the
// filter, so that one page does; if rows come that do not match, it may have ignored
// it (section 3.4), and the list is followed to its end. A list without end is no
// answer: nothing can be said to be missing from it.
func search[T any](
	ctx context.Context, t *trip, page func(int) inventory.Call,
	rows func(inventory.Envelope) []T, match func(T) bool,
) ([]T, error) {
	var found []T
	for n := 1; n <= mostPages; n++ {
		a, err := t.need(ctx, page(n))
		if err != nil {
			return nil, err
		}
		all := rows(a.Envelope)
		for _, row := range all {
			if match(row) {
				found = append(found, row)
			}
		}
		if len(found) > 0 || !a.Envelope.HasMore || len(all) == 0 {
			return found, nil
		}
	}
	return nil, stopWith(sdk.Retry("FILTER_IGNORED",
		"Zoho lists everything instead of what was searched for, and more than can be looked through; it is tried again"))
}
