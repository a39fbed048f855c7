package zohotest

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"testing"
)

// FuzzBody: no body crashes the stand-in or makes it answer anything but JSON, and
// what it decodes is what encoding/json decodes.
func FuzzBody(f *testing.F) {
	s := New(WithoutLimits())
	org := s.Org("")
	item := org.AddItem(Item{SKU: "A", Rate: "1.5"})
	customer := org.AddContact(Contact{Name: "C"})
	f.Add([]byte(`{"customer_id":"` + customer.ID + `","salesorder_number":"1","line_items":[{"item_id":"` + item.ID +
		`","quantity":1.5,"rate":3,"discount":"10%"}],"discount":1,"adjustment":-0.5}`))
	f.Add([]byte(`{"a":[1,{"b":null}],"a":2}`))
	f.Add([]byte(`[[[[[[[[[[[[[[[[[[[[`))
	f.Add([]byte(`{"shipping_charge":1e999999999,"discount":"%"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if body, refused := decode(raw); refused == nil {
			var same map[string]any
			d := json.NewDecoder(bytes.NewReader(raw))
			d.UseNumber()
			if err := d.Decode(&same); err != nil {
				t.Fatalf("decode takes %q: %v", raw, err)
			}
			a, _ := json.Marshal(body)
			b, _ := json.Marshal(same)
			if !bytes.Equal(a, b) {
				t.Errorf("decoded %s, want %s", a, b)
			}
		}
		token := s.IssueToken(ClientID, RefreshToken)
		r := httptest.NewRequestWithContext(t.Context(), "POST",
			Root+"/salesorders?ignore_auto_number_generation=true&organization_id="+OrganisationID, bytes.NewReader(raw))
		r.Header.Set("Authorization", "Zoho-oauthtoken "+token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) || w.Code >= 500 {
			t.Errorf("answer is %d %s", w.Code, w.Body)
		}
	})
}

// TestDecimals: exact, bounded, and rounded half away from zero.
func TestDecimals(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]Decimal{
		"0.335": "0.34", "-0.335": "-0.34", "0.334999999": "0.33", "2": "2.00",
		"99999999999999999999.005": "99999999999999999999.01",
	} {
		r, ok := parseDecimal(words)
		if !ok || fixed(r, 2) != want {
			t.Errorf("%s is %s, want %s", words, fixed(r, 2), want)
		}
	}
	for _, bad := range []string{"", "1e3", "1/3", "0x10", "1_000", "abc", "1000000000000000000000000000000000000000000"} {
		if _, ok := parseDecimal(bad); ok {
			t.Errorf("%q is a number", bad)
		}
	}
	for words, want := range map[Decimal]json.Number{"12.50": "12.5", "0.00": "0", "": "0", "100": "100", "-0.00": "0"} {
		if got := words.json(); got != want {
			t.Errorf("%q in an answer is %s, want %s", words, got, want)
		}
	}
}
