package aftership

import (
	"errors"
	"net/http"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// finished completes a result with the last exchange, the warnings and what to
// keep for the record.
func (t *trip) finished(r sdk.Result) sdk.Result {
	switch r.Outcome() {
	case pluginv1.Outcome_OUTCOME_DELIVERED, pluginv1.Outcome_OUTCOME_ALREADY_PRESENT,
		pluginv1.Outcome_OUTCOME_SKIPPED:
		t.kept.Unsure = false
	default:
		t.kept.Unsure = t.mayHaveArrived()
	}
	if t.kept != recall(t.delivery.State) {
		r = r.WithState(t.kept.bytes())
	}
	if t.last.request.endpoint.method != "" {
		r = r.WithExchange(t.f.client.excerpt(t.last, t.sent.contact))
	}
	return r.WithHint(joinHints(append([]string{r.Hint()}, t.sent.warnings...)))
}

// delivered means that the tracking has our facts now.
func (t *trip) delivered(there remoteTracking) sdk.Result {
	t.kept.Removed = false
	switch {
	case t.last.unreadable():
		t.sent.warn("AfterShip accepted the tracking but its answer could not be read, so its id is not known")
	case there.slug == unrecognized:
		t.sent.warn("AfterShip does not recognise the courier and will not track the number: name the carrier in " +
			"courier_slugs, or correct the courier at AfterShip")
	}
	return t.finished(sdk.Delivered(there.id).WithRemoteURL(there.page))
}

// present means that somebody else's tracking of the number was left alone, or
// that ours was there before we sent it.
func (t *trip) present(there remoteTracking, differing []string) sdk.Result {
	hint := "AfterShip already has this number with the same facts"
	switch {
	case there.id == "":
		hint = "AfterShip already has this number, but does not show the tracking: it may be older than 120 days"
	case len(differing) > 0:
		hint = "AfterShip already has this number, made by somebody else or for another order; it was left as it is: " +
			"turn on update_existing and retry to write our facts to it"
	}
	return t.finished(sdk.AlreadyPresent(there.id, differing...).WithRemoteURL(there.page).WithHint(hint))
}

func (t *trip) skipped(hint string) sdk.Result {
	return t.finished(sdk.Skipped("PARCEL_VOIDED", hint))
}

// failed turns a failure into the outcome that the host acts on.
func (t *trip) failed(a answer) sdk.Result {
	switch {
	case a.failure != nil:
		return t.finished(t.unanswered(a))
	case a.lacksCode():
		t.doubt(a)
		return t.finished(sdk.Retry("ANSWER_UNREADABLE", "AfterShip's answer could not be read; it is tried again"))
	}
	r := a.rule()
	hint := r.hint
	if a.envelope.message != "" {
		hint += "; AfterShip says: " + sdk.Shorten(t.sent.contact.scrub(a.envelope.message))
	}
	switch r.class {
	case refused, duplicate:
		rejected := sdk.Rejected(r.reason, hint)
		switch r.scope {
		case recordEdit:
			rejected = rejected.FixByRecord()
		case settingsEdit:
			rejected = rejected.FixBySettings()
		case eitherEdit:
		}
		return t.finished(rejected)
	case gone:
		return t.finished(sdk.Retry(r.reason, hint).RecordOnly())
	case again:
		t.doubt(a)
		return t.finished(sdk.Retry(r.reason, hint))
	case limited:
		return t.finished(sdk.Throttled(delayOf(a.header, t.f.client.gates.now()), r.reason, hint))
	case locked:
		return t.finished(sdk.Unauthorized(r.reason, hint))
	}
	return t.finished(sdk.Rejected(r.reason, hint))
}

// lacksCode says that an answer cannot be judged without the part that is
// missing: a success that is to be read, or a status that many codes share.
func (a answer) lacksCode() bool {
	switch a.status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict:
		return a.cut
	default:
		return a.good() && a.isRead() && a.unreadable()
	}
}

// doubt notes that a failed POST may have made the tracking all the same, as
// behind a gateway that gave up waiting.
func (t *trip) doubt(a answer) {
	if a.request.endpoint == createTracking && (a.cut || a.status >= http.StatusInternalServerError) {
		t.kept.Unsure = true
	}
}

// unanswered is a call without an answer. A write that may have arrived is of
// unknown fate; a read changes nothing, so it is only tried again.
func (t *trip) unanswered(a answer) sdk.Result {
	var wait *limitedError
	switch {
	case errors.As(a.failure, &wait):
		return sdk.Throttled(wait.delay, "RATE_LIMITED",
			"the AfterShip account has used up its calls until the limit resets")
	case !a.written || a.isRead():
		return sdk.FromError(a.failure, false)
	default:
		return sdk.FromError(a.failure, true)
	}
}

func joinHints(hints []string) string {
	var said []string
	for _, hint := range hints {
		if hint != "" {
			said = append(said, hint)
		}
	}
	return strings.Join(said, "; ")
}
