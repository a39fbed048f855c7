package zohotest

import (
	"net/http"
	"strconv"
	"time"

	"github.com/spurline/spurline/plugins/internal/standin"
)

// Fault is one scripted failure. Script it with Server.Script; the first fault that
// matches a call and is not used up happens instead of the answer, or, with
// AfterStore, after the call took effect.
type Fault = standin.Fault[*Server]

// happening is what a fault happens to.
type happening = standin.Call[*Server]

// Status answers an error with the envelope of the API; the code is 1000, internal
// error (Zoho Inventory reference, section 7).
func Status(status int) Fault { return Failure(status, 1000, http.StatusText(status)) }

// Failure answers an error with any status, code and message.
func Failure(status, code int, message string) Fault {
	return standin.New(status, code, func(h happening) {
		failed(&apiError{status: status, code: code, message: message}).write(h.Server, h.Writer)
	})
}

// FalseSuccess answers 200 with a code that is an error (section 2).
func FalseSuccess(code int) Fault {
	return Failure(http.StatusOK, code, "The request was not carried out")
}

// Blocked answers 429 with code 44 or the older 43 (section 8). A retryAfter of 0 is
// not told. Unlike Server.Block it lasts for this call only.
func Blocked(code int, retryAfter time.Duration) Fault {
	const status = http.StatusTooManyRequests
	return standin.New(status, code, func(h happening) {
		if retryAfter > 0 {
			h.Writer.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(retryAfter)))
		}
		failed(limited(code, "Your organization is blocked, too many requests in a minute")).write(h.Server, h.Writer)
	})
}

// QuotaUsedUp answers 429 with code 45 and the headers of a day that ends that far
// ahead.
func QuotaUsedUp(reset time.Duration) Fault {
	const status = http.StatusTooManyRequests
	return standin.New(status, 45, func(h happening) {
		h.Writer.Header().Set("X-Rate-Limit-Limit", strconv.Itoa(perDay("")))
		h.Writer.Header().Set("X-Rate-Limit-Remaining", "0")
		h.Writer.Header().Set("X-Rate-Limit-Reset", strconv.Itoa(wholeSeconds(reset)))
		failed(limited(45, "Your organization has used up its calls of the day")).write(h.Server, h.Writer)
	})
}

// TooManyInFlight answers 429 with code 1070.
func TooManyInFlight() Fault {
	return Failure(http.StatusTooManyRequests, 1070, "Too many requests are under way for this organization")
}

// Body answers any status, content type and bytes.
func Body(status int, contentType, body string) Fault {
	return standin.Body[*Server](status, contentType, body)
}

// HTML answers a page, as a proxy in front of the API does.
func HTML(status int) Fault { return standin.HTML[*Server](status) }

// NotJSON answers text that is not JSON although it says so.
func NotJSON(status int) Fault { return Body(status, "application/json", `{"code":0,"mess`) }

// WrongType takes effect and gives the true answer as text/plain.
func WrongType() Fault {
	return standin.New(0, 0, func(h happening) {
		h.Writer.Header().Set("Content-Type", "text/plain")
		h.Writer.WriteHeader(h.Normal.Status)
		_, _ = h.Writer.Write(h.Normal.Body)
	}).AfterStore()
}

// Empty answers no body at all.
func Empty(status int) Fault { return Body(status, "application/json", "") }

// Redirect answers 302 to another address.
func Redirect(location string) Fault { return standin.Redirect[*Server](location) }

// Reset breaks the connection off without an answer.
func Reset() Fault { return standin.Reset[*Server]() }

// Hang answers nothing until the client gives up or the stand-in is released.
func Hang() Fault { return standin.Hang[*Server]() }

// Truncated takes effect and breaks off in the middle of the true answer.
func Truncated() Fault { return standin.Truncated[*Server]() }

// Garbled takes effect; the answer comes whole as HTTP and with its true status, but is
// no JSON, as a proxy does that breaks a body off. A refusal stays as it is.
func Garbled() Fault { return standin.Garbled[*Server]() }

// Slow takes effect at once and gives the true answer that much later, unless the
// client gives up or the stand-in is released before.
func Slow(delay time.Duration) Fault { return standin.Slow[*Server](delay) }

// Late takes effect that much later and then answers as usual. A client that has gone
// by then has changed nothing.
func Late(delay time.Duration) Fault { return standin.Late[*Server](delay) }

// Quirky answers as usual under one more quirk, for example FiltersIgnored.
func Quirky(q Quirk) Fault {
	return standin.Changed(func(s *Server) (undo func()) {
		before := s.quirks[q]
		s.quirks[q] = true
		return func() { s.quirks[q] = before }
	})
}
