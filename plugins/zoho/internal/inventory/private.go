package inventory

import (
	"encoding/json"
	"regexp"
	"strings"
)

// Private are values of a customer that must not be shown.
type Private []string

// shortestPrivate is the length from which a value is looked for: shorter ones are
// parts of other words.
const shortestPrivate = 3

// Scrub takes the values out of a text of Zoho, in any case of letters, plain or as
// JSON writes them.
func (p Private) Scrub(text string) string {
	if text == "" {
		return ""
	}
	var forms []string
	for _, value := range p {
		if len(value) < shortestPrivate {
			continue
		}
		forms = append(forms, regexp.QuoteMeta(value))
		if quoted, err := json.Marshal(value); err == nil {
			if form := regexp.QuoteMeta(strings.Trim(string(quoted), `"`)); form != forms[len(forms)-1] {
				forms = append(forms, form)
			}
		}
	}
	if len(forms) == 0 {
		return text
	}
	pattern, err := regexp.Compile("(?i)" + strings.Join(forms, "|"))
	if err != nil {
		return customerData // Cannot be, and shows nothing if it is.
	}
	return pattern.ReplaceAllLiteralString(text, customerData)
}
