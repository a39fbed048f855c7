package sdk

import (
	"errors"
	"strings"
)

// tokenError is why there is no token.
type tokenError struct {
	means Result
	// byAuthority says that the authority refused the credentials, and code how it
	// called that.
	byAuthority bool
	code        string
}

func (e *tokenError) Error() string { return "get access token: " + e.means.Reason() }

func (e *tokenError) result() Result { return e.means }

// refusedAs is a refusal by the authority, in its own word or none. RFC 6749, section
// 5.2, tells the client that is refused from the refresh token that is; some have words
// of their own that begin alike.
func refusedAs(failure string) error {
	code := failureCode(failure)
	means := Unauthorized("TOKEN_REFUSED", "No access token is given for the client and refresh token of the "+
		"settings: connect the account anew and enter what it shows.")
	switch {
	case code == "":
		means = means.WithHint("The client or refresh token of the settings is refused.")
	case strings.HasPrefix(code, "invalid_client"), code == "unauthorized_client":
		means = Unauthorized("CLIENT_REFUSED", "The client of the settings is refused, whatever the refresh token: "+
			"correct the client's id and secret, and see that it may ask for access tokens.")
	}
	return &tokenError{means: means, byAuthority: true, code: code}
}

// TokenFailure says whether an error of OAuth is that the authority refused the
// credentials, and how it called that in the member "error" of its answer (RFC 6749,
// section 5.2), such as "invalid_client". With it, the test of a connection can tell
// which setting is at fault. The code is empty if the authority gave none that is at
// most 64 characters of those that the RFC allows; it is foreign text all the same:
// compare it, and do not show it.
func TokenFailure(err error) (code string, ok bool) {
	failure, is := errors.AsType[*tokenError](err)
	if !is || !failure.byAuthority {
		return "", false
	}
	return failure.code, true
}

// longestFailure is the most characters of a code.
const longestFailure = 64

// failureCode returns the code if it is one.
func failureCode(code string) string {
	if len(code) > longestFailure {
		return ""
	}
	for i := range len(code) {
		if c := code[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return ""
		}
	}
	return code
}
