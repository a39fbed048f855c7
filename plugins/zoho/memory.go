package zoho

import "encoding/json"

// memory is what the plugin asks the host to keep for a record.
type memory struct {
	// Made says that Spurline made what the remote id names.
	Made bool `json:"made,omitempty"`
	// Unsure says that an earlier send may have arrived although its outcome was not
	// UNKNOWN, for example a 502 of a gateway.
	Unsure bool `json:"unsure,omitempty"`
	// Number is that of a sales order whose creation may have arrived. The settings or an
	// edit may give the order another number before it is looked for.
	Number string `json:"number,omitempty"`
	// Order and Package are the sales order and the package of a shipment.
	Order   string `json:"order,omitempty"`
	Package string `json:"package,omitempty"`
	// Contents is the digest of what was packed, empty if everything was.
	Contents string `json:"contents,omitempty"`
	// Noted says that the tracking number is in the notes of another parcel's shipment,
	// as nothing was left to pack.
	Noted bool `json:"noted,omitempty"`
	// Removed says that the shipment was taken back as its parcel was voided.
	Removed bool `json:"removed,omitempty"`
}

// recall reads what was kept. What is absent or unreadable is nothing known, which
// only costs a look at Zoho.
func recall(state []byte) memory {
	var m memory
	if len(state) == 0 || json.Unmarshal(state, &m) != nil {
		return memory{}
	}
	return m
}

func (m memory) bytes() []byte {
	raw, _ := json.Marshal(m) // Texts and bools always have a form.
	return raw
}
