package webhook

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
	// customerData stands for what is the customer's.
	customerData = "[customer]"
	// shortestPrivate is the length from which a text is taken out of an answer.
	// Shorter ones, such as the code of a state, would tear holes into words.
	shortestPrivate = 3
)

// privateTexts are the texts of an order that are personal data, names also by
// their words.
func privateTexts(o *commercev1.Order) []string {
	c := o.GetCustomer()
	texts := []string{c.GetCustomerId(), c.GetName(), c.GetCompany(), c.GetEmail(), c.GetPhone()}
	for _, a := range []*commercev1.Address{o.GetBillTo(), o.GetShipTo()} {
		texts = append(texts, a.GetName(), a.GetCompany(), a.GetPhone(), a.GetEmail(), a.GetCity(), a.GetPostalCode())
		texts = append(texts, a.GetLines()...)
		texts = append(texts, strings.Fields(a.GetName())...)
	}
	texts = append(texts, strings.Fields(c.GetName())...)
	for _, note := range o.GetNotes() {
		texts = append(texts, note.GetText())
	}
	return texts
}

// scrub takes texts out of another one, in any case, plain or as JSON writes them.
func scrub(text string, private []string) string {
	text = unescape(text)
	var forms []string
	for _, value := range private {
		if len(value) < shortestPrivate || len(value) > len(text) || !utf8.ValidString(value) {
			continue
		}
		quoted, err := json.Marshal(value)
		if err != nil {
			return customerData // Nothing is better than what cannot be judged.
		}
		asJSON := string(quoted[1 : len(quoted)-1])
		forms = append(forms, regexp.QuoteMeta(value), regexp.QuoteMeta(unescape(asJSON)))
	}
	// The longest first: one may begin with another.
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	forms = slices.Compact(forms)
	if len(forms) == 0 {
		return text
	}
	pattern, err := regexp.Compile("(?i)" + strings.Join(forms, "|"))
	if err != nil {
		return customerData
	}
	return pattern.ReplaceAllLiteralString(text, customerData)
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
