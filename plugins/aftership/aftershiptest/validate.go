package aftershiptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// submission is a body that was read: facts by meaning, and what was dropped.
type submission struct {
	facts   map[string]any
	dropped []string
}

// decode reads a JSON object and, where the generation wraps, the tracking in
// it. The object is returned as it came, for the journal, even with a failure.
func decode(g Generation, raw []byte) (tracking map[string]any, whole map[string]any, failure *apiError) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&whole); err != nil || whole == nil {
		return nil, nil, invalidJSON()
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, invalidJSON()
	}
	if !g.wrapped() {
		return whole, whole, nil
	}
	tracking, ok := whole["tracking"].(map[string]any)
	if !ok {
		return nil, whole, badRequest(4006, "`tracking` object is required.")
	}
	return tracking, whole, nil
}

// read validates the fields of a tracking for create or update.
func read(g Generation, tracking map[string]any, update bool) (submission, *apiError) {
	s := submission{facts: map[string]any{}}
	known := map[string]field{}
	for _, f := range model(g) {
		if !update || !f.createOnly {
			known[f.name] = f
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tracking)) {
		f, ok := known[name]
		if !ok {
			s.dropped = append(s.dropped, name)
			continue
		}
		value, ok := s.typed(g, f, tracking[name])
		if !ok {
			if g.refusesWrongTypes() {
				return s, wrongType(name)
			}
			s.dropped = append(s.dropped, name)
			continue
		}
		s.facts[f.meaning] = value
	}
	for _, f := range model(g) {
		value, present := s.facts[f.meaning]
		if _, sent := tracking[f.name]; !sent || !present || f.valid == nil || f.valid(g, value) {
			continue
		}
		if f.code == 0 {
			return s, invalidValue(f.name)
		}
		return s, badRequest(f.code, "The value of `%s` is invalid.", f.name)
	}
	return s, nil
}

// typed gives back the value if it has the shape of the field, without the keys
// that the generation does not know inside.
func (s *submission) typed(g Generation, f field, value any) (any, bool) {
	switch f.shape {
	case text:
		_, ok := value.(string)
		return value, ok
	case texts:
		list, ok := value.([]any)
		return value, ok && !slices.ContainsFunc(list, func(v any) bool { _, isText := v.(string); return !isText })
	case object:
		o, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if f.name == "custom_fields" {
			return s.customFields(g, o)
		}
		return s.keep(g, f.name, f.name, o), true
	case objects:
		list, ok := value.([]any)
		if !ok {
			return nil, false
		}
		kept := make([]any, 0, len(list))
		for i, v := range list {
			o, isObject := v.(map[string]any)
			if !isObject {
				return nil, false
			}
			kept = append(kept, s.keep(g, f.name, fmt.Sprintf("%s[%d]", f.name, i), o))
		}
		return kept, true
	}
	return nil, false
}

// keep copies the keys that the generation knows and notes the others.
func (s *submission) keep(g Generation, name, path string, o map[string]any) map[string]any {
	known, bounded := nested(g)[name]
	kept := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if bounded && !slices.Contains(known, key) {
			s.dropped = append(s.dropped, path+"."+key)
			continue
		}
		kept[key] = o[key]
	}
	return kept
}

// customFields are texts only since 2024-10; before, numbers and booleans were
// taken too and the rest was ignored (AfterShip API reference, section 2.4).
func (s *submission) customFields(g Generation, o map[string]any) (any, bool) {
	kept := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		switch o[key].(type) {
		case string:
			kept[key] = o[key]
		case json.Number, bool:
			if g.refusesWrongTypes() {
				return nil, false
			}
			kept[key] = o[key]
		default:
			if g.refusesWrongTypes() {
				return nil, false
			}
			s.dropped = append(s.dropped, "custom_fields."+key)
		}
	}
	return kept, true
}
