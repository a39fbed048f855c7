package webhook

import (
	"fmt"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
)

// mostShown is how much of a body goes into an excerpt; the kit cuts once more.
const mostShown = 4 << 10

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
		x.Response += ", Retry-After: " + sdk.Shorten(e.private.Scrub(after))
	}
	if said := strings.ToValidUTF8(string(a.body), ""); !a.good() && said != "" {
		x.Response += "\n" + sdk.Shorten(e.private.Scrub(said))
	}
	return x
}
