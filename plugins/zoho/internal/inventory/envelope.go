package inventory

import (
	"encoding/json"
	"strconv"
)

// Envelope is what every answer is wrapped in (section 2).
type Envelope struct {
	// Readable is false for a body that is no envelope, such as a page of a gateway.
	Readable bool
	// Code is 0 for success.
	Code int
	// Message is what Zoho says, for humans only.
	Message string
	// HasMore says that a list goes on (section 1.2).
	HasMore bool

	members map[string]json.RawMessage
}

// ReadEnvelope reads a body. One without a code that is a number is none.
func ReadEnvelope(body []byte) Envelope {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return Envelope{}
	}
	var code, message Text
	if raw, ok := members["code"]; !ok || json.Unmarshal(raw, &code) != nil {
		return Envelope{}
	}
	number, err := strconv.Atoi(string(code))
	if err != nil {
		return Envelope{}
	}
	e := Envelope{Readable: true, Code: number, members: members}
	if raw, ok := members["message"]; ok && json.Unmarshal(raw, &message) == nil {
		e.Message = string(message)
	}
	var page struct {
		HasMore bool `json:"has_more_page"`
	}
	if raw, ok := members["page_context"]; ok && json.Unmarshal(raw, &page) == nil {
		e.HasMore = page.HasMore
	}
	return e
}

// list reads the records under the first of the names that is there. A single record
// and a list of them are the same to it, as the documents and the wire differ
// (section 2).
func list[T any](e Envelope, names ...string) []T {
	for _, name := range names {
		var records listOf[T]
		if raw, ok := e.members[name]; ok && json.Unmarshal(raw, &records) == nil && len(records) > 0 {
			return records
		}
	}
	return nil
}

// one is the first record under one of the names.
func one[T any](e Envelope, names ...string) (record T, ok bool) {
	if records := list[T](e, names...); len(records) > 0 {
		return records[0], true
	}
	return record, false
}
