package aftershiptest

import (
	"fmt"
	"net/http"
)

// apiError is a failure as the API states it.
type apiError struct {
	status  int
	code    int
	message string
	// data is what stands in "data"; an empty object if nil.
	data any
	// withErrors adds the empty "errors" array that the gateway sends on a 401
	// (AfterShip API reference, section 6).
	withErrors bool
}

// Error is the message.
func (e *apiError) Error() string { return fmt.Sprintf("%d/%d: %s", e.status, e.code, e.message) }

// kind is meta.type of an error (section 6).
func (e *apiError) kind() string {
	switch {
	case e.code >= 4000 && e.code < 5000:
		return "BadRequest"
	case e.status == http.StatusUnauthorized:
		return "Unauthorized"
	case e.status == http.StatusForbidden:
		return "Forbidden"
	case e.status == http.StatusNotFound:
		return "NotFound"
	case e.status == http.StatusTooManyRequests:
		return "TooManyRequests"
	case e.status >= http.StatusInternalServerError:
		return "InternalError"
	default:
		return "BadRequest"
	}
}

// badRequest is a 400 with a finer code of section 7.
func badRequest(code int, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, args...)}
}

// invalidValue is 4008 for a named field. That a bad country, a bad date and an
// empty text give 4008 is our reading (section 11.1).
func invalidValue(field string) *apiError {
	return badRequest(4008, "The value of `%s` is invalid.", field)
}

// wrongType is the refusal of a wrongly typed field since 2024-10; its code is
// not documented, 400 is our reading (section 7).
func wrongType(field string) *apiError {
	return badRequest(http.StatusBadRequest, "The type of `%s` is invalid.", field)
}

func invalidJSON() *apiError { return badRequest(4001, "Invalid JSON data.") }

// doesNotExist is 4004, the one code of the 4000s that comes with HTTP 404.
func doesNotExist() *apiError {
	return &apiError{status: http.StatusNotFound, code: 4004, message: "Tracking does not exist."}
}

func notFound(path string) *apiError {
	return &apiError{
		status: http.StatusNotFound, code: http.StatusNotFound, message: "The URI requested is invalid.",
		data: map[string]any{"resource": path},
	}
}

func unauthorized() *apiError {
	return &apiError{
		status: http.StatusUnauthorized, code: http.StatusUnauthorized,
		message: "The API key is invalid.", withErrors: true,
	}
}

func forbidden(message string) *apiError {
	return &apiError{status: http.StatusForbidden, code: http.StatusForbidden, message: message}
}

func tooManyRequests(g Generation) *apiError {
	message := "You have exceeded the API call rate limit."
	if !g.dated() {
		message += " Default limit is 10 requests per second."
	}
	return &apiError{status: http.StatusTooManyRequests, code: http.StatusTooManyRequests, message: message}
}

// undetected are the five texts of 4012 in the order of section 7. The reference
// has their sense; the words are ours.
func undetected(text int) *apiError {
	texts := []string{
		"Cannot detect the courier: it is not on your list of couriers for auto-detection.",
		"Cannot detect the courier: the tracking number is not recognized.",
		"Cannot detect the courier: the format of the tracking number is invalid.",
		"Cannot detect the courier: it is no longer supported.",
		"Cannot detect the courier: the tracking number does not belong to the courier group.",
	}
	return badRequest(4012, "%s", texts[min(max(text, 1), len(texts))-1])
}
