package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// line is a call for the terminal: when, what, as what, how it was answered, and of a
// write that took effect the JSON as received but for white space between its parts.
func line(e zohotest.Exchange) string {
	at := e.Time.Format("15:04:05.000")
	path := printable(e.Path)
	if !e.Stored {
		answered := fmt.Sprintf("%d", e.Status)
		if e.Code != 0 {
			answered += fmt.Sprintf(" code %d %s", e.Code, printable(e.Message))
		}
		return fmt.Sprintf("%s  %s %s  %s", at, e.Method, path, answered)
	}
	said := fmt.Sprintf("%s arrived %s  %s %s", at, printable(e.Number), e.Method, path)
	if len(e.Raw) == 0 {
		return said
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, e.Raw); err != nil {
		compact.Reset()
		compact.Write(e.Raw)
	}
	return said + "  " + printable(compact.String())
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
