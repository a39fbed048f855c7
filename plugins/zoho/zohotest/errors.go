package zohotest

import (
	"fmt"
	"net/http"
)

// apiError is a refusal in the envelope of the API (Zoho Inventory reference,
// section 7).
type apiError struct {
	status  int
	code    int
	message string
}

// Error is for seeds that are refused.
func (e *apiError) Error() string {
	return fmt.Sprintf("refused with %d, code %d: %s", e.status, e.code, e.message)
}

func badRequest(code int, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, args...)}
}

func notAuthorised(code int) *apiError {
	return &apiError{
		status: http.StatusUnauthorized, code: code, message: "You are not authorized to perform this operation",
	}
}

func invalidURL() *apiError {
	return &apiError{status: http.StatusNotFound, code: 5, message: "Invalid URL Passed"}
}

func methodNotAllowed() *apiError {
	return &apiError{status: http.StatusMethodNotAllowed, code: 37, message: "The HTTP method is not allowed"}
}

func limited(code int, message string) *apiError {
	return &apiError{status: http.StatusTooManyRequests, code: code, message: message}
}

func invalidParameter(name string) *apiError {
	return badRequest(2, "Invalid value passed for %s", name)
}

func invalidField(name string) *apiError { return badRequest(4, "Invalid value passed for %s", name) }

// unknown refuses what does not exist; this rule can be changed and not taken away.
func (s *Server) unknown(what string) *apiError {
	r := s.rules[ResourceUnknown]
	if r == (Refusal{}) {
		r = defaultRefusals()[ResourceUnknown]
	}
	return &apiError{status: r.Status, code: r.Code, message: what + " does not exist"}
}
