package aftership

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestScrub(t *testing.T) {
	t.Parallel()
	c := contact{email: "jane@example.com", phone: "+49 170", name: `Jörg "Kay" Ö`}
	for text, want := range map[string]string{
		"":                                "",
		"nothing":                         "nothing",
		"to JANE@Example.com.":            "to [customer].",
		`JÖRG "kay" ö and jörg \"KAY\" ö`: `[customer] and [customer]`,
		"JÖRG \"\u212aAY\" ö":             "[customer]", // The sign of Kelvin is a k.
		"+49 170+49 170":                  "[customer][customer]",
		"Jörg \"Kay\"":                    "Jörg \"Kay\"",
	} {
		if got := c.scrub(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := (contact{name: "Li"}).scrub("a list of Li"); got != "a list of Li" {
		t.Errorf("short name: %q", got)
	}
}

// It does what a regular expression would, which takes long to compile.
func FuzzScrub(f *testing.F) {
	f.Add("An answer for Jane", "jane")
	f.Add("äÄ\u212a", "Ää")
	f.Add("aaaa", "aaa")
	f.Add(`x "y"`, `"y"`)
	f.Fuzz(func(t *testing.T, text, value string) {
		if !utf8.ValidString(text) || !utf8.ValidString(value) || len(value) < shortestScrubbed {
			return
		}
		quoted, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		form := strings.Trim(string(quoted), `"`)
		if form == "" {
			return
		}
		pattern := regexp.MustCompile("(?i)" + regexp.QuoteMeta(value) + "|" + regexp.QuoteMeta(form))
		want := pattern.ReplaceAllLiteralString(text, customerData)
		if got := (contact{name: value}).scrub(text); got != want {
			t.Errorf("%q without %q is %q, want %q", text, value, got, want)
		}
	})
}

func BenchmarkScrub(b *testing.B) {
	c := contact{email: "jane@example.com", phone: "+491701234567", name: "Jane Doe"}
	text := "The value of `slug` is invalid. Take one of those that were detected for this tracking number."
	for b.Loop() {
		c.scrub(text)
	}
}
