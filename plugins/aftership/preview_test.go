package aftership

import (
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/sdk"
)

func TestPreview(t *testing.T) {
	t.Parallel()
	const id = "0b02015fc7fd4f3c8d5490cece4d124d"
	known := func(m memory) *sdk.TrackingDelivery {
		d := germany()
		d.RemoteID, d.State = id, m.bytes()
		return d
	}
	unsure := germany()
	unsure.FateUnknown = true
	tests := []struct {
		name     string
		delivery *sdk.TrackingDelivery
		method   string
		path     string
		note     string
	}{
		{"new", germany(), "POST", "/trackings", "cannot notify customers"},
		{"edit", known(memory{Made: madeByUs}), "PUT", "/trackings/" + id, "as-api-key"},
		{"edit of somebody else's", known(memory{Made: madeByOther}), "GET", "/trackings/" + id, "looked at"},
		{"edit of who knows whose", known(memory{}), "GET", "/trackings/" + id, "looked at"},
		{"after removal", known(memory{Removed: true}), "POST", "/trackings", "detects"},
		{"voided", voided(germany()), "", "", "voided before"},
		{"voided, ours", voided(known(memory{Made: madeByUs})), "DELETE", "/trackings/" + id, "deleted"},
		{"voided, of who knows whose", voided(known(memory{})), "GET", "/trackings/" + id, "if Spurline made it"},
		{"voided, fate unknown", voided(unsure), "GET", "/trackings?tracking_numbers=" + dhlNumber, "if Spurline"},
		{"unusable number", bare("#"), "", "", "characters"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			shown, err := b.forwarder.PreviewTracking(test.delivery)
			if err != nil {
				t.Fatal(err)
			}
			if notes := strings.Join(shown.Notes, "\n"); !strings.Contains(notes, test.note) {
				t.Errorf("notes are %q, want %q", notes, test.note)
			}
			if test.method == "" {
				if len(shown.Requests) != 0 {
					t.Errorf("requests are %+v", shown.Requests)
				}
				return
			}
			address := b.base + "/tracking/2026-07" + test.path
			if r := shown.Requests[0]; r.Method != test.method || r.URL != address || (r.Body == "") !=
				(test.method == "GET" || test.method == "DELETE") {
				t.Errorf("request is %+v", r)
			}
			if b.methods() != nil {
				t.Errorf("a preview called: %q", b.methods())
			}
		})
	}
}

func TestPreviewOfUnknownFate(t *testing.T) {
	t.Parallel()
	for slugs, method := range map[string]string{"": "POST", "DHL=dhl": "GET"} {
		b, d := newBench(t, func(s *Settings) { s.CourierSlugs = slugs }), germany()
		d.FateUnknown = true
		shown, err := b.forwarder.PreviewTracking(d)
		if err != nil || shown.Requests[0].Method != method {
			t.Errorf("slugs %q: preview is %+v, %v", slugs, shown, err)
		}
		b.send(t, d)
		if first := b.methods()[0]; first != method {
			t.Errorf("slugs %q: first call is %s", slugs, first)
		}
	}
}

func TestPreviewWarns(t *testing.T) {
	t.Parallel()
	b, d := newBench(t, func(s *Settings) { s.SendCustomerContact = true }), germany()
	d.Record.Order.ShipTo.CountryCode = new("ZZ")
	shown, err := b.forwarder.PreviewTracking(d)
	notes := strings.Join(shown.Notes, "\n")
	if err != nil || !strings.Contains(notes, "country") || strings.Contains(notes, "cannot notify") {
		t.Errorf("notes are %q, %v", notes, err)
	}
}
