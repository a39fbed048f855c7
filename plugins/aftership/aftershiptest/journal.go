package aftershiptest

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// journalCap bounds the journal of a stand-in that runs for long; the oldest
// entries go first.
const journalCap = 10_000

// Exchange is one call in the journal.
type Exchange struct {
	// Time the call arrived, by the stand-in's clock.
	Time time.Time
	// Method, Path and Query as received.
	Method, Path string
	Query        url.Values
	// Generation and Endpoint ("/trackings/{id}") the path means; empty if it
	// means nothing.
	Generation Generation
	Endpoint   string
	// Header as received.
	Header http.Header
	// Raw body as received, and decoded if it is a JSON object: numbers are
	// json.Number.
	Raw  []byte
	Body map[string]any
	// Dropped names fields that were sent and silently ignored.
	Dropped []string
	// Status and Code (meta.code) of the answer. A scripted fault has the status
	// it sent, 0 for none, and Faulted.
	Status, Code int
	Faulted      bool
	// TrackingID of the tracking that the call wrote or showed.
	TrackingID string
	// Number in the body or of that tracking.
	Number string
}

// Filter chooses entries of the journal.
type Filter func(Exchange) bool

// ByMethod chooses by HTTP method.
func ByMethod(method string) Filter { return func(e Exchange) bool { return e.Method == method } }

// ByEndpoint chooses by endpoint, for example "/trackings/{id}".
func ByEndpoint(endpoint string) Filter {
	return func(e Exchange) bool { return e.Endpoint == endpoint }
}

// ByNumber chooses by tracking number.
func ByNumber(number string) Filter { return func(e Exchange) bool { return e.Number == number } }

// ByStatus chooses by the status of the answer.
func ByStatus(status int) Filter { return func(e Exchange) bool { return e.Status == status } }

// Since chooses what arrived at that time or later.
func Since(t time.Time) Filter { return func(e Exchange) bool { return !e.Time.Before(t) } }

// Journal is the calls received that pass all filters, oldest first.
func (s *Server) Journal(filters ...Filter) []Exchange {
	s.mu.Lock()
	all := slices.Clone(s.journal)
	s.mu.Unlock()
	return slices.DeleteFunc(all, func(e Exchange) bool {
		return slices.ContainsFunc(filters, func(passes Filter) bool { return !passes(e) })
	})
}

// ForgetJournal empties the journal and keeps the trackings.
func (s *Server) ForgetJournal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = nil
}

// enter keeps one call.
func (s *Server) enter(e Exchange) {
	if len(s.journal) >= journalCap {
		s.journal = slices.Delete(s.journal, 0, journalCap/10)
	}
	s.journal = append(s.journal, e)
}
