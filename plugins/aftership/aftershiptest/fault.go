package aftershiptest

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// Fault is one scripted failure. Script it with Server.Script; the first fault
// that matches a call and is not used up happens instead of the answer, or, with
// AfterStore, after the call took effect.
type Fault struct {
	method, endpoint string
	times            int
	skip             int
	afterStore       bool
	// late is how long the call waits before it takes effect.
	late   time.Duration
	happen func(s *Server, w http.ResponseWriter, r *http.Request, normal *recorded)
	status int
}

// Status answers an error with the envelope of the API; meta.code equals the
// status.
func Status(status int) Fault { return Failure(status, status, http.StatusText(status)) }

// Failure answers an error with any status, code and message.
func Failure(status, code int, message string) Fault {
	return fault(status, func(_ *Server, w http.ResponseWriter, _ *http.Request, _ *recorded) {
		failed(&apiError{status: status, code: code, message: message}).write(w)
	})
}

// Limited answers 429 with a reset that far ahead, by the stand-in's clock, and
// nothing remaining. A retryAfter that is not zero is told too.
func Limited(reset, retryAfter time.Duration) Fault {
	const status = http.StatusTooManyRequests
	return fault(status, func(s *Server, w http.ResponseWriter, _ *http.Request, _ *recorded) {
		writeLimit(w.Header(), 20, 0, s.clock().Add(reset))
		if retryAfter != 0 {
			w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(retryAfter)))
		}
		failed(tooManyRequests(V202607)).write(w)
	})
}

// Body answers any status, content type and bytes.
func Body(status int, contentType, body string) Fault {
	return fault(status, func(_ *Server, w http.ResponseWriter, _ *http.Request, _ *recorded) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

// HTML answers a page, as a proxy in front of the API does.
func HTML(status int) Fault {
	return Body(status, "text/html", "<html><body><h1>"+http.StatusText(status)+"</h1></body></html>")
}

// NotJSON answers text that is not JSON although it says so.
func NotJSON(status int) Fault { return Body(status, "application/json", `{"meta":{"code":`) }

// Empty answers no body at all.
func Empty(status int) Fault { return Body(status, "application/json", "") }

// Redirect answers 302 to another address.
func Redirect(location string) Fault {
	return fault(http.StatusFound, func(_ *Server, w http.ResponseWriter, _ *http.Request, _ *recorded) {
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusFound)
	})
}

// Reset breaks the connection off without an answer.
func Reset() Fault {
	return fault(0, func(_ *Server, w http.ResponseWriter, _ *http.Request, _ *recorded) {
		hijacker, ok := w.(http.Hijacker)
		if !ok {
			panic(http.ErrAbortHandler)
		}
		conn, _, err := hijacker.Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if tcp, isTCP := conn.(*net.TCPConn); isTCP {
			// Without lingering the peer sees a reset and not an end.
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	})
}

// Hang answers nothing until the client gives up or the stand-in is released.
func Hang() Fault {
	return fault(0, func(s *Server, _ http.ResponseWriter, r *http.Request, _ *recorded) {
		select {
		case <-r.Context().Done():
		case <-s.released:
		}
		panic(http.ErrAbortHandler)
	})
}

// Truncated sends the head of the true answer and half of its body.
func Truncated() Fault {
	return fault(0, func(_ *Server, w http.ResponseWriter, _ *http.Request, normal *recorded) {
		body := normal.body.Bytes()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(normal.status)
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}).AfterStore()
}

// Garbled answers a success with its true status and no JSON, as a proxy does that
// breaks a body off; a refusal stays as it is.
func Garbled() Fault {
	return fault(0, func(_ *Server, w http.ResponseWriter, _ *http.Request, normal *recorded) {
		body := normal.body.Bytes()
		if normal.status < http.StatusMultipleChoices {
			body = body[:len(body)/2]
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(normal.status)
		_, _ = w.Write(body)
	}).AfterStore()
}

// Slow takes effect at once and gives the true answer that much later, unless the
// client gives up or the stand-in is released before.
func Slow(delay time.Duration) Fault {
	return fault(0, func(s *Server, w http.ResponseWriter, r *http.Request, normal *recorded) {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.released:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(normal.status)
		_, _ = w.Write(normal.body.Bytes())
	}).AfterStore()
}

// Late takes effect that much later and then answers as usual. A client that has
// gone by then has changed nothing.
func Late(delay time.Duration) Fault { return Fault{times: 1, late: delay} }

// awaitEffect waits until a late call takes effect; false if its client has gone.
func (s *Server) awaitEffect(r *http.Request, late time.Duration) bool {
	timer := time.NewTimer(late)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.released:
	case <-r.Context().Done():
	}
	return r.Context().Err() == nil
}

func fault(status int, happen func(*Server, http.ResponseWriter, *http.Request, *recorded)) Fault {
	return Fault{times: 1, status: status, happen: happen}
}

// On restricts the fault to a method and an endpoint such as "/trackings" or
// "/trackings/{id}"; an empty one matches all.
func (f Fault) On(method, endpoint string) Fault {
	f.method, f.endpoint = method, endpoint
	return f
}

// Times is how often it happens, once if not called.
func (f Fault) Times(n int) Fault {
	f.times = n
	return f
}

// After lets that many matching calls through first.
func (f Fault) After(calls int) Fault {
	f.skip = calls
	return f
}

// AfterStore lets the call take effect and loses the answer.
func (f Fault) AfterStore() Fault {
	f.afterStore = true
	return f
}

// Script adds faults behind those already scripted.
func (s *Server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
}

// nextFault takes the fault for a call, nil if there is none.
func (s *Server) nextFault(method, endpoint string) *Fault {
	if s.chooseFault != nil {
		if f, happens := s.chooseFault(method, endpoint); happens {
			return &f
		}
	}
	for _, f := range s.faults {
		if f.times <= 0 || f.method != "" && f.method != method || f.endpoint != "" && f.endpoint != endpoint {
			continue
		}
		if f.skip > 0 {
			f.skip--
			continue
		}
		f.times--
		return f
	}
	return nil
}
