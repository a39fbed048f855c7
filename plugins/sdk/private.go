package sdk

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

const (
	// Withheld stands in excerpts and hints for what is the customer's.
	Withheld = "[customer]"
	// shortestPrivate is the length from which a text is taken out of another one.
	// Shorter ones, such as the code of a state, would tear holes into words.
	shortestPrivate = 3
	// longestQuote is the most characters of a foreign text that are shown.
	longestQuote = 300
)

// Private are texts of a customer that must not be shown. An extra interface may quote
// them in its answers.
type Private []string

// PrivateOf returns the texts of an order that are personal data, names also by their
// words. It changes nothing of the order, which may be nil.
func PrivateOf(order *commercev1.Order) Private {
	c := order.GetCustomer()
	texts := Private{c.GetCustomerId(), c.GetName(), c.GetCompany(), c.GetEmail(), c.GetPhone()}
	for _, a := range []*commercev1.Address{order.GetBillTo(), order.GetShipTo()} {
		texts = append(texts, a.GetName(), a.GetCompany(), a.GetPhone(), a.GetEmail(), a.GetCity(), a.GetPostalCode())
		texts = append(texts, a.GetLines()...)
		texts = append(texts, strings.Fields(a.GetName())...)
	}
	texts = append(texts, strings.Fields(c.GetName())...)
	for _, note := range order.GetNotes() {
		texts = append(texts, note.GetText())
	}
	return texts
}

// Scrub puts Withheld in the place of the texts in another one, in any case of letters,
// plain or as JSON writes them. Texts of one or two bytes stay. It is safe for concurrent
// use.
func (p Private) Scrub(text string) string {
	text = unescape(text)
	var forms []string
	for _, value := range p {
		if len(value) < shortestPrivate || len(value) > len(text) || !utf8.ValidString(value) {
			continue
		}
		quoted, err := json.Marshal(value)
		if err != nil {
			return Withheld // Nothing is better than what cannot be judged.
		}
		forms = append(forms, value, unescape(string(quoted[1:len(quoted)-1])))
	}
	// The longest first: one may begin with another.
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	return replaceFold(text, slices.Compact(forms), Withheld)
}

var unicodeEscapes = regexp.MustCompile(`(?:\\u[0-9A-Fa-f]{4})+`)

// unescape replaces the escapes \uXXXX, which many JSON libraries use for all that is
// not ASCII, by the characters, and by spaces for control characters.
func unescape(text string) string {
	return unicodeEscapes.ReplaceAllStringFunc(text, func(escapes string) string {
		var units []uint16
		for hex := range strings.SplitSeq(escapes[2:], `\u`) {
			unit, err := strconv.ParseUint(hex, 16, 16)
			if err != nil || unit < ' ' {
				unit = ' '
			}
			units = append(units, uint16(unit))
		}
		return string(utf16.Decode(units))
	})
}

// Shorten makes one line of a foreign text, of at most 300 characters and a sign that
// there was more, for hints and excerpts. Scrub it before.
func Shorten(text string) string {
	blank := func(r rune) bool { return r <= ' ' || r == 0x7f }
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), blank), " ")
	if runes := []rune(text); len(runes) > longestQuote {
		return string(runes[:longestQuote]) + "…"
	}
	return text
}
