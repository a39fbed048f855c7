package webhook

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
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
	var forms []string
	for _, value := range private {
		if len(value) < shortestPrivate || !utf8.ValidString(value) {
			continue
		}
		forms = append(forms, regexp.QuoteMeta(value))
		if quoted, err := json.Marshal(value); err == nil && string(quoted) != `"`+value+`"` {
			forms = append(forms, regexp.QuoteMeta(string(quoted[1:len(quoted)-1])))
		}
	}
	// The longest first: one may begin with another.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	if text == "" || len(forms) == 0 {
		return text
	}
	pattern, err := regexp.Compile("(?i)" + strings.Join(forms, "|"))
	if err != nil {
		return customerData // Nothing is better than what cannot be judged.
	}
	return pattern.ReplaceAllLiteralString(text, customerData)
}
