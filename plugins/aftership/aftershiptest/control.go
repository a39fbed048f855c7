package aftershiptest

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/spurline/spurline/plugins/internal/standin"
)

// control serves what is not part of the API: GET /_journal and GET /_trackings
// show the state as JSON, POST /_faults scripts a failure. They need no key, and
// they show none.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "GET /_journal":
		standin.Show(w, s.journalView())
	case "GET /_trackings":
		standin.Show(w, s.trackingsView())
	case "POST /_faults":
		s.scriptRemotely(w, r)
	default:
		http.NotFound(w, r)
	}
}

type exchangeView struct {
	Time       time.Time      `json:"time"`
	Method     string         `json:"method"`
	Path       string         `json:"path"`
	Query      string         `json:"query,omitempty"`
	Status     int            `json:"status"`
	Code       int            `json:"code"`
	Faulted    bool           `json:"faulted,omitempty"`
	Number     string         `json:"tracking_number,omitempty"`
	TrackingID string         `json:"tracking_id,omitempty"`
	Dropped    []string       `json:"dropped,omitempty"`
	Body       map[string]any `json:"body,omitempty"`
}

func (s *Server) journalView() []exchangeView {
	view := []exchangeView{}
	for _, e := range s.Journal() {
		view = append(view, exchangeView{
			Time: e.Time, Method: e.Method, Path: e.Path, Query: e.Query.Encode(), Status: e.Status, Code: e.Code,
			Faulted: e.Faulted, Number: e.Number, TrackingID: e.TrackingID, Dropped: e.Dropped, Body: e.Body,
		})
	}
	return view
}

type trackingView struct {
	ID         string          `json:"id"`
	Number     string          `json:"tracking_number"`
	Slug       string          `json:"slug"`
	Generation Generation      `json:"generation"`
	Created    time.Time       `json:"created_at"`
	Updated    time.Time       `json:"updated_at"`
	Received   json.RawMessage `json:"received"`
	Facts      map[string]any  `json:"facts"`
}

func (s *Server) trackingsView() []trackingView {
	view := []trackingView{}
	for _, t := range s.Trackings() {
		view = append(view, trackingView{
			ID: t.ID, Number: t.Number, Slug: t.Slug, Generation: t.Generation,
			Created: t.Created, Updated: t.Updated, Received: t.Received, Facts: t.facts,
		})
	}
	return view
}

// remoteFault is the body of POST /_faults.
type remoteFault struct {
	// Kind is status, limited, reset, hang, truncated, not_json, html or empty.
	Kind         string `json:"kind"`
	Status       int    `json:"status"`
	Code         int    `json:"code"`
	Message      string `json:"message"`
	ResetSeconds int    `json:"reset_seconds"`
	Method       string `json:"method"`
	Endpoint     string `json:"endpoint"`
	Times        int    `json:"times"`
	After        int    `json:"after"`
	AfterStore   bool   `json:"after_store"`
}

func (s *Server) scriptRemotely(w http.ResponseWriter, r *http.Request) {
	var wanted remoteFault
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&wanted); err != nil {
		http.Error(w, "decode fault: "+err.Error(), http.StatusBadRequest)
		return
	}
	f, ok := wanted.fault()
	if !ok {
		http.Error(w, "fault: kind and status do not fit", http.StatusBadRequest)
		return
	}
	f = f.On(wanted.Method, wanted.Endpoint).Times(max(wanted.Times, 1)).After(wanted.After)
	if wanted.AfterStore {
		f = f.AfterStore()
	}
	s.Script(f)
	w.WriteHeader(http.StatusNoContent)
}

func (f remoteFault) fault() (Fault, bool) {
	status := f.Status
	if status == 0 {
		status = http.StatusServiceUnavailable
	}
	if status < 200 || status > 599 {
		return Fault{}, false
	}
	switch f.Kind {
	case "status":
		if f.Code == 0 {
			f.Code = status
		}
		return Failure(status, f.Code, f.Message), true
	case "limited":
		return Limited(time.Duration(f.ResetSeconds)*time.Second, 0), true
	case "reset":
		return Reset(), true
	case "hang":
		return Hang(), true
	case "truncated":
		return Truncated(), true
	case "not_json":
		return NotJSON(status), true
	case "html":
		return HTML(status), true
	case "empty":
		return Empty(status), true
	default:
		return Fault{}, false
	}
}
