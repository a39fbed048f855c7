package zohotest

import (
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spurline/spurline/plugins/internal/standin"
)

// mostBody bounds what a client may send.
const mostBody = 4 << 20

// call is one request on its way.
type call struct {
	r          *http.Request
	parameters url.Values
	endpoint   string
	argument   string
	route      *route
	raw        []byte
	tooLarge   bool

	client   *Client
	clientID string
	token    int
	org      *organisation
	body     map[string]any

	ignored    []string
	violations []Violation
	// recordID and number of what was written or shown.
	recordID, number string
}

// violate notes what a correct client never does.
func (c *call) violate(field, text string) {
	c.violations = append(c.violations, Violation{
		Method: c.r.Method, Path: c.r.URL.Path, Field: field, Text: text,
	})
}

// ignore notes what was sent and has no effect.
func (c *call) ignore(what string) { c.ignored = append(c.ignored, what) }

// query is a parameter of the call.
func (c *call) query(name string) string { return c.parameters.Get(name) }

// ServeHTTP answers a call of the accounts server, of the API, or of the control
// endpoints under "/_".
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_") {
		s.control(w, r)
		return
	}
	c := &call{r: r, parameters: r.URL.Query()}
	if r.URL.Path == TokenEndpoint {
		c.endpoint = TokenEndpoint
	} else {
		c.endpoint, c.argument, c.route = s.find(r.Method, r.URL.EscapedPath())
	}
	organisation := organisationNamed(c)
	s.arrive(organisation, r.Method+" "+c.endpoint)
	defer s.leave(organisation)

	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if !errors.As(err, &tooLarge) {
			return
		}
		c.tooLarge = true
	}
	c.raw = raw

	answer, fault, header := s.decide(c)
	if fault == nil {
		maps.Copy(w.Header(), header)
		answer.write(s, w)
		return
	}
	happens := happening{Server: s, Writer: w, Request: r, Release: s.release}
	if answer != nil {
		header.Set("Content-Type", jsonType)
		happens.Normal = standin.Answer{Status: answer.status, Header: header, Body: answer.encode(s)}
	}
	fault.Happen(happens)
}

// decide takes the fault of a call, lets it take effect where it does, and keeps it
// in the journal.
func (s *Server) decide(c *call) (answer *reply, fault *Fault, header http.Header) {
	header = http.Header{}
	s.mu.Lock()
	defer s.mu.Unlock()
	fault = s.script.Next(c.r.Method, c.endpoint)
	if fault != nil && fault.AsUsual() { // It is late or odd, and otherwise as usual.
		s.mu.Unlock()
		arrived := fault.Await(c.r, s.release)
		s.mu.Lock()
		if !arrived {
			panic(http.ErrAbortHandler)
		}
		defer fault.Change(s)()
		answer = s.answer(c, header)
		answer.freeze(s)
		s.enter(c, answer, nil)
		return answer, nil, header
	}
	if fault == nil || fault.LosesAnswer() {
		answer = s.answer(c, header)
		answer.freeze(s)
	}
	s.enter(c, answer, fault)
	return answer, fault, header
}

// organisationNamed is the organisation that a call is for by its own words.
func organisationNamed(c *call) string {
	if c.route != nil && c.route.free {
		return c.argument
	}
	return c.query("organization_id")
}

// answer is what the stand-in says to a call when nothing fails.
func (s *Server) answer(c *call, header http.Header) *reply {
	if c.endpoint == TokenEndpoint {
		return s.accounts(c)
	}
	if refused := s.admit(c, header); refused != nil {
		return failed(refused)
	}
	s.noteParameters(c)
	if takesBody(c.r.Method) {
		if refused := s.readBody(c); refused != nil {
			return failed(refused)
		}
	}
	return c.route.handle(s, c)
}

// noteParameters writes down which parameters have no effect: Zoho takes no notice
// of those it does not know (Zoho Inventory reference, sections 3.4 and 6).
func (s *Server) noteParameters(c *call) {
	for name := range c.parameters {
		if name == "organization_id" || slices.Contains(c.route.filters, name) {
			continue
		}
		if c.r.Method == http.MethodGet && (name == "page" || name == "per_page") {
			continue
		}
		c.ignore("?" + name)
	}
	slices.Sort(c.ignored)
}

// readBody decodes the body and holds its fields against the list of the call.
func (s *Server) readBody(c *call) *apiError {
	if len(c.raw) == 0 && len(required(c.route.fields)) == 0 {
		c.body = map[string]any{}
		return nil
	}
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		// Older clients send a form with the field JSONString (section 1.2); not
		// taken here.
		c.violate("Content-Type", "it is not application/json")
		return badRequest(1038, "JSON is not well formed")
	}
	if c.tooLarge {
		return badRequest(1038, "JSON is not well formed")
	}
	body, failure := decode(c.raw)
	if failure != nil {
		return failure
	}
	c.body = body
	return s.check(c)
}
