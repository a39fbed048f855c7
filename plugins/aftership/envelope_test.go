package aftership

import (
	"testing"
	"unicode/utf8"
)

func TestDecodeEnvelope(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		readable   bool
		code       int
		id         string
	}{
		{"created, flat", `{"meta":{"code":201},"data":{"id":"a","slug":"ups"}}`, true, 201, "a"},
		{"created, wrapped", `{"meta":{"code":201},"data":{"tracking":{"id":"b"}}}`, true, 201, "b"},
		{"there already", `{"meta":{"code":4003,"type":"BadRequest","message":"x"},"data":{"id":"c"}}`, true, 4003, "c"},
		{"there already, nothing known", `{"meta":{"code":4003},"data":{}}`, true, 4003, ""},
		{"gateway", `{"data":{},"meta":{"type":"Unauthorized","code":401,"errors":[],"message":"x"}}`, true, 401, ""},
		{"nulls everywhere", `{"meta":{"code":201,"type":null},"data":{"id":null,"tracking":null}}`, true, 201, ""},
		{"data is a list", `{"meta":{"code":200},"data":[1]}`, true, 200, ""},
		{"no data", `{"meta":{"code":200}}`, true, 200, ""},
		{"code is a text", `{"meta":{"code":"4003"}}`, true, 0, ""},
		{"code is too large", `{"meta":{"code":1e30}}`, true, 0, ""},
		{"id is a number", `{"meta":{"code":200},"data":{"id":12}}`, true, 200, "12"},
		{"id is an object", `{"meta":{"code":200},"data":{"id":{}}}`, true, 200, ""},
		{"no meta", `{"data":{"id":"a"}}`, false, 0, ""},
		{"meta is a text", `{"meta":"x"}`, false, 0, ""},
		{"page", `<html></html>`, false, 0, ""},
		{"nothing", ``, false, 0, ""},
		{"list", `[]`, false, 0, ""},
		{"cut", `{"meta":{"code":20`, false, 0, ""},
	}
	for _, test := range tests {
		e := decodeEnvelope([]byte(test.body))
		there, _ := e.tracking()
		if e.readable != test.readable || e.code != test.code || there.id != test.id {
			t.Errorf("%s: readable %v, code %d, id %q", test.name, e.readable, e.code, there.id)
		}
	}
}

func TestReadTrackingOfEachGeneration(t *testing.T) {
	t.Parallel()
	older := decodeEnvelope([]byte(`{"meta":{"code":200},"data":{"tracking":{"id":"1","legacy_id":"0",
		"tracking_number":"N","slug":"ups","order_id":"A","tracking_ship_date":"20261120",
		"tracking_destination_country":"deu","customer_name":"E","emails":["e@example.com"],"smses":["+49170"],
		"custom_fields":{"order_source":"shop","uploaded_by":"CartRover"}}}}`))
	newer := decodeEnvelope([]byte(`{"meta":{"code":200},"data":{"trackings":[null,{"id":""},{"id":"1",
		"destination_country_region":"DEU","customers":[{"name":"E","email":"e@example.com","phone_number":"+49170"}],
		"custom_fields":null}]}}`))
	first, ok := older.tracking()
	if !ok || first.country != "DEU" || first.uploadedBy != "CartRover" || first.emails[0] != "e@example.com" {
		t.Errorf("older is %+v", first)
	}
	list := newer.trackings()
	if len(list) != 1 || list[0].country != "DEU" || list[0].phones[0] != "+49170" || list[0].names[0] != "E" {
		t.Errorf("newer is %+v", list)
	}
}

// FuzzDecodeEnvelope feeds the decoder what a hostile or broken service could
// answer: nothing may panic, and what was read is plain text.
func FuzzDecodeEnvelope(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `{"meta":{"code":201},"data":{"id":"a"}}`, `{"meta":{"code":-1},"data":{"tracking":[]}}`,
		`{"meta":{},"data":{"trackings":[{"id":"a","custom_fields":{"order_source":1}}],"total":1e9}}`,
		`{"meta":{"code":4003},"data":{"customers":[{"name":[]}],"emails":[1,"x"]}}`,
	} {
		f.Add([]byte(seed), 200)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		e := decodeEnvelope(body)
		if !e.readable && (e.code != 0 || e.data != nil) {
			t.Errorf("an unreadable envelope has code %d and data %v", e.code, e.data)
		}
		there, ok := e.tracking()
		if ok != (there.id != "") || !utf8.ValidString(there.id) {
			t.Errorf("id is %q, %v", there.id, ok)
		}
		for _, g := range generations() {
			g.differing(facts{number: "1234", orderID: "A", country: "DEU"}, there)
		}
		e.trackings()
		e.total()
		if r := rule(codeOf(status, e), e.message); r.reason == "" || r.hint == "" {
			t.Errorf("no ruling of status %d, code %d", status, e.code)
		}
	})
}
