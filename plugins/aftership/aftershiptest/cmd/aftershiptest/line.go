package main

import (
	"fmt"
	"net/http"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/internal/standin"
)

// line is a write that took effect, for the terminal: when, what became of which
// number, how, and the JSON as received but for white space between its parts.
func line(e aftershiptest.Exchange) string {
	became := "arrived"
	switch e.Method {
	case http.MethodPut:
		became = "changed"
	case http.MethodDelete:
		became = "deleted"
	}
	said := fmt.Sprintf("%s %s %s  %s %s", e.Time.Format("15:04:05.000"), became,
		standin.Printable(e.Number), e.Method, standin.Printable(e.Path))
	if len(e.Raw) == 0 {
		return said
	}
	return said + "  " + standin.PrintableJSON(e.Raw)
}
