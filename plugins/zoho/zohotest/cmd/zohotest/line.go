package main

import (
	"fmt"

	"github.com/spurline/spurline/plugins/internal/standin"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// line is a call for the terminal: when, what, as what, how it was answered, and of a
// write that took effect the JSON as received but for white space between its parts.
func line(e zohotest.Exchange) string {
	at := e.Time.Format("15:04:05.000")
	path := standin.Printable(e.Path)
	if !e.Stored {
		answered := fmt.Sprintf("%d", e.Status)
		if e.Code != 0 {
			answered += fmt.Sprintf(" code %d %s", e.Code, standin.Printable(e.Message))
		}
		return fmt.Sprintf("%s  %s %s  %s", at, e.Method, path, answered)
	}
	said := fmt.Sprintf("%s arrived %s  %s %s", at, standin.Printable(e.Number), e.Method, path)
	if len(e.Raw) == 0 {
		return said
	}
	return said + "  " + standin.PrintableJSON(e.Raw)
}
