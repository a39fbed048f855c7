package aftership

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// envelope is what every answer of AfterShip is wrapped in (AfterShip API
// reference, section 6). Decoding is lenient: keys may be missing, null or of
// another type than documented, since readers that insisted have been broken by
// real answers (section 12).
type envelope struct {
	// readable is false for a body that is no envelope, for example a page of a
	// proxy.
	readable bool
	// code is meta.code, 0 if there is none.
	code int
	// kind and message are meta.type and meta.message.
	kind, message string
	// data is an object, nil if there is none.
	data map[string]any
}

// decodeEnvelope reads a body.
func decodeEnvelope(body []byte) envelope {
	var outer struct {
		Meta map[string]any `json:"meta"`
		Data any            `json:"data"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&outer); err != nil || outer.Meta == nil {
		return envelope{}
	}
	e := envelope{readable: true, kind: textAt(outer.Meta, "type"), message: textAt(outer.Meta, "message")}
	if code, ok := outer.Meta["code"].(json.Number); ok {
		if n, err := code.Int64(); err == nil && n > 0 && n < 100_000 {
			e.code = int(n)
		}
	}
	e.data, _ = outer.Data.(map[string]any)
	return e
}

// tracking is the record in data, flat or in "tracking": one reader serves all
// generations (section 5).
func (e envelope) tracking() (remoteTracking, bool) {
	for _, at := range []any{any(e.data), e.data["tracking"]} {
		o, _ := at.(map[string]any)
		if t := readTracking(o); t.id != "" {
			return t, true
		}
	}
	return remoteTracking{}, false
}

// trackings are the records of a list.
func (e envelope) trackings() []remoteTracking {
	list, _ := e.data["trackings"].([]any)
	var found []remoteTracking
	for _, item := range list {
		o, _ := item.(map[string]any)
		if t := readTracking(o); t.id != "" {
			found = append(found, t)
		}
	}
	return found
}

// total is how many couriers a list of couriers has.
func (e envelope) total() (int, bool) {
	if total, ok := e.data["total"].(json.Number); ok {
		if n, err := total.Int64(); err == nil {
			return int(n), true
		}
	}
	couriers, ok := e.data["couriers"].([]any)
	return len(couriers), ok
}

// textAt is a text or a number as text, empty for anything else.
func textAt(o map[string]any, name string) string {
	switch v := o[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	default:
		return ""
	}
}

// textsAt are the texts of a list.
func textsAt(o map[string]any, name string) []string {
	list, _ := o[name].([]any)
	var found []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			found = append(found, s)
		}
	}
	return found
}

// remoteTracking is what is read of a tracking at AfterShip.
type remoteTracking struct {
	id          string
	legacyID    string
	number      string
	slug        string
	orderID     string
	orderNumber string
	shipDate    string
	country     string
	orderSource string
	uploadedBy  string
	emails      []string
	phones      []string
	names       []string
	// page shows the tracking to a human, empty if AfterShip names none.
	page string
}

// unrecognized is the slug of a tracking whose courier AfterShip could not tell
// (section 5).
const unrecognized = "unrecognized"

func readTracking(o map[string]any) remoteTracking {
	custom, _ := o["custom_fields"].(map[string]any)
	t := remoteTracking{
		id: textAt(o, "id"), legacyID: textAt(o, "legacy_id"),
		number: textAt(o, "tracking_number"), slug: textAt(o, "slug"),
		orderID: textAt(o, "order_id"), orderNumber: textAt(o, "order_number"),
		shipDate:    textAt(o, "tracking_ship_date"),
		orderSource: textAt(custom, "order_source"), uploadedBy: textAt(custom, "uploaded_by"),
		emails: textsAt(o, "emails"), phones: textsAt(o, "smses"),
		page: webPage(textAt(o, "aftership_tracking_url")),
	}
	for _, name := range []string{
		"destination_country_region", "destination_country_iso3",
		"tracking_destination_country_region", "tracking_destination_country",
	} {
		if t.country == "" {
			t.country = strings.ToUpper(textAt(o, name))
		}
	}
	t.readRecipients(o)
	return t
}

func (t *remoteTracking) readRecipients(o map[string]any) {
	if name := textAt(o, "customer_name"); name != "" {
		t.names = append(t.names, name)
	}
	customers, _ := o["customers"].([]any)
	for _, item := range customers {
		customer, _ := item.(map[string]any)
		t.names = append(t.names, textAt(customer, "name"))
		t.emails = append(t.emails, textAt(customer, "email"))
		t.phones = append(t.phones, textAt(customer, "phone_number"))
	}
}

// webPage lets an https address of sane length through. AfterShip names the
// page of a tracking in aftership_tracking_url (models of its Node library,
// 2025-07 and 2026-07).
func webPage(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(address) > 2048 {
		return ""
	}
	return address
}
