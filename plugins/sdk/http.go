package sdk

import (
	"net/http"
	"time"
)

// FromHTTP reads the answer of an extra interface as HTTP means it. Plugins that
// know their interface better look at the body first and come here for the
// rest. The time now is for Retry-After as a date.
//
//	2xx            Delivered, without an id
//	401, 402, 403  Unauthorized: the account cannot, whatever the record
//	408, 421, 423, 425  Retry
//	429            Throttled, for as long as Retry-After says
//	1xx, 3xx       Rejected, to be mended in the settings
//	404, 405, 407, 410  Rejected, to be mended in the settings
//	400, 409       Rejected, to be mended in either
//	other 4xx      Rejected, to be mended in the record
//	502, 504       Unknown: a gateway may have passed the request on
//	5xx, other     Retry, for as long as Retry-After says
func FromHTTP(status int, header http.Header, now time.Time) Result {
	return fromStatus(status, ReadRetryAfter(header, now)).WithExchange(Exchange{HTTPStatus: status})
}

func fromStatus(status int, delay time.Duration) Result {
	switch {
	case status >= 200 && status < 300:
		return Delivered("")
	case status == http.StatusTooManyRequests:
		return Throttled(delay, "RATE_LIMITED", "The extra interface limits the account; it is called again later.")
	case status == http.StatusUnauthorized:
		return Unauthorized("CREDENTIALS_REFUSED", "Enter valid credentials in the connection's settings.")
	case status == http.StatusPaymentRequired:
		return Unauthorized("PAYMENT_REQUIRED", "Check the plan of the account at the extra interface.")
	case status == http.StatusForbidden:
		return Unauthorized("ACCESS_DENIED", "Give the credentials the permissions of the set-up steps.")
	case status == http.StatusRequestTimeout:
		return RetryAfter(delay, "REQUEST_TIMEOUT", "The extra interface did not receive the request in time.")
	case status == http.StatusMisdirectedRequest, status == http.StatusLocked, status == http.StatusTooEarly:
		return RetryAfter(delay, "NOT_NOW", "The extra interface cannot take the record now; it is sent again.")
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		return Unknown("GATEWAY_FAULT", "A gateway lost the answer; the record may have arrived.")
	case status == http.StatusBadRequest, status == http.StatusConflict:
		return Rejected("REQUEST_REFUSED", "See the response for what the extra interface refuses.")
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusGone,
		status == http.StatusProxyAuthRequired:
		return Rejected("ENDPOINT_NOT_FOUND", "Check the address in the connection's settings.").FixBySettings()
	case status >= 300 && status < 400:
		return Rejected("REDIRECTED", "Enter the address that the extra interface redirects to.").FixBySettings()
	case status >= 100 && status < 200:
		return Rejected("NO_HTTP_API", "Check the address in the connection's settings.").FixBySettings()
	case status >= 400 && status < 500:
		return Rejected("REQUEST_REFUSED", "See the response for what the extra interface refuses.").FixByRecord()
	default:
		return RetryAfter(delay, "REMOTE_FAULT", "The extra interface has a fault; the record is sent again.")
	}
}

// FromError reads an error of Client.Do or another transport. Written says
// whether the request may have reached the extra interface: if so, its fate is
// unknown; if not, it is sent again. A nil error is fate unknown too. Errors of
// Limiter and OAuth say themselves what they mean.
func FromError(err error, written bool) Result {
	if known, ok := resultOf(err); ok && !written {
		return known
	}
	kind := kindOf(err)
	if written {
		return Unknown(kind.reason, kind.hint)
	}
	if kind == kindDeadline {
		return tooLate()
	}
	return Retry(kind.reason, kind.hint)
}

// tooLate is the result of what was not begun as its time was over.
func tooLate() Result {
	return Retry("DEADLINE_BEFORE_SEND", "There was no time left to send the record.")
}
