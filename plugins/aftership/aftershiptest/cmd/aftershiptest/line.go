package main

import (
	"fmt"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/internal/standin"
)

// line is an accepted tracking for the terminal: when, how, as what, and the
// JSON as received but for white space between its parts.
func line(e aftershiptest.Exchange) string {
	return fmt.Sprintf("%s arrived %s  POST %s  %s",
		e.Time.Format("15:04:05.000"), e.Number, e.Path, standin.PrintableJSON(e.Raw))
}
