package aftership

import "encoding/json"

// memory is what the plugin asks the host to keep for a record: what it cannot
// ask AfterShip, namely who made the tracking.
type memory struct {
	// Made says who made the tracking that the remote id names.
	Made maker `json:"made,omitempty"`
	// Unsure says that an earlier send may have arrived although its outcome was
	// not UNKNOWN, for example a 502 of a gateway.
	Unsure bool `json:"unsure,omitempty"`
	// Removed says that the tracking was deleted because its parcel was voided.
	Removed bool `json:"removed,omitempty"`
	// Number is the one that AfterShip shows, if it spells ours otherwise.
	Number string `json:"number,omitempty"`
}

// maker is who made a tracking.
type maker string

const (
	madeByUs    maker = "us"
	madeByOther maker = "other"
)

// recall reads what was kept. What is absent or unreadable is nothing known,
// which only costs a look at AfterShip.
func recall(state []byte) memory {
	var m memory
	if len(state) == 0 || json.Unmarshal(state, &m) != nil {
		return memory{}
	}
	return m
}

// bytes is the memory to keep.
func (m memory) bytes() []byte {
	raw, err := json.Marshal(m)
	if err != nil {
		// Three plain fields always encode.
		return nil
	}
	return raw
}
