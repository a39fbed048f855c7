package webhooktest

import (
	"net/http"
	"strconv"

	"github.com/spurline/spurline/plugins/internal/standin"
)

// Fault is one scripted failure: it happens to the next request instead of the
// answer, or, with AfterTaking, after the event took effect.
type Fault struct {
	times       int
	afterTaking bool
	status      int
	happen      func(r *Receiver, w http.ResponseWriter, request *http.Request)
}

// Status answers a status and no body.
func Status(status int) Fault { return Answer(status, nil, "") }

// Answer answers a status with headers and a body.
func Answer(status int, header http.Header, body string) Fault {
	return Fault{times: 1, status: status, happen: func(_ *Receiver, w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}}
}

// RetryAfter answers a status and how long to wait, in seconds or as a date.
func RetryAfter(status int, wait string) Fault {
	return Answer(status, http.Header{"Retry-After": {wait}}, "")
}

// Redirect answers a status from 301 to 308 and another address.
func Redirect(status int, location string) Fault {
	return Answer(status, http.Header{"Location": {location}}, "")
}

// Reset breaks the connection off without an answer; HTTP/2 resets the stream.
func Reset() Fault {
	return Fault{times: 1, happen: func(_ *Receiver, w http.ResponseWriter, _ *http.Request) { standin.BreakOff(w) }}
}

// Hang answers nothing until the client gives up or the test ends.
func Hang() Fault {
	return Fault{times: 1, happen: func(r *Receiver, _ http.ResponseWriter, request *http.Request) {
		r.release.Hang(request)
	}}
}

// Truncated answers a status and breaks off in the body.
func Truncated(status int) Fault {
	return Fault{times: 1, status: status, happen: func(_ *Receiver, w http.ResponseWriter, _ *http.Request) {
		const body = `{"message":`
		w.Header().Set("Content-Length", strconv.Itoa(2*len(body)))
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}}
}

// Times is how often it happens, once if not called.
func (f Fault) Times(n int) Fault {
	f.times = n
	return f
}

// AfterTaking lets the event take effect and loses the answer.
func (f Fault) AfterTaking() Fault {
	f.afterTaking = true
	return f
}

// nextFault takes the fault for a request, nil if there is none.
func (r *Receiver) nextFault() *Fault {
	for _, f := range r.faults {
		if f.times > 0 {
			f.times--
			return f
		}
	}
	return nil
}
