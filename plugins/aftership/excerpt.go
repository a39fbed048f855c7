package aftership

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
)

// excerpt shows a call to an operator without the customer's data; the kit masks
// the key. Of the answer only what judging it needs is shown, since it repeats
// what was sent.
func (c *client) excerpt(a answer, private contact) sdk.Exchange {
	e := sdk.Exchange{HTTPStatus: a.status, Request: a.request.endpoint.method + " " + c.url(a.request)}
	if a.request.body != nil {
		if raw, err := encode(a.request.body.withoutCustomer()); err == nil {
			e.Request += "\n" + string(raw)
		}
	}
	if a.status == 0 {
		return e
	}
	e.Response = fmt.Sprintf("HTTP %d", a.status)
	if trace := a.header.Get("as-trace-id"); trace != "" {
		e.Response += ", as-trace-id " + sdk.Shorten(trace)
	}
	e.Response += "\n" + a.shown(private)
	return e
}

// withoutCustomer replaces the fields that carry the customer's data.
func (o object) withoutCustomer() object {
	shown := slices.Clone(o)
	for i, m := range shown {
		switch inner := m.value.(type) {
		case object:
			shown[i].value = inner.withoutCustomer()
		default:
			if slices.Contains([]string{"customers", "customer_name", "emails", "smses", "language"}, m.name) {
				shown[i].value = sdk.Withheld
			}
		}
	}
	return shown
}

// mostScrubbed is how much of an answer that is no JSON is looked through.
const mostScrubbed = 64 << 10

// shown is the part of an answer that an operator sees.
func (a answer) shown(private contact) string {
	if !a.envelope.readable {
		body := a.body[:min(len(a.body), mostScrubbed)]
		return sdk.Shorten(private.scrub(strings.ToValidUTF8(string(body), "")))
	}
	var meta, data object
	meta = append(meta, member{"code", a.envelope.code})
	meta.add("type", a.envelope.kind)
	meta.add("message", sdk.Shorten(private.scrub(a.envelope.message)))
	if there, ok := a.envelope.tracking(); ok {
		data.add("id", there.id)
		data.add("slug", there.slug)
	}
	raw, err := encode(object{{"meta", meta}, {"data", data}})
	if err != nil {
		return ""
	}
	return string(raw)
}

// scrub takes the recipient's data out of a text of AfterShip.
func (c contact) scrub(text string) string { return sdk.Private{c.email, c.phone, c.name}.Scrub(text) }
