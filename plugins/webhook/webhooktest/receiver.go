package webhooktest

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/internal/standin"
)

// Secret is one that a test may use.
const Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" //nolint:gosec // It opens nothing.

// mostBody is the most bytes of an event that are taken.
const mostBody = 8 << 20

// Receiver takes events. All methods may be called at once.
type Receiver struct {
	clock func() time.Time

	release *standin.Release

	mu      sync.Mutex
	secrets []string
	further [2]string
	faults  []*Fault
	journal []Exchange
	// seen is what each event that was taken told, by id.
	seen map[string]string
}

// Option configures a new receiver.
type Option func(*Receiver)

// WithClock replaces the clock that timestamps are compared with.
func WithClock(now func() time.Time) Option { return func(r *Receiver) { r.clock = now } }

// WithHeader refuses requests without this header with 401.
func WithHeader(name, value string) Option {
	return func(r *Receiver) { r.further = [2]string{name, value} }
}

// New makes a receiver that verifies signatures with the secret.
func New(secret string, options ...Option) *Receiver {
	r := &Receiver{
		clock: time.Now, release: standin.NewRelease(), secrets: []string{secret}, seen: map[string]string{},
	}
	for _, o := range options {
		o(r)
	}
	return r
}

// Start serves the receiver on a loopback port without TLS until the test ends and
// returns its address.
func (r *Receiver) Start(tb testing.TB) string {
	tb.Helper()
	return r.serve(tb, httptest.NewServer(r)).URL
}

// StartTLS is Start with TLS. The certificate is in the server that is returned.
func (r *Receiver) StartTLS(tb testing.TB) *httptest.Server {
	tb.Helper()
	listening := httptest.NewUnstartedServer(r)
	listening.EnableHTTP2 = true
	// Who tests a certificate hangs up without a request, which is no news.
	listening.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	listening.StartTLS()
	return r.serve(tb, listening)
}

func (r *Receiver) serve(tb testing.TB, listening *httptest.Server) *httptest.Server {
	tb.Helper()
	tb.Cleanup(func() {
		r.release.Now()
		listening.Close()
	})
	return listening
}

// SetSecrets replaces the secrets; a signature by any of them is accepted.
func (r *Receiver) SetSecrets(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = slices.Clone(secrets)
}

// Script adds faults behind those already scripted.
func (r *Receiver) Script(faults ...Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range faults {
		r.faults = append(r.faults, &f)
	}
}

// ServeHTTP takes an event.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, request.Body, mostBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		}
		return
	}
	r.mu.Lock()
	fault := r.nextFault()
	e := r.look(request, raw)
	if fault == nil || fault.afterTaking {
		r.take(&e)
	}
	if fault != nil {
		e.Status, e.Faulted = fault.status, true
	}
	r.journal = append(r.journal, e)
	r.mu.Unlock()
	if fault != nil {
		fault.happen(r, w, request)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.Status)
	_ = json.NewEncoder(w).Encode(map[string]any{"problems": e.Problems})
}

// look reads a request and notes what is wrong with it.
func (r *Receiver) look(request *http.Request, raw []byte) Exchange {
	e := Exchange{
		Time: r.clock(), Method: request.Method, URL: request.URL.String(), Header: request.Header.Clone(), Raw: raw,
		ID: request.Header.Get("webhook-id"),
	}
	e.verify(request, r.secrets)
	e.decode()
	if name := r.further[0]; name != "" && request.Header.Get(name) != r.further[1] {
		e.problem("header %s is missing or wrong", name)
		e.unauthorized = true
	}
	return e
}

// take answers as a receiver does: an id that was seen is taken again and changes
// nothing.
func (r *Receiver) take(e *Exchange) {
	told, seen := r.seen[e.ID]
	if seen && told != e.told() {
		e.problem("id %s was seen and told something else", e.ID)
	}
	e.Repeat = seen
	switch {
	case e.unauthorized:
		e.Status = http.StatusUnauthorized
	case len(e.Problems) > 0:
		e.Status = http.StatusBadRequest
	default:
		e.Status, e.Taken = http.StatusOK, true
		r.seen[e.ID] = e.told()
	}
}
