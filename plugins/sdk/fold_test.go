package sdk

import (
	"regexp"
	"testing"
	"unicode/utf8"
)

// It does what a regular expression would.
func FuzzReplaceFold(f *testing.F) {
	f.Add("An answer for Jane", "jane", "an")
	f.Add("äÄ\u212a", "Ää", "k")
	f.Add("aaaa", "aaa", "aa")
	f.Add(`x "y"`, `"y"`, `\"y\"`)
	f.Fuzz(func(t *testing.T, text, first, second string) {
		if !utf8.ValidString(text) || !utf8.ValidString(first) || !utf8.ValidString(second) || first == "" || second == "" {
			return
		}
		pattern := regexp.MustCompile("(?i)" + regexp.QuoteMeta(first) + "|" + regexp.QuoteMeta(second))
		want := pattern.ReplaceAllLiteralString(text, "*")
		if got := replaceFold(text, []string{first, second}, "*"); got != want {
			t.Errorf("%q without %q and %q is %q, want %q", text, first, second, got, want)
		}
	})
}

func BenchmarkScrub(b *testing.B) {
	p := Private{"jane@example.com", "+491701234567", "Jane Doe"}
	text := "The value of `slug` is invalid. Take one of those that were detected for this tracking number."
	for b.Loop() {
		p.Scrub(text)
	}
}
