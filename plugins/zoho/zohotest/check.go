package zohotest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// shape is the JSON type of a field.
type shape int

const (
	text shape = iota
	id
	number
	// amountOrPercent is a number, or a text such as "10%".
	amountOrPercent
	flag
	date
	object
	objects
	texts
	anything
)

// field is one field that a body may have.
type field struct {
	name  string
	shape shape
	// required fields must be there.
	required bool
	// most characters of a text; 0 for no limit that is known.
	most int
	// oneOf are the only values.
	oneOf []string
	// of are the fields of an object, or of each object of a list.
	of []field
	// undeclared fields are not in Zoho's document but seen in use.
	undeclared bool
	// idle fields are accepted and have no effect.
	idle bool
	// misplaced fields belong in the query: in the body they have no effect, and a
	// correct client does not send them (Zoho Inventory reference, section 6).
	misplaced bool
}

func required(fields []field) []field {
	return slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return !f.required })
}

// check holds a body against the fields of its call. The first fault is answered,
// all are written down.
func (s *Server) check(c *call) *apiError {
	module, _, _ := strings.Cut(strings.TrimPrefix(c.endpoint, "/"), "/")
	k := checker{server: s, call: c}
	k.object(module, "", c.route.fields, c.body)
	return k.failure
}

// checker goes through one body.
type checker struct {
	server  *Server
	call    *call
	failure *apiError
}

func (k *checker) fail(e *apiError) {
	if k.failure == nil {
		k.failure = e
	}
}

// object checks one object; rule names the fields in WithFieldLimit, path in what is
// written down.
func (k *checker) object(rule, path string, fields []field, o map[string]any) {
	known := map[string]field{}
	for _, f := range fields {
		known[f.name] = f
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		f, ok := known[name]
		if !ok {
			k.call.violate(path+name, "no such field")
			k.fail(badRequest(4, "The field %s is not known", path+name))
			continue
		}
		if f.misplaced {
			k.call.violate(path+name, "belongs in the query")
		}
		if f.idle || f.misplaced {
			k.call.ignore(path + name)
		}
		k.value(rule+"."+name, path+name, f, o[name])
	}
	for _, f := range required(fields) {
		if _, there := o[f.name]; !there {
			k.fail(badRequest(6, "The mandatory field %s is missing", path+f.name))
		}
	}
}

func (k *checker) value(rule, path string, f field, value any) {
	switch v := value.(type) {
	case map[string]any:
		if f.shape == object {
			k.object(rule, path+".", f.of, v)
			return
		}
	case []any:
		if f.shape == objects || f.shape == texts {
			k.list(rule, path, f, v)
			return
		}
	}
	if !fits(f, value) {
		if _, isNumber := value.(json.Number); isNumber && f.shape == id {
			k.call.violate(path, "an id is a number and must be text")
		} else {
			k.call.violate(path, "the value has the wrong type or form")
		}
		k.fail(invalidField(path))
		return
	}
	words, isText := value.(string)
	most := f.most
	if configured, ok := k.server.fieldLimits[rule]; ok {
		most = configured
	}
	if isText && most > 0 && utf8.RuneCountInString(words) > most {
		k.fail(badRequest(15, "%s has more than %d characters", path, most))
	}
}

func (k *checker) list(rule, path string, f field, list []any) {
	if f.required && len(list) == 0 {
		k.fail(invalidField(path))
	}
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if f.shape == texts {
			k.value(rule, at, field{name: f.name, shape: id}, v)
			continue
		}
		o, ok := v.(map[string]any)
		if !ok {
			k.call.violate(at, "the value has the wrong type or form")
			k.fail(invalidField(at))
			continue
		}
		k.object(rule, at+".", f.of, o)
	}
}

// fits says whether a single value has the shape of a field.
func fits(f field, value any) bool {
	words, isText := value.(string)
	digits, isNumber := value.(json.Number)
	_, isFlag := value.(bool)
	switch f.shape {
	case text:
		return isText && (f.oneOf == nil || slices.Contains(f.oneOf, words))
	case id:
		return isText && isID(words)
	case date:
		_, err := time.Parse(time.DateOnly, words)
		return isText && err == nil
	case flag:
		return isFlag
	case number:
		_, ok := parseDecimal(string(digits))
		return isNumber && ok
	case amountOrPercent:
		if isText {
			share, isShare := strings.CutSuffix(words, "%")
			_, ok := parseDecimal(share)
			return isShare && ok
		}
		_, ok := parseDecimal(string(digits))
		return isNumber && ok
	case anything:
		return value != nil
	default:
		return false
	}
}

// isID says whether a text is an id: a 64-bit number. The empty text stands for none.
func isID(words string) bool {
	if words == "" {
		return true
	}
	_, err := strconv.ParseUint(words, 10, 64)
	return err == nil
}

// textOf is a text field, empty if it is not there.
func textOf(o map[string]any, name string) string {
	words, _ := o[name].(string)
	return words
}

// decimalOf is a number field, and whether it is there.
func decimalOf(o map[string]any, name string) (Decimal, bool) {
	digits, ok := o[name].(json.Number)
	if !ok {
		return "", false
	}
	r, _ := parseDecimal(string(digits))
	return plain(r), true
}

// objectsOf are the objects of a list, which check has seen.
func objectsOf(o map[string]any, name string) []map[string]any {
	list, _ := o[name].([]any)
	var all []map[string]any
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}
