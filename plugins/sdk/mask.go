package sdk

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// shortestSecret is the length from which a secret is replaced in text. Shorter
// ones would tear holes into innocent words.
const shortestSecret = 4

// endless is more than any text has.
const endless = math.MaxInt / 2

// masker replaces the secrets of one connection in text. Its zero value
// replaces nothing. It is safe for concurrent use.
type masker struct{ masks *masks }

// masks are what a masker looks for: the secrets that the host sent, and what the
// kit got with them since.
type masks struct {
	finder atomic.Pointer[finder] // Nil if there is nothing to look for.

	mu      sync.Mutex
	secrets []string
	got     []string
}

// mostGot is how many of the newest access tokens are masked. Older ones have ended.
const mostGot = 4

// newMasker masks the values as they are, and as they stand in URLs, in JSON
// and in basic authentication.
func newMasker(secrets map[string]string) masker {
	m := masker{&masks{secrets: slices.Collect(maps.Values(secrets))}}
	m.masks.finder.Store(finderOf(m.masks.secrets))
	return m
}

// add masks one more, such as an access token, from now on.
func (m masker) add(secret string) {
	if m.masks == nil {
		return
	}
	m.masks.mu.Lock()
	defer m.masks.mu.Unlock()
	if slices.Contains(m.masks.got, secret) {
		return
	}
	m.masks.got = append(m.masks.got, secret)
	m.masks.got = m.masks.got[max(len(m.masks.got)-mostGot, 0):]
	m.masks.finder.Store(finderOf(slices.Concat(m.masks.secrets, m.masks.got)))
}

// finderOf finds all forms of the secrets; nil if there are none.
func finderOf(secrets []string) *finder {
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
		return nil
	}
	slices.SortFunc(forms, func(a, b string) int {
		// The longest first: a secret may begin with another.
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return newFinder(slices.Compact(forms))
}

// finder is the one to use now.
func (m masker) finder() *finder {
	if m.masks == nil {
		return nil
	}
	return m.masks.finder.Load()
}

// text returns text that is valid UTF-8 and has no secret in it.
func (m masker) text(text string) string {
	text, _ = m.replace(text, endless)
	if utf8.ValidString(text) { // Five times as fast, and mostly so.
		return text
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// excerpt is text cut to what a result may carry.
func (m masker) excerpt(text string) string { return m.begin(text, mostExcerpt) }

// begin is text cut to at most n bytes. The secrets go first: a cut one would not
// be recognised. What lies behind the cut is mostly not even looked at.
func (m masker) begin(text string, n int) string {
	if len(text) > n {
		begin, whole := m.replace(text, n+utf8.UTFMax)
		if !whole {
			if begin = withoutPart(begin); utf8.ValidString(begin) {
				return cut(begin, n)
			}
		}
	}
	return cut(m.text(text), n)
}

// withoutPart drops the part of a rune at the end.
func withoutPart(text string) string {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if rest := text[len(text)-i:]; utf8.RuneStart(rest[0]) {
			if !utf8.FullRuneInString(rest) {
				return text[:len(text)-i]
			}
			break
		}
	}
	return text
}

// replace puts the mask in the place of the secrets. It may stop once it has enough
// bytes, never within a secret, and then says that this is not the whole.
func (m masker) replace(text string, enough int) (replaced string, whole bool) {
	finder := m.finder()
	if finder == nil {
		most := min(len(text), enough)
		return text[:most], most == len(text)
	}
	var done strings.Builder
	for {
		left := max(enough-done.Len(), 0)
		// A secret that begins before the end has to be seen whole.
		at, length := finder.find(text[:min(len(text), left+finder.longest)])
		switch {
		case length > 0 && at < left:
			done.WriteString(text[:at])
			done.WriteString(masked)
			text = text[at+length:]
			continue
		case len(text) > left:
			text, whole = text[:left], false
		default:
			whole = true
		}
		if done.Len() == 0 {
			return text, whole
		}
		done.WriteString(text)
		return done.String(), whole
	}
}

// cut shortens text to at most n bytes at the border of a rune.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	const mark = "…"
	return strings.ToValidUTF8(text[:n-len(mark)], "") + mark
}
