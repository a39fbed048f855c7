package aftership

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// member is one field of a JSON object.
type member struct {
	name  string
	value any
}

// object is a JSON object whose fields keep their order, so that a body reads
// the same on the wire, in Preview and in tests.
type object []member

// add appends a text field if there is a text: AfterShip refuses empty ones.
func (o *object) add(name, value string) {
	if value != "" {
		*o = append(*o, member{name, value})
	}
}

// MarshalJSON writes the fields in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, m := range o {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		b.WriteByte(separator)
		name, err := encode(m.name)
		if err != nil {
			return nil, err
		}
		value, err := encode(m.value)
		if err != nil {
			return nil, fmt.Errorf("encode %q: %w", m.name, err)
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	if len(o) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode writes JSON without the escapes that only HTML needs.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
