package aftership

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
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
func (o object) MarshalJSON() ([]byte, error) { return encode(o) }

// encode writes JSON without the escapes that only HTML needs.
func encode(value any) ([]byte, error) { return appendValue(nil, value) }

// appendValue appends the JSON of a value. Package encoding/json would do, but it
// reads and copies what a MarshalJSON wrote once more at every level, which was a
// fifth of the CPU of a delivery.
func appendValue(to []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return appendText(to, v)
	case int:
		return strconv.AppendInt(to, int64(v), 10), nil
	case object:
		return v.appendTo(to)
	case []object:
		return appendList(to, v)
	case []string:
		return appendList(to, v)
	default:
		return appendAny(to, v)
	}
}

func (o object) appendTo(to []byte) ([]byte, error) {
	to = append(to, '{')
	for i, m := range o {
		if i > 0 {
			to = append(to, ',')
		}
		var err error
		if to, err = appendText(to, m.name); err != nil {
			return nil, err
		}
		to = append(to, ':')
		if to, err = appendValue(to, m.value); err != nil {
			return nil, fmt.Errorf("encode %q: %w", m.name, err)
		}
	}
	return append(to, '}'), nil
}

func appendList[T any](to []byte, list []T) ([]byte, error) {
	if list == nil {
		return append(to, "null"...), nil
	}
	to = append(to, '[')
	for i, item := range list {
		if i > 0 {
			to = append(to, ',')
		}
		var err error
		if to, err = appendValue(to, item); err != nil {
			return nil, err
		}
	}
	return append(to, ']'), nil
}

// appendText appends a text, by encoding/json if anything in it may need escapes.
func appendText(to []byte, text string) ([]byte, error) {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendAny(to, text)
		}
	}
	return append(append(append(to, '"'), text...), '"'), nil
}

func appendAny(to []byte, value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return append(to, bytes.TrimRight(b.Bytes(), "\n")...), nil
}
