package inventory_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// FuzzReadEnvelope: no body ends the process, whatever is read of it, and a customer who is
// in it is not in what is shown of it.
func FuzzReadEnvelope(f *testing.F) {
	for _, body := range []string{
		"", "null", "[]", "{}", `"text"`, `{"code":0}`, `{"code":"0","message":"success"}`, `{"code":null}`, `{"code":0.5}`,
		`{"code":99999999999999999999}`, `{"code":0,"page_context":{"has_more_page":true}}`, `{"code":0,"page_context":[]}`,
		`{"code":0,"salesorder":{"salesorder_id":1e400,"line_items":{"line_item_id":null},"packages":[null,1,{}]}}`,
		`{"code":0,"sales_order":[[{"salesorder_id":{}}]],"contacts":[{"contact_persons":{"email":"a"}}]}`,
		`{"code":57,"message":"Erika Mustermann"}`, `{"code":44,"message":{}}`, "{\"code\":0,\"message\":\"\xff\"}",
		`<html>Erika Mustermann</html>`, `{"contacts":[{"contact_name":"Erika Mustermann"`,
		`{"code":0,"package":{"line_items":[{"quantity":1e9999}]}}`, strings.Repeat("[", 500),
	} {
		f.Add([]byte(body), 200, "60")
		f.Add([]byte(body), 429, "-1")
	}
	c := &inventory.Client{Base: "https://www.zohoapis.com", Organisation: "1"}
	private := sdk.Private{"Erika", "Mustermann"}
	f.Fuzz(func(t *testing.T, body []byte, status int, after string) {
		for _, call := range []inventory.Call{inventory.ReadOrder("1"), inventory.ConfirmOrder("1")} {
			a := inventory.Answer{
				Call: call, Status: status, Body: body, Envelope: inventory.ReadEnvelope(body),
				Header: http.Header{
					"Retry-After": {after}, "X-Rate-Limit-Limit": {after}, "X-Rate-Limit-Remaining": {after},
					"X-Rate-Limit-Reset": {after},
				},
			}
			if r := a.Rule(); !a.OK() && (r.Reason == "" || r.Hint == "") {
				t.Errorf("%d %q: ruling %+v", status, body, r)
			}
			const day = 24 * time.Hour
			wait := inventory.DayWait(&sdk.Answer{Status: status, Header: a.Header, Body: body}, 90)
			if delay := a.Delay(time.Now()); delay < 0 || delay > day || wait < 0 || wait > day {
				t.Errorf("%d %q after %q: delay %s, wait %s", status, body, after, delay, wait)
			}
			shown := c.Excerpt(a, private)
			if text := shown.Request + shown.Response; strings.Contains(text, "Mustermann") || !utf8.ValidString(text) {
				t.Errorf("%d %q: shows %q", status, body, text)
			}
		}
		readAll(inventory.ReadEnvelope(body))
	})
}

// readAll reads an envelope as all that it can be.
func readAll(e inventory.Envelope) {
	for _, o := range e.Orders() {
		_ = o.Unconfirmed()
	}
	for _, c := range e.Contacts() {
		_ = c.HasEmail("a") && c.Active() && c.Customer()
	}
	for _, i := range e.Items() {
		_ = i.Active()
	}
	_, _ = e.Order()
	_, _ = e.Contact()
	_, _ = e.Package()
	s, _ := e.Shipment()
	_ = s.Body()
	_, _, _, _ = e.Addresses(), e.AddressID(), e.Currencies(), e.Organisations()
}
