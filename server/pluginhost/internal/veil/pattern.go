package veil

import (
	"bytes"
	"regexp"
)

// patterns of what is not told whoever it belongs to: e-mail addresses, telephone numbers
// with their country, credentials of HTTP (the word before them is left), and JSON web
// tokens. Each is looked for only in lines with its hint.
var patterns = []struct {
	hint    []byte
	pattern *regexp.Regexp
}{
	{[]byte("@"), regexp.MustCompile(`([\pL\pN._%+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)*\.\pL{2,})`)},
	{[]byte("+"), regexp.MustCompile(`(\+[1-9][0-9 ().-]{6,20}[0-9])`)},
	{[]byte("earer "), regexp.MustCompile(`(?i)\bbearer +([A-Za-z0-9._~+/=-]{8,})`)},
	{[]byte("asic "), regexp.MustCompile(`(?i)\bbasic +([A-Za-z0-9+/=_-]{8,})`)},
	{[]byte("eyJ"), regexp.MustCompile(`(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+)`)},
}

func patterned(line []byte, found spans) spans {
	for _, p := range patterns {
		if !bytes.Contains(line, p.hint) {
			continue
		}
		for _, at := range p.pattern.FindAllSubmatchIndex(line, -1) {
			found = append(found, span{at[2], at[3]})
		}
	}
	return found
}
