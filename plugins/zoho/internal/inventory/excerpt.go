package inventory

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
)

// ofCustomer are members and parameters that carry the customer's data.
var ofCustomer = []string{
	"contact_name", "company_name", "contact_persons", "billing_address", "shipping_address", "notes", "email",
	"attention", "address", "street2", "city", "state", "zip", "country", "phone", "custom_fields",
}

// Excerpt shows a call to an operator without the customer's data; the kit masks the
// token. Of the answer only what judging it needs is shown, since it repeats what was
// sent. Private are values of the customer that Zoho may quote.
func (c *Client) Excerpt(a Answer, private sdk.Private) sdk.Exchange {
	e := sdk.Exchange{HTTPStatus: a.Status, Request: a.Call.Endpoint.Method + " " + c.shownURL(a.Call)}
	if a.Call.Body != nil {
		e.Request += "\n" + shownBody(a.Call.Body)
	}
	if a.Status == 0 {
		return e
	}
	e.Response = fmt.Sprintf("HTTP %d\n", a.Status)
	if !a.Envelope.Readable {
		e.Response += unreadable(a.Body, private)
		return e
	}
	shown := map[string]any{"code": a.Envelope.Code, "message": sdk.Shorten(private.Scrub(a.Envelope.Message))}
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

// unreadable is what is shown of a body that is no envelope. One that broke off may be a
// list of other customers, so only what is no JSON is quoted.
func unreadable(body []byte, private sdk.Private) string {
	const enough = 64 << 10
	text := strings.TrimSpace(strings.ToValidUTF8(string(body[:min(len(body), enough)]), ""))
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return fmt.Sprintf("%d bytes of JSON that is no answer, or not all of it", len(body))
	}
	return sdk.Shorten(private.Scrub(text))
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
			values = []string{sdk.Withheld}
		}
		query[name] = values
	}
	call.Query = query
	return c.ShownURL(call)
}

// ShownURL is where the call goes, without what a proxy is entered with.
func (c *Client) ShownURL(call Call) string {
	u, err := url.Parse(c.URL(call))
	if err != nil {
		return call.Path
	}
	u.User = nil
	return u.String()
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
	masked, _ := json.Marshal(sdk.Withheld) // A text always has a form.
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
