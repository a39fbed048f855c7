package plugintest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// mostRequest is the most bytes of a request's body that a Remote takes.
const mostRequest = 8 << 20

// Remote stands in for an extra interface: its handler answers as that does when
// all is well, and a script puts other answers in between. It keeps every
// request. It is safe for concurrent use.
type Remote struct {
	t       testing.TB
	server  *httptest.Server
	handler http.Handler
	closing chan struct{}

	mu       sync.Mutex
	script   []Answer
	requests []Request
}

// Request is what a Remote received.
type Request struct {
	// Method of HTTP.
	Method string
	// Target is the path with the query, as it was sent.
	Target string
	// Header has canonical keys.
	Header http.Header
	// Body is all of it.
	Body []byte
}

// NewRemote serves on loopback until the test ends. A nil handler answers 200
// with the JSON object {}. The test fails if answers of the script are left.
func NewRemote(tb testing.TB, handler http.Handler) *Remote {
	tb.Helper()
	if handler == nil {
		handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "{}")
		})
	}
	r := &Remote{t: tb, handler: handler, closing: make(chan struct{})}
	r.server = httptest.NewServer(http.HandlerFunc(r.serve))
	tb.Cleanup(func() {
		close(r.closing)
		r.server.Close()
		if left := len(r.script); left > 0 {
			tb.Errorf("%d answers of the remote's script were never asked for", left)
		}
	})
	return r
}

// URL is the base URL, without a slash at the end.
func (r *Remote) URL() string { return r.server.URL }

// Script answers the next requests so, one after the other; those after that are
// the handler's again.
func (r *Remote) Script(answers ...Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.script = append(r.script, answers...)
}

// Requests returns what came so far, in the order in which it was complete.
func (r *Remote) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// Forget drops the requests that came so far.
func (r *Remote) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = nil
}

func (r *Remote) serve(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, mostRequest))
	if err != nil {
		return // It never arrived as a whole.
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	if answer, scripted := r.enter(request, body); scripted {
		answer(r, w, request)
		return
	}
	r.handler.ServeHTTP(w, request)
}

// enter keeps a request and takes the answer that the script has for it.
func (r *Remote) enter(request *http.Request, body []byte) (answer Answer, scripted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, Request{
		Method: request.Method, Target: request.URL.RequestURI(), Header: request.Header.Clone(), Body: body,
	})
	if len(r.script) == 0 {
		return nil, false
	}
	answer, r.script = r.script[0], r.script[1:]
	return answer, true
}
