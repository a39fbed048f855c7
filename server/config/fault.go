package config

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with the configuration.
type Fault struct {
	// Key is the setting; empty if the fault is with a whole source.
	Key string
	// Origin is where its value came from, for example "flag --listen".
	Origin string
	// Rule says what is wrong and what to do. It never repeats a secret.
	Rule string
}

// Error tells all of it in one line.
func (f Fault) Error() string {
	switch {
	case f.Key == "":
		return f.Origin + ": " + f.Rule
	case f.Origin == "":
		return f.Key + ": " + f.Rule
	}
	return fmt.Sprintf("%s (%s): %s", f.Key, f.Origin, f.Rule)
}

// Faults is everything that is wrong with the configuration, at least one.
type Faults []Fault

// Error lists all, one in a line.
func (f Faults) Error() string {
	var text strings.Builder
	if len(f) == 1 {
		text.WriteString("the configuration has a fault:")
	} else {
		fmt.Fprintf(&text, "the configuration has %d faults:", len(f))
	}
	for _, fault := range f {
		text.WriteString("\n  ")
		text.WriteString(fault.Error())
	}
	return text.String()
}
