package zohotest

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// Fault is one scripted failure. Script it with Server.Script; the first fault that
// matches a call and is not used up happens instead of the answer, or, with
// AfterStore, after the call took effect.
type Fault struct {
	method, endpoint string
	times            int
	skip             int
	afterStore       bool
	// late is how long the call waits before it takes effect; quirk holds for it.
	late   time.Duration
	quirk  Quirk
	happen func(s *Server, w http.ResponseWriter, r *http.Request, normal *recorded)
	status int
	code   int
}

// Status answers an error with the envelope of the API; the code is 1000, internal
// error (Zoho Inventory reference, section 7).
func Status(status int) Fault { return Failure(status, 1000, http.StatusText(status)) }

// Failure answers an error with any status, code and message.
func Failure(status, code int, message string) Fault {
	f := fault(status, func(s *Server, w http.ResponseWriter, _ *http.Request, _ *recorded) {
		failed(&apiError{status: status, code: code, message: message}).write(s, w)
	})
	f.code = code
	return f
}

// FalseSuccess answers 200 with a code that is an error (section 2).
func FalseSuccess(code int) Fault {
	return Failure(http.StatusOK, code, "The request was not carried out")
}

// Blocked answers 429 with code 44 or the older 43 (section 8). A retryAfter of 0 is
// not told. Unlike Server.Block it lasts for this call only.
func Blocked(code int, retryAfter time.Duration) Fault {
	const status = http.StatusTooManyRequests
	f := fault(status, func(s *Server, w http.ResponseWriter, _ *http.Request, _ *recorded) {
		if retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(retryAfter)))
		}
		failed(limited(code, "Your organization is blocked, too many requests in a minute")).write(s, w)
	})
	f.code = code
	return f
}

// QuotaUsedUp answers 429 with code 45 and the headers of a day that ends that far
// ahead.
func QuotaUsedUp(reset time.Duration) Fault {
	const status = http.StatusTooManyRequests
	f := fault(status, func(s *Server, w http.ResponseWriter, _ *http.Request, _ *recorded) {
		w.Header().Set("X-Rate-Limit-Limit", strconv.Itoa(perDay("")))
		w.Header().Set("X-Rate-Limit-Remaining", "0")
		w.Header().Set("X-Rate-Limit-Reset", strconv.Itoa(wholeSeconds(reset)))
		failed(limited(45, "Your organization has used up its calls of the day")).write(s, w)
	})
	f.code = 45
	return f
}

// TooManyInFlight answers 429 with code 1070.
func TooManyInFlight() Fault {
	return Failure(http.StatusTooManyRequests, 1070, "Too many requests are under way for this organization")
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
func NotJSON(status int) Fault { return Body(status, "application/json", `{"code":0,"mess`) }

// WrongType takes effect and gives the true answer as text/plain.
func WrongType() Fault {
	return fault(0, func(_ *Server, w http.ResponseWriter, _ *http.Request, normal *recorded) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(normal.status)
		_, _ = w.Write(normal.body.Bytes())
	}).AfterStore()
}

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

// Truncated takes effect and breaks off in the middle of the true answer.
func Truncated() Fault {
	return fault(0, func(_ *Server, w http.ResponseWriter, _ *http.Request, normal *recorded) {
		body := normal.body.Bytes()
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		normal.send(w, body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}).AfterStore()
}

// Garbled takes effect; the answer comes whole as HTTP, but is no JSON, since the
// body breaks off; a refusal stays as it is.
func Garbled() Fault {
	return fault(0, func(_ *Server, w http.ResponseWriter, _ *http.Request, normal *recorded) {
		body := normal.body.Bytes()
		if normal.status < http.StatusMultipleChoices {
			body = body[:len(body)/2]
		}
		normal.send(w, body)
	}).AfterStore()
}

// Slow takes effect at once and gives the true answer that much later, unless the
// client gives up or the stand-in is released before.
func Slow(delay time.Duration) Fault {
	return fault(0, func(s *Server, w http.ResponseWriter, r *http.Request, normal *recorded) {
		s.awaitEffect(r, delay)
		normal.send(w, normal.body.Bytes())
	}).AfterStore()
}

// Late takes effect that much later and then answers as usual. A client that has
// gone by then has changed nothing.
func Late(delay time.Duration) Fault { return Fault{times: 1, late: delay} }

// Quirky answers as usual under one more quirk, for example FiltersIgnored.
func Quirky(q Quirk) Fault { return Fault{times: 1, quirk: q} }

// awaitEffect waits until a late call takes effect; false if its client has gone.
func (s *Server) awaitEffect(r *http.Request, late time.Duration) bool {
	if late > 0 {
		timer := time.NewTimer(late)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.released:
		case <-r.Context().Done():
		}
	}
	return r.Context().Err() == nil
}

func fault(status int, happen func(*Server, http.ResponseWriter, *http.Request, *recorded)) Fault {
	return Fault{times: 1, status: status, happen: happen}
}
