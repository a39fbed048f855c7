package webhook

import "encoding/json"

// memory is what the plugin asks the host to keep for a record.
type memory struct {
	// Created is the id of the event that told of the record first, or would have
	// if its type had been chosen. What follows is an update.
	Created string `json:"created,omitempty"`
}

// recall reads what was kept. What is absent or unreadable is nothing known.
func recall(state []byte) memory {
	var m memory
	if json.Unmarshal(state, &m) != nil {
		return memory{}
	}
	return m
}

func (m memory) bytes() []byte {
	raw, _ := json.Marshal(m) // A string always has a form.
	return raw
}
