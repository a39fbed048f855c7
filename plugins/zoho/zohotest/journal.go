package zohotest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// journalCap bounds the journal of a stand-in that runs for long; the oldest entries
// go first.
const journalCap = 20_000

// hidden replaces a secret.
const hidden = "[hidden]"

// Violation is something that a correct client never does, whatever the real API
// says to it.
type Violation struct {
	// Method and Path of the call.
	Method string `json:"method"`
	Path   string `json:"path"`
	// Field or parameter, for example "line_items[0].sku".
	Field string `json:"field"`
	// Text says what is wrong.
	Text string `json:"text"`
}

// Exchange is one call in the journal. Secrets are replaced.
type Exchange struct {
	// Time the call was answered, by the stand-in's clock.
	Time time.Time
	// Method, Path and Query as received.
	Method, Path string
	Query        url.Values
	// Endpoint is the path without Root and with "{id}", for example
	// "/salesorders/{id}/status/void"; empty for a path that means nothing.
	Endpoint string
	// Organisation that the call was for.
	Organisation string
	// Client is the id of the OAuth client, Token the number of the access token,
	// counted from 1.
	Client string
	Token  int
	// Header as received.
	Header http.Header
	// Raw body as received, and decoded if it is a JSON object: numbers are
	// json.Number. A form has no Body.
	Raw  []byte
	Body map[string]any
	// Ignored names fields, and with "?" before them parameters, that were sent and
	// had no effect.
	Ignored []string
	// Violations of this call.
	Violations []Violation
	// Status and Code of the answer. A scripted fault has the status it sent, 0 for
	// none, and Faulted. Message of the answer, without a fault.
	Status, Code int
	Message      string
	Faulted      bool
	// Stored says that a write took effect.
	Stored bool
	// RecordID and Number of the record that the call wrote or showed.
	RecordID, Number string
}

// Filter chooses entries of the journal.
type Filter func(Exchange) bool

// ByMethod chooses by HTTP method.
func ByMethod(method string) Filter { return func(e Exchange) bool { return e.Method == method } }

// ByEndpoint chooses by endpoint, for example "/salesorders/{id}" or TokenEndpoint.
func ByEndpoint(endpoint string) Filter {
	return func(e Exchange) bool { return e.Endpoint == endpoint }
}

// ByNumber chooses by the number of the record.
func ByNumber(number string) Filter { return func(e Exchange) bool { return e.Number == number } }

// ByStatus chooses by the status of the answer.
func ByStatus(status int) Filter { return func(e Exchange) bool { return e.Status == status } }

// ByOrganisation chooses by organisation.
func ByOrganisation(id string) Filter { return func(e Exchange) bool { return e.Organisation == id } }

// Writes chooses the calls of the API that may change something.
func Writes() Filter {
	return func(e Exchange) bool { return isWrite(e.Method) && e.Endpoint != TokenEndpoint }
}

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

// ForgetJournal empties the journal and keeps the records.
func (s *Server) ForgetJournal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = nil
}

// Violations are those of the whole journal, oldest first.
func (s *Server) Violations() []Violation {
	var all []Violation
	for _, e := range s.Journal() {
		all = append(all, e.Violations...)
	}
	return all
}

// enter keeps one call and tells the watchers.
func (s *Server) enter(c *call, answer *reply, fault *Fault) {
	s.calls++
	e := s.entry(c, answer, fault)
	if len(s.journal) >= journalCap {
		s.journal = slices.Delete(s.journal, 0, journalCap/10)
	}
	s.journal = append(s.journal, e)
	if s.watch != nil {
		s.watch(e)
	}
	if s.watchWrites != nil && e.Stored {
		s.watchWrites(e)
	}
}

// entry is the journal's view of a call.
func (s *Server) entry(c *call, answer *reply, fault *Fault) Exchange {
	e := Exchange{
		Time: s.clock(), Method: c.r.Method, Path: c.r.URL.Path, Query: hideValues(c.r.URL.Query()),
		Endpoint: c.endpoint, Organisation: organisationNamed(c), Client: c.clientID, Token: c.token,
		Header: c.r.Header.Clone(), Raw: c.raw, Body: c.body, Ignored: c.ignored, Violations: c.violations,
		RecordID: c.recordID, Number: c.number, Faulted: fault != nil,
	}
	if e.Header.Get("Authorization") != "" {
		scheme, _, _ := strings.Cut(e.Header.Get("Authorization"), " ")
		e.Header.Set("Authorization", scheme+" "+hidden)
	}
	if c.client != nil {
		e.Client = c.client.ID
	}
	if c.endpoint == TokenEndpoint {
		form, err := url.ParseQuery(string(c.raw))
		if err != nil {
			form = nil
		}
		e.Raw = []byte(hideValues(form).Encode())
	}
	switch {
	case fault != nil:
		e.Status, e.Code = fault.Told()
	case answer != nil:
		e.Status, e.Code, e.Message = answer.status, answer.code(), answer.message
	}
	e.Stored = answer != nil && answer.failure == nil && isWrite(c.r.Method) && c.endpoint != TokenEndpoint
	return e
}

// hideValues replaces the secrets of a form or query.
func hideValues(form url.Values) url.Values {
	for _, name := range []string{"client_secret", "refresh_token", "access_token", "authtoken"} {
		if form.Has(name) {
			form[name] = []string{hidden}
		}
	}
	return form
}
