package zohotest

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
)

const jsonType = "application/json;charset=UTF-8"

// reply is what a handler answers before it is put in the envelope (Zoho Inventory
// reference, section 2).
type reply struct {
	status  int
	message string
	// key of the payload and the payload; none for status calls and DELETE.
	key  string
	data any
	// page is page_context of a list.
	page    map[string]any
	failure *apiError
	// bare is the whole answer of the accounts server, which has no envelope.
	bare map[string]any
	// frozen is the answer as bytes, made while the state is locked.
	frozen []byte
}

func success(status int, message, key string, data any) *reply {
	return &reply{status: status, message: message, key: key, data: data}
}

func shown(key string, data any) *reply { return success(http.StatusOK, "success", key, data) }

func failed(e *apiError) *reply { return &reply{status: e.status, message: e.message, failure: e} }

// code is code of the envelope.
func (r *reply) code() int {
	if r.failure != nil {
		return r.failure.code
	}
	return 0
}

// freeze encodes the answer.
func (r *reply) freeze(s *Server) {
	if r.bare != nil {
		r.frozen = encode(r.bare)
		return
	}
	envelope := map[string]any{"code": r.code(), "message": r.message}
	if r.key != "" {
		key, data := s.spelled(r.key, r.data)
		envelope[key] = data
	}
	if r.page != nil {
		envelope["page_context"] = r.page
	}
	r.frozen = encode(envelope)
}

// spelled is the payload under the key that the quirks ask for.
func (s *Server) spelled(key string, data any) (string, any) {
	if key == "package" && s.quirks[PackageArray] {
		return key, []any{data}
	}
	if s.quirks[OtherSpelling] {
		switch key {
		case "salesorder":
			key = "sales_order"
		case "shipmentorder":
			key = "shipment_order"
		case "packages":
			key = "packagea"
		}
	}
	return key, data
}

func encode(v map[string]any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(maps.Clone(v)); err != nil {
		// Everything in it is text, a checked number or came out of a JSON decoder.
		return []byte(`{"code":1000,"message":"encode"}`)
	}
	return bytes.TrimSpace(b.Bytes())
}

// encode is the answer as it goes over the wire.
func (r *reply) encode(s *Server) []byte {
	if r.frozen == nil {
		r.freeze(s)
	}
	return r.frozen
}

// write sends the answer.
func (r *reply) write(s *Server, w http.ResponseWriter) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(r.status)
	_, _ = w.Write(r.encode(s))
}
