package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// line is an accepted tracking for the terminal: when, how, as what, and the
// JSON as received but for white space between its parts.
func line(e aftershiptest.Exchange) string {
	var compact bytes.Buffer
	if err := json.Compact(&compact, e.Raw); err != nil {
		compact.Reset()
		compact.Write(e.Raw)
	}
	return fmt.Sprintf("%s arrived %s  POST %s  %s",
		e.Time.Format("15:04:05.000"), e.Number, e.Path, printable(compact.String()))
}

// printable writes characters that a terminal would act upon as JSON escapes.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}
