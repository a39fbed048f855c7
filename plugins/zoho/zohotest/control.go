package zohotest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spurline/spurline/plugins/internal/standin"
)

// control serves what is not part of the API. GET shows the state of an organisation
// as JSON, chosen with ?organization_id= and otherwise the first; POST changes it.
// They need no token, and they show none.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	org := s.chosen(r)
	if org == nil {
		http.Error(w, "organization_id: there is no such organisation", http.StatusNotFound)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /_journal":
		standin.Show(w, s.journalView())
	case "GET /_violations":
		standin.Show(w, append([]Violation{}, s.Violations()...))
	case "GET /_counters":
		standin.Show(w, map[string]Counters{"organisation": s.Counters(org.ID()), "accounts": s.Counters("")})
	case "GET /_salesorders":
		standin.Show(w, org.Orders())
	case "GET /_contacts":
		standin.Show(w, org.Contacts())
	case "GET /_items":
		standin.Show(w, org.Items())
	case "GET /_packages":
		standin.Show(w, org.Packages())
	case "GET /_shipments":
		standin.Show(w, org.Shipments())
	case "POST /_items":
		take(w, r, func(i Item) bool { org.AddItem(i); return i.SKU != "" })
	case "POST /_contacts":
		take(w, r, func(c Contact) bool { org.AddContact(c); return c.Name != "" })
	case "POST /_statuses":
		take(w, r, org.setStatus)
	case "POST /_quirks":
		take(w, r, func(q quirkSwitch) bool {
			s.SetQuirk(q.Quirk, q.On)
			return slices.Contains(quirkNames(), q.Quirk)
		})
	case "POST /_faults":
		take(w, r, s.scriptRemotely)
	default:
		http.NotFound(w, r)
	}
}

// chosen is the organisation of a control request.
func (s *Server) chosen(r *http.Request) *Org {
	id := r.URL.Query().Get("organization_id")
	s.mu.Lock()
	known := id == "" && len(s.organisations) > 0 || s.organisation(id) != nil
	s.mu.Unlock()
	if !known {
		return nil
	}
	org := s.Org(id)
	return &org
}

// take decodes what a control request brings and answers 204 if it fits.
func take[T any](w http.ResponseWriter, r *http.Request, use func(T) bool) {
	var wanted T
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&wanted); err != nil {
		http.Error(w, "decode: "+err.Error(), http.StatusBadRequest)
		return
	}
	if !use(wanted) {
		http.Error(w, "the values do not fit", http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// quirkSwitch is the body of POST /_quirks.
type quirkSwitch struct {
	Quirk Quirk `json:"quirk"`
	On    bool  `json:"on"`
}

// status is the body of POST /_statuses: an item by SKU or id, or a contact by name
// or id.
type status struct {
	Item    string `json:"item"`
	Contact string `json:"contact"`
	Active  bool   `json:"active"`
}

func (o Org) setStatus(s status) bool {
	switch {
	case s.Item != "" && s.Contact == "":
		return o.SetItemStatus(s.Item, s.Active)
	case s.Contact != "" && s.Item == "":
		return o.SetContactStatus(s.Contact, s.Active)
	default:
		return false
	}
}

type exchangeView struct {
	Time         time.Time      `json:"time"`
	Method       string         `json:"method"`
	Path         string         `json:"path"`
	Query        string         `json:"query,omitempty"`
	Organisation string         `json:"organization_id,omitempty"`
	Token        int            `json:"token,omitempty"`
	Status       int            `json:"status"`
	Code         int            `json:"code"`
	Message      string         `json:"message,omitempty"`
	Faulted      bool           `json:"faulted,omitempty"`
	Stored       bool           `json:"stored,omitempty"`
	RecordID     string         `json:"record_id,omitempty"`
	Number       string         `json:"number,omitempty"`
	Ignored      []string       `json:"ignored,omitempty"`
	Violations   []Violation    `json:"violations,omitempty"`
	Body         map[string]any `json:"body,omitempty"`
}

func (s *Server) journalView() []exchangeView {
	view := []exchangeView{}
	for _, e := range s.Journal() {
		view = append(view, exchangeView{
			Time: e.Time, Method: e.Method, Path: e.Path, Query: e.Query.Encode(), Organisation: e.Organisation,
			Token: e.Token, Status: e.Status, Code: e.Code, Message: e.Message, Faulted: e.Faulted, Stored: e.Stored,
			RecordID: e.RecordID, Number: e.Number, Ignored: e.Ignored, Violations: e.Violations, Body: e.Body,
		})
	}
	return view
}

// remoteFault is the body of POST /_faults.
type remoteFault struct {
	// Kind is status, blocked, quota, in_flight, false_success, reset, hang, truncated,
	// garbled, wrong_type, not_json, html, empty, slow, late or quirky.
	Kind       string `json:"kind"`
	Status     int    `json:"status"`
	Code       int    `json:"code"`
	Message    string `json:"message"`
	Seconds    int    `json:"seconds"`
	Quirk      Quirk  `json:"quirk"`
	Method     string `json:"method"`
	Endpoint   string `json:"endpoint"`
	Times      int    `json:"times"`
	After      int    `json:"after"`
	AfterStore bool   `json:"after_store"`
}

func (s *Server) scriptRemotely(wanted remoteFault) bool {
	f, ok := wanted.fault()
	if !ok {
		return false
	}
	f = f.On(wanted.Method, wanted.Endpoint).Times(max(wanted.Times, 1)).After(wanted.After)
	if wanted.AfterStore {
		f = f.AfterStore()
	}
	s.Script(f)
	return true
}

func (f remoteFault) fault() (Fault, bool) {
	status := f.Status
	if status == 0 {
		status = http.StatusServiceUnavailable
	}
	if status < 200 || status > 599 {
		return Fault{}, false
	}
	wait := time.Duration(f.Seconds) * time.Second
	code := f.Code
	switch f.Kind {
	case "status":
		if code == 0 {
			code = 1000
		}
		return Failure(status, code, f.Message), true
	case "blocked":
		if code == 0 {
			code = 44
		}
		return Blocked(code, wait), true
	case "quota":
		return QuotaUsedUp(wait), true
	case "slow":
		return Slow(wait), true
	case "late":
		return Late(wait), true
	case "quirky":
		return Quirky(f.Quirk), slices.Contains(quirkNames(), f.Quirk)
	case "false_success":
		return FalseSuccess(code), code != 0
	}
	simple, ok := map[string]func(int) Fault{
		"in_flight":  func(int) Fault { return TooManyInFlight() },
		"reset":      func(int) Fault { return Reset() },
		"hang":       func(int) Fault { return Hang() },
		"truncated":  func(int) Fault { return Truncated() },
		"garbled":    func(int) Fault { return Garbled() },
		"wrong_type": func(int) Fault { return WrongType() },
		"not_json":   NotJSON,
		"html":       HTML,
		"empty":      Empty,
	}[strings.TrimSpace(f.Kind)]
	if !ok {
		return Fault{}, false
	}
	return simple(status), true
}
