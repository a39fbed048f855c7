package aftershiptest

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

// Status answers an error with the envelope of the API; meta.code equals the
// status.
func Status(status int) Fault { return Failure(status, status, http.StatusText(status)) }

// Failure answers an error with any status, code and message.
func Failure(status, code int, message string) Fault {
	return standin.New(status, 0, func(h happening) {
		failed(&apiError{status: status, code: code, message: message}).write(h.Writer)
	})
}

// Limited answers 429 with a reset that far ahead, by the stand-in's clock, and
// nothing remaining. A retryAfter that is not zero is told too.
func Limited(reset, retryAfter time.Duration) Fault {
	const status = http.StatusTooManyRequests
	return standin.New(status, 0, func(h happening) {
		writeLimit(h.Writer.Header(), 20, 0, h.Server.clock().Add(reset))
		if retryAfter != 0 {
			h.Writer.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(retryAfter)))
		}
		failed(tooManyRequests(V202607)).write(h.Writer)
	})
}

// Body answers any status, content type and bytes.
func Body(status int, contentType, body string) Fault {
	return standin.Body[*Server](status, contentType, body)
}

// HTML answers a page, as a proxy in front of the API does.
func HTML(status int) Fault { return standin.HTML[*Server](status) }

// NotJSON answers text that is not JSON although it says so.
func NotJSON(status int) Fault { return Body(status, "application/json", `{"meta":{"code":`) }

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

// Script adds faults behind those already scripted.
func (s *Server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script.Add(faults...)
}
