package aftershiptest

import (
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// mostBody bounds what a client may send.
const mostBody = 1 << 20

// call is one request on its way.
type call struct {
	r            *http.Request
	generation   Generation
	endpoint     string
	argument     string
	organisation string
	raw          []byte
	tooLarge     bool
}

// ServeHTTP answers a call of the API, or of the control endpoints under "/_".
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_") {
		s.control(w, r)
		return
	}
	c := &call{r: r}
	c.generation, c.endpoint, c.argument = route(r.URL.EscapedPath())
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if !errors.As(err, &tooLarge) {
			return
		}
		c.tooLarge = true
	}
	c.raw = raw

	limits := http.Header{}
	s.mu.Lock()
	fault := s.script.Next(r.Method, c.endpoint)
	if fault != nil && fault.AsUsual() { // It is late, if perhaps by nothing.
		s.mu.Unlock()
		if !fault.Await(r, s.release) {
			panic(http.ErrAbortHandler)
		}
		s.mu.Lock()
		fault = nil
	}
	var answer *reply
	if fault == nil || fault.LosesAnswer() {
		answer = s.answer(c, limits)
	}
	entry := s.entry(c, answer, fault)
	s.enter(entry)
	if s.watch != nil && answer != nil && answer.status == http.StatusCreated {
		s.watch(entry)
	}
	if s.watchWrites != nil && answer != nil && answer.failure == nil && r.Method != http.MethodGet {
		s.watchWrites(entry)
	}
	trace := "stand-in-" + strconv.Itoa(s.calls)
	s.mu.Unlock()

	h := w.Header()
	maps.Copy(h, limits)
	h.Set("Date", s.clock().UTC().Format(http.TimeFormat))
	h.Set("as-trace-id", trace)
	if c.generation.dated() && c.generation != "" {
		h.Set("as-api-version", string(c.generation))
	}
	if fault == nil {
		answer.write(w)
		return
	}
	happens := happening{Server: s, Writer: w, Request: r, Release: s.release}
	if answer != nil {
		happens.Normal = answer.held()
	}
	fault.Happen(happens)
}

// answer is what the API says to a call, limits and permissions first.
func (s *Server) answer(c *call, limits http.Header) *reply {
	if c.generation == "" || c.endpoint == "" {
		return failed(notFound(c.r.URL.Path))
	}
	refused := s.authenticate(c)
	if limited := s.limit(c, limits); limited != nil && c.organisation != "" {
		return failed(limited)
	}
	switch {
	case refused != nil:
		return failed(refused)
	case c.tooLarge:
		const status = http.StatusRequestEntityTooLarge
		return failed(&apiError{status: status, code: status, message: "The request is too large."})
	}
	if c.r.Method == http.MethodPost || c.r.Method == http.MethodPut {
		// The content type is a required parameter (AfterShip API reference,
		// section 4.1); the code of its absence is our reading.
		kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
		if err != nil || kind != "application/json" {
			return failed(badRequest(http.StatusBadRequest, "The header `Content-Type` is invalid."))
		}
	}
	return s.dispatch(c)
}

// dispatch hands the call to its endpoint.
func (s *Server) dispatch(c *call) *reply {
	switch c.r.Method + " " + c.endpoint {
	case "POST /trackings":
		return s.create(c)
	case "GET /trackings":
		return s.list(c)
	case "GET /couriers":
		return s.listCouriers(c, false)
	case "GET /couriers/all":
		return s.listCouriers(c, true)
	}
	if c.argument == "" {
		return failed(notFound(c.r.URL.Path))
	}
	t, failure := s.one(c, c.argument)
	if failure != nil {
		return failed(failure)
	}
	switch c.r.Method {
	case http.MethodGet:
		return s.show(c, t)
	case http.MethodPut:
		return s.update(c, t)
	case http.MethodDelete:
		return s.remove(c, t)
	default:
		return failed(notFound(c.r.URL.Path))
	}
}

// route tells the generation and endpoint of a path; both are empty for a path
// that does not exist in the generation.
func route(escaped string) (g Generation, endpoint, argument string) {
	g, rest, ok := split(escaped)
	if !ok {
		return "", "", ""
	}
	switch {
	case rest == "/trackings", rest == "/couriers":
		return g, rest, ""
	case rest == "/couriers/all" && g.couriersAll():
		return g, rest, ""
	}
	under, ok := strings.CutPrefix(rest, "/trackings/")
	if !ok {
		return g, "", ""
	}
	parts := strings.Split(under, "/")
	for i := range parts {
		part, err := url.PathUnescape(parts[i])
		if err != nil || part == "" {
			return g, "", ""
		}
		parts[i] = part
	}
	switch {
	case len(parts) == 1:
		return g, "/trackings/{id}", parts[0]
	case len(parts) == 2 && g.pathsByNumber():
		return g, "/trackings/{slug}/{number}", parts[0] + "/" + parts[1]
	default:
		return g, "", ""
	}
}

// entry is the journal's view of a call.
func (s *Server) entry(c *call, answer *reply, fault *Fault) Exchange {
	s.calls++
	e := Exchange{
		Time: s.clock(), Method: c.r.Method, Path: c.r.URL.Path, Query: c.r.URL.Query(),
		Generation: c.generation, Endpoint: c.endpoint, Header: c.r.Header.Clone(), Raw: c.raw,
		Faulted: fault != nil,
	}
	if fault != nil {
		e.Status, _ = fault.Told()
		e.Code = e.Status
	}
	tracking, whole, _ := decode(c.generation, c.raw)
	e.Body = whole
	e.Number, _ = tracking["tracking_number"].(string)
	if answer == nil {
		return e
	}
	e.Dropped = answer.dropped
	if fault == nil {
		e.Status, e.Code = answer.status, answer.code()
	}
	if answer.tracking != nil {
		e.TrackingID, e.Number = answer.tracking.ID, answer.tracking.Number
	}
	return e
}
