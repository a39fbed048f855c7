package sdk

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// shortestSecret is the length from which a secret is replaced in text. Shorter
// ones would tear holes into innocent words.
const shortestSecret = 4

// masker replaces the secrets of one connection in text. Its zero value
// replaces nothing. It is safe for concurrent use.
type masker struct {
	forms    []string
	replacer *strings.Replacer
}

// newMasker masks the values as they are, and as they stand in URLs, in JSON
// and in basic authentication.
func newMasker(secrets map[string]string) masker {
	var forms []string
	for _, secret := range secrets {
		if len(secret) < shortestSecret {
			continue
		}
		quoted, _ := json.Marshal(secret) // A string always has a form.
		forms = append(forms, secret, url.QueryEscape(secret), url.PathEscape(secret),
			strings.Trim(string(quoted), `"`), base64.StdEncoding.EncodeToString([]byte(secret)))
	}
	if len(forms) == 0 {
		return masker{}
	}
	slices.SortFunc(forms, func(a, b string) int {
		// The longest first: a secret may begin with another.
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	forms = slices.Compact(forms)
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range forms {
		pairs = append(pairs, form, masked)
	}
	return masker{forms, strings.NewReplacer(pairs...)}
}

// text returns text that is valid UTF-8 and has no secret in it.
func (m masker) text(text string) string {
	if m.seenIn(text) {
		text = m.replacer.Replace(text)
	}
	if utf8.ValidString(text) { // Five times as fast, and mostly so.
		return text
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// seenIn says whether text has a secret in it. Mostly none is, and to search
// takes a fraction of the time of replacing.
func (m masker) seenIn(text string) bool {
	return slices.ContainsFunc(m.forms, func(form string) bool { return strings.Contains(text, form) })
}

// excerpt is text cut to what a result may carry. The secrets go first: a cut
// one would not be recognised.
func (m masker) excerpt(text string) string {
	return cut(m.text(text), mostExcerpt)
}

// cut shortens text to at most n bytes at the border of a rune.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	const mark = "…"
	return strings.ToValidUTF8(text[:n-len(mark)], "") + mark
}
