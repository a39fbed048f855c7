package inventory

import (
	"bytes"
	"encoding/json"
)

// Text is a member of an answer that is a text or a number: ids and amounts come as
// either. Anything else reads as empty.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(raw []byte) error {
	*t = ""
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*t = Text(text)
		return nil
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		*t = Text(number.String())
	}
	return nil
}

// listOf is a list whose elements are read one by one: what is none is left out, and
// a single object reads as a list of one (section 2).
type listOf[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *listOf[T]) UnmarshalJSON(raw []byte) error {
	*l = nil
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '{' {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return nil //nolint:nilerr // What is no list has no elements.
	}
	for _, element := range elements {
		var one T
		if json.Unmarshal(element, &one) == nil {
			*l = append(*l, one)
		}
	}
	return nil
}
