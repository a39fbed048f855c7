package sdk

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// replaceFold replaces the forms wherever they are in a text, in any case: the first of
// those that begin at a place. A regular expression for them takes long to compile.
func replaceFold(text string, forms []string, by string) string {
	var done strings.Builder
	kept := 0
	for at := 0; at < len(text); {
		n := foldedPrefix(text[at:], forms)
		if n == 0 {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		done.WriteString(text[kept:at])
		done.WriteString(by)
		at += n
		kept = at
	}
	if done.Len() == 0 {
		return text
	}
	done.WriteString(text[kept:])
	return done.String()
}

// foldedPrefix returns how many bytes of the text are the first form that it begins with, 0
// if there is none.
func foldedPrefix(text string, forms []string) int {
	for _, form := range forms {
		if n, ok := cutFolded(text, form); ok {
			return n
		}
	}
	return 0
}

func cutFolded(text, form string) (n int, ok bool) {
	for _, want := range form {
		got, size := utf8.DecodeRuneInString(text[n:])
		if size == 0 || !sameLetter(got, want) {
			return 0, false
		}
		n += size
	}
	return n, true
}

// sameLetter says whether two letters differ in their case only.
func sameLetter(a, b rune) bool {
	if a == b {
		return true
	}
	if a < utf8.RuneSelf && b < utf8.RuneSelf {
		const bit = 'a' - 'A'
		return a|bit == b|bit && 'a' <= a|bit && a|bit <= 'z'
	}
	for other := unicode.SimpleFold(a); other != a; other = unicode.SimpleFold(other) {
		if other == b {
			return true
		}
	}
	return false
}
