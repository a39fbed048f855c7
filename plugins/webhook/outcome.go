package webhook

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/webhook/internal/dialguard"
)

// Reasons that more than one place uses.
const (
	reasonAddress  = "ADDRESS_REFUSED"
	reasonGone     = "ENDPOINT_GONE"
	reasonRedirect = "REDIRECTED"
)

// good says that the receiver took the event.
func (a answer) good() bool { return a.status >= 200 && a.status < 300 }

// judge turns an answer into the outcome that the host acts on. Every failure but
// those named is tried again on the host's schedule, as the specification has it,
// also one that looks permanent: a receiver that answers 400 or 404 is mostly one
// that is being worked on.
func (a answer) judge(id string) sdk.Result {
	var refused *dialguard.RefusedError
	switch {
	case errors.As(a.failure, &refused):
		// Of the account, not of the record: no event of the connection can go, so it
		// waits as a whole for an edit of the address or of the operator's list.
		return sdk.Unauthorized(reasonAddress, addressHint(refused))
	case a.failure != nil:
		return sdk.FromError(a.failure, a.written)
	case a.good():
		return sdk.Delivered(id)
	case a.status >= 300 && a.status < 400:
		return sdk.Rejected(reasonRedirect, a.redirectHint()).FixBySettings()
	case a.status == http.StatusGone:
		// The receiver wants no more of anything: the connection pauses, and nothing
		// is lost if that was a mistake.
		return sdk.Unauthorized(reasonGone, goneHint)
	case a.status == http.StatusTooManyRequests:
		return sdk.Throttled(a.retryAfter(), "RATE_LIMITED", "the receiver limits the events that it takes")
	case (a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout) && a.retryAfter() == 0:
		return sdk.Unknown("GATEWAY_FAULT",
			"a gateway before the receiver lost the answer; the event may have arrived and is sent again under its id")
	default:
		reason, hint := a.failed()
		return sdk.RetryAfter(a.retryAfter(), reason, hint)
	}
}

const goneHint = "the receiver answers 410, which means that it wants no more events: delete or disable the " +
	"connection, or correct the address"

func addressHint(refused *dialguard.RefusedError) string {
	return refused.Error() + ", where nothing is sent to: " + mendAddress
}

// redirectHint tells the host that is redirected to. The rest of the address may be
// a secret.
func (a answer) redirectHint() string {
	hint := "the receiver redirects, which is never followed: enter the address where events arrive"
	if to, err := url.Parse(a.header.Get("Location")); err == nil && to.Host != "" {
		hint += "; it redirects to " + to.Scheme + "://" + sdk.Shorten(to.Host)
	}
	return hint
}

// failed says what a failure means that is tried again.
func (a answer) failed() (reason, hint string) {
	const again = "; the event is sent again"
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "RECEIVER_FORBIDS", "the receiver does not accept the signature or the further header: compare " +
			"signing_secret and header_value with what it has" + again
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "ENDPOINT_NOT_FOUND", "nothing takes events at this address: check url" + again
	case http.StatusRequestEntityTooLarge:
		return "EVENT_TOO_LARGE", "the receiver takes no event of this size: raise its limit" + again
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return "RECEIVER_UNAVAILABLE", "the receiver takes no events for now" + again
	}
	if a.status >= 400 && a.status < 500 {
		return "RECEIVER_REFUSES", "the receiver refuses the event: its answer may say why" + again
	}
	return "RECEIVER_FAULT", "the receiver has a fault" + again
}

// retryAfter is what the receiver says of the wait, in seconds or as a date; 0 if it
// does not.
func (a answer) retryAfter() time.Duration {
	return sdk.FromHTTP(http.StatusTooManyRequests, a.header, a.at).Delay()
}
