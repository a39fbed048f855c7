package webhook

import (
	"encoding/json"
	"time"
)

// memory is what the plugin asks the host to keep for a record.
type memory struct {
	// Created is the id of the event that told of the record first, or would have
	// if its type had been chosen. What follows is an update.
	Created string `json:"created,omitempty"`
	// Last is the id of the event that was attempted last, and Time what it had as
	// its timestamp, so that it has it again.
	Last string    `json:"last,omitempty"`
	Time time.Time `json:"time,omitzero"`
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
	raw, err := json.Marshal(m)
	if err != nil {
		return nil // Only a time beyond the year 9999 gets here.
	}
	return raw
}

// equal compares what is kept.
func (m memory) equal(other memory) bool {
	return m.Created == other.Created && m.Last == other.Last && m.Time.Equal(other.Time)
}
