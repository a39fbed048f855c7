package aftershiptest

import (
	"encoding/json"
	"net/http"

	"github.com/spurline/spurline/plugins/internal/standin"
)

const jsonType = "application/json; charset=utf-8"

// reply is what a handler answers before it is put in the envelope.
type reply struct {
	status  int
	data    any
	failure *apiError
	// tracking that was written or shown, for the journal.
	tracking *Tracking
	dropped  []string
	// body as decoded, for the journal.
	body map[string]any
}

func success(status int, data any) *reply { return &reply{status: status, data: data} }

func failed(e *apiError) *reply { return &reply{status: e.status, data: e.data, failure: e} }

// code is meta.code.
func (r *reply) code() int {
	if r.failure != nil {
		return r.failure.code
	}
	return r.status
}

// envelope is the answer as it goes over the wire (AfterShip API reference,
// section 6).
func (r *reply) envelope() []byte {
	meta := map[string]any{"code": r.code()}
	if r.failure != nil {
		meta["type"], meta["message"] = r.failure.kind(), r.failure.message
		if r.failure.withErrors {
			meta["errors"] = []any{}
		}
	}
	data := r.data
	if data == nil {
		data = map[string]any{}
	}
	raw, err := json.Marshal(map[string]any{"meta": meta, "data": data})
	if err != nil {
		// Everything in it came out of a JSON decoder.
		return []byte(`{"meta":{"code":500,"type":"InternalError","message":"encode"},"data":{}}`)
	}
	return raw
}

// oneTracking puts a tracking into data as the generation does.
func oneTracking(g Generation, t *Tracking) any {
	shown := t.render(g)
	if g.wrapped() {
		return map[string]any{"tracking": shown}
	}
	return shown
}

// DuplicateShape says what stands in data of a 4003, on which the sources
// disagree (section 7.1).
type DuplicateShape int

const (
	// DuplicateUsual is "tracking" where the generation wraps, flat elsewhere.
	DuplicateUsual DuplicateShape = iota
	// DuplicateFlat has the id in data.
	DuplicateFlat
	// DuplicateWrapped has the id in data.tracking.
	DuplicateWrapped
	// DuplicateEmpty has nothing.
	DuplicateEmpty
)

// alreadyExists is 4003 with data in the shape chosen.
func (s *Server) alreadyExists(g Generation, t *Tracking) *reply {
	shape := s.duplicateShape
	if shape == DuplicateUsual {
		shape = DuplicateFlat
		if g.wrapped() {
			shape = DuplicateWrapped
		}
	}
	shown := t.render(g)
	short := map[string]any{
		"id": shown["id"], "tracking_number": shown["tracking_number"], "slug": shown["slug"],
	}
	e := badRequest(4003, "Tracking already exists.")
	switch shape {
	case DuplicateFlat, DuplicateUsual:
		e.data = short
	case DuplicateWrapped:
		e.data = map[string]any{"tracking": short}
	case DuplicateEmpty:
	}
	r := failed(e)
	r.tracking = t
	return r
}

// write sends the answer.
func (r *reply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(r.status)
	_, _ = w.Write(r.envelope())
}

// held is the answer for a fault that holds it back.
func (r *reply) held() standin.Answer {
	return standin.Answer{Status: r.status, Header: http.Header{"Content-Type": {jsonType}}, Body: r.envelope()}
}
