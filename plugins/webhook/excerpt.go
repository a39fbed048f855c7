package webhook

import (
	"fmt"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
)

const (
	// mostShown is how much of a body goes into an excerpt; the kit cuts once more.
	mostShown = 4 << 10
	// longestQuote is how much of an answer goes into one.
	longestQuote = 300
)

// excerpt shows a request and its answer to an operator, without personal data. Of an
// answer that says all by its status only that is shown.
func (s *Sender) excerpt(e event, a answer) sdk.Exchange {
	shown := e.shown
	if len(shown) > mostShown {
		shown = shown[:mostShown]
	}
	x := sdk.Exchange{
		HTTPStatus: a.status,
		Request: fmt.Sprintf("POST %s\n%s: %s\n\n%s",
			s.endpoint.shown(), headerID, e.id, strings.ToValidUTF8(string(shown), "")),
	}
	if a.status == 0 {
		return x
	}
	x.Response = fmt.Sprintf("HTTP %d", a.status)
	if after := a.header.Get("Retry-After"); after != "" {
		x.Response += ", Retry-After: " + shorten(scrub(after, e.private))
	}
	if said := strings.ToValidUTF8(string(a.body), ""); !a.good() && said != "" {
		x.Response += "\n" + shorten(scrub(said, e.private))
	}
	return x
}

// shorten makes one line of a foreign text.
func shorten(text string) string {
	blank := func(r rune) bool { return r <= ' ' || r == 0x7f }
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), blank), " ")
	if runes := []rune(text); len(runes) > longestQuote {
		return string(runes[:longestQuote]) + "…"
	}
	return text
}
