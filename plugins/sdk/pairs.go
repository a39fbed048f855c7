package sdk

import (
	"errors"
	"fmt"
	"strings"
)

// Pair is one of a setting that maps names to values.
type Pair struct{ Name, Value string }

// ParsePairs reads a setting of the form "name=value", one a line or separated by
// commas. White space around names and values does not count, blank places are left
// out. A value may contain "=", a name may not. The error tells all that is wrong at
// once: a place without "=", without a name or value, or a name that occurs twice.
func ParsePairs(text string) ([]Pair, error) {
	var (
		pairs  []Pair
		faults []error
		seen   = map[string]bool{}
	)
	for place := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		place = strings.TrimSpace(place)
		if place == "" {
			continue
		}
		name, value, found := strings.Cut(place, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !found, name == "", value == "":
			faults = append(faults, fmt.Errorf("%q is not of the form name=value", place))
		case seen[name]:
			faults = append(faults, fmt.Errorf("%q occurs twice", name))
		default:
			seen[name] = true
			pairs = append(pairs, Pair{name, value})
		}
	}
	return pairs, errors.Join(faults...)
}
