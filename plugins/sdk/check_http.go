package sdk

import (
	"errors"
	"net/http"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// CheckFromHTTP reads the answer to a request of CheckConnection, as FromHTTP
// reads one to a delivery. A success names no account: use CheckOK where the
// answer does. Whatever the merchant has to mend is a fault of the field, which
// is the setting that the credentials are in; it may be empty.
func CheckFromHTTP(status int, header http.Header, now time.Time, field string) CheckResult {
	return checkFrom(FromHTTP(status, header, now), field)
}

// CheckFromError reads an error of Client.Do, Limiter.Do or OAuth in a test of a
// connection. The field is that of CheckFromHTTP; that nothing gives tokens at the
// address for them is a fault of no field.
func CheckFromError(err error, field string) CheckResult {
	if failure, ok := errors.AsType[*tokenError](err); ok && !failure.byAuthority {
		field = ""
	}
	return checkFrom(FromError(err, false), field)
}

// checkFrom is what a result of a delivery means for the settings. In a check
// nothing was written, so what is not known of them is no more than that.
func checkFrom(r Result, field string) CheckResult {
	switch r.outcome {
	case pluginv1.Outcome_OUTCOME_DELIVERED:
		return CheckOK("", "")
	case pluginv1.Outcome_OUTCOME_UNAUTHORIZED:
		return CheckFaulty(Fault{field, r.reason, r.hint})
	case pluginv1.Outcome_OUTCOME_REJECTED:
		return CheckFaulty(Fault{"", r.reason, r.hint})
	default:
		return CheckUnreachable(r.hint).WithRetryAfter(r.delay)
	}
}

// resulter is an error that knows what it means for a delivery.
type resulter interface {
	error
	result() Result
}

// resultOf is what an error of the kit means, if it says so.
func resultOf(err error) (Result, bool) {
	if known, ok := errors.AsType[resulter](err); ok {
		return known.result(), true
	}
	return Result{}, false
}
