package zohotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// malformed is the answer to what is no JSON object (Zoho Inventory reference,
// section 7).
func malformed() *apiError { return badRequest(1038, "JSON is not well formed") }

// decode reads a body: one JSON object, in which no key is there twice. Numbers stay
// text, since floats lose digits.
func decode(raw []byte) (map[string]any, *apiError) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	value, err := decodeValue(d, 0)
	if err != nil {
		return nil, malformed()
	}
	body, ok := value.(map[string]any)
	if !ok {
		return nil, malformed()
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed()
	}
	return body, nil
}

// mostDepth bounds how deep a body is nested.
const mostDepth = 16

var errBody = errors.New("body")

func decodeValue(d *json.Decoder, depth int) (any, error) {
	if depth > mostDepth {
		return nil, errBody
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return decodeObject(d, depth)
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := decodeValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	default:
		return t, nil
	}
}

func decodeObject(d *json.Decoder, depth int) (any, error) {
	o := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, ok := t.(string)
		if _, twice := o[key]; !ok || twice {
			return nil, errBody
		}
		if o[key], err = decodeValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return o, err
}
