package inventory

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
)

// customerData stands in an excerpt for what is the customer's.
const customerData = "[customer]"

// ofCustomer are members and parameters that carry the customer's data.
var ofCustomer = []string{
	"contact_name", "company_name", "contact_persons", "billing_address", "shipping_address", "notes", "email",
	"attention", "address", "street2", "city", "state", "zip", "country", "phone", "custom_fields",
}

// Excerpt shows a call to an operator without the customer's data; the kit masks the
// token. Of the answer only what judging it needs is shown, since it repeats what was
// sent. Private are values of the customer that Zoho may quote.
func (c *Client) Excerpt(a Answer, private Private) sdk.Exchange {
	e := sdk.Exchange{HTTPStatus: a.Status, Request: a.Call.Endpoint.Method + " " + c.shownURL(a.Call)}
	if a.Call.Body != nil {
		e.Request += "\n" + shownBody(a.Call.Body)
	}
	if a.Status == 0 {
		return e
	}
	e.Response = fmt.Sprintf("HTTP %d\n", a.Status)
	if !a.Envelope.Readable {
		const enough = 64 << 10
		e.Response += Shorten(private.Scrub(strings.ToValidUTF8(string(a.Body[:min(len(a.Body), enough)]), "")))
		return e
	}
	shown := map[string]any{"code": a.Envelope.Code, "message": Shorten(private.Scrub(a.Envelope.Message))}
	for _, name := range []string{"salesorder", "package", "shipmentorder", "contact"} {
		if id := a.Envelope.idOf(name); id != "" {
			shown[name+"_id"] = id
		}
	}
	if raw, err := encode(shown); err == nil {
		e.Response += string(raw)
	}
	return e
}

// idOf is the id of a record of the answer.
func (e Envelope) idOf(name string) Text {
	var o struct {
		SalesOrder Text `json:"salesorder_id"`
		Package    Text `json:"package_id"`
		Shipment   Text `json:"shipment_id"`
		Contact    Text `json:"contact_id"`
	}
	if raw, ok := e.members[name]; !ok || json.Unmarshal(raw, &o) != nil {
		return ""
	}
	switch name {
	case "salesorder":
		return o.SalesOrder
	case "package":
		return o.Package
	case "shipmentorder":
		return o.Shipment
	default:
		return o.Contact
	}
}

// shownURL is the address without the customer's data.
func (c *Client) shownURL(call Call) string {
	query := url.Values{}
	for name, values := range call.Query {
		if slices.Contains(ofCustomer, name) {
			values = []string{customerData}
		}
		query[name] = values
	}
	call.Query = query
	return c.URL(call)
}

// shownBody is a body without the customer's data.
func shownBody(body any) string {
	raw, err := encode(body)
	if err != nil {
		return ""
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return ""
	}
	masked, _ := json.Marshal(customerData) // A text always has a form.
	for name := range members {
		if slices.Contains(ofCustomer, name) {
			members[name] = masked
		}
	}
	if raw, err = encode(members); err != nil {
		return ""
	}
	return string(raw)
}

// ShownBody shows the body as it is sent, for a preview.
func (c Call) ShownBody() string {
	if c.Body == nil {
		return ""
	}
	raw, err := json.MarshalIndent(c.Body, "", "  ")
	if err != nil {
		return ""
	}
	return string(raw)
}

// longestQuote is how much of a message of Zoho goes into a hint.
const longestQuote = 300

// Shorten makes one short line of a text.
func Shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > longestQuote {
		return string(runes[:longestQuote]) + "…"
	}
	return text
}
