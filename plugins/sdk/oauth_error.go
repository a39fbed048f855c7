package sdk

import "errors"

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

// refusedAs is a refusal by the authority, in its own word or none.
func refusedAs(failure, hint string) error {
	return &tokenError{means: Unauthorized("TOKEN_REFUSED", hint), byAuthority: true, code: failureCode(failure)}
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
