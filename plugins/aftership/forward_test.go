package aftership

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestNewTracking(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	r := b.send(t, germany())
	want(t, r, isDelivered, "")
	kept := b.Trackings()[0]
	if r.RemoteID() != kept.ID || !strings.HasPrefix(r.RemoteURL(), "https://") || r.Hint() != "" {
		t.Errorf("result has id %q, page %q, hint %q", r.RemoteID(), r.RemoteURL(), r.Hint())
	}
	if kept.Number != dhlNumber || kept.Slug != "dhl-germany" || kept.CustomField("uploaded_by") != "CartRover" {
		t.Errorf("kept %+v", kept)
	}
	if e := r.Exchange(); e.HTTPStatus != http.StatusCreated || !strings.Contains(e.Response, "as-trace-id") {
		t.Errorf("exchange is %+v", e)
	}
}

func TestFactsThatCannotGo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*pluginv1.TrackingRecord)
		absent string
		hint   string
	}{
		{
			"country", func(r *pluginv1.TrackingRecord) { r.Order.ShipTo.CountryCode = new("ZZ") },
			"destination_country_region", "country",
		},
		{
			"ship date", func(r *pluginv1.TrackingRecord) { r.Parcel.ShipDate = new("2026-02-30") },
			"tracking_ship_date", "ship date",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b, d := newBench(t, nil), germany()
			test.change(d.Record)
			r := b.send(t, d)
			want(t, r, isDelivered, "")
			if _, sent := b.Journal()[0].Body[test.absent]; sent || !strings.Contains(r.Hint(), test.hint) {
				t.Errorf("sent is %v, hint is %q", sent, r.Hint())
			}
		})
	}
	t.Run("long order source", func(t *testing.T) {
		t.Parallel()
		b, d := newBench(t, nil), germany()
		d.Record.Order.OrderSource = new(strings.Repeat("ä", 513))
		r := b.send(t, d)
		want(t, r, isDelivered, "")
		if got := b.Trackings()[0].CustomField("order_source"); got != strings.Repeat("ä", 512) {
			t.Errorf("order source has %d bytes", len(got))
		}
		if !strings.Contains(r.Hint(), "512") {
			t.Errorf("hint is %q", r.Hint())
		}
	})
	t.Run("phone without country", func(t *testing.T) {
		t.Parallel()
		b, d := newBench(t, func(s *Settings) { s.SendCustomerContact = true }), germany()
		d.Record.Order.Customer.Phone = new("0170 1234567")
		r := b.send(t, d)
		want(t, r, isDelivered, "")
		if strings.Contains(string(b.Journal()[0].Raw), "phone") || !strings.Contains(r.Hint(), "phone number") {
			t.Errorf("sent %s, hint is %q", b.Journal()[0].Raw, r.Hint())
		}
	})
}

func TestUnusableNumbersAreNotSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, number := range []string{"123", "1234 #5", strings.Repeat("9", 101)} {
		r := b.send(t, bare(number))
		want(t, r, isRejected, "TRACKING_NUMBER_INVALID")
		if r.FixScope() != pluginv1.FixScope_FIX_SCOPE_RECORD {
			t.Errorf("fix scope is %s", r.FixScope())
		}
	}
	if calls := b.methods(); calls != nil {
		t.Errorf("calls were made: %q", calls)
	}
}

func TestNumberIsNormalised(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	want(t, b.send(t, bare(" 1z 999 aa1 0123 4567 84")), isDelivered, "")
	if got := b.Trackings()[0].Number; got != upsNumber {
		t.Errorf("number is %q", got)
	}
}

func TestContactOnlyIfChosen(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	want(t, b.send(t, germany()), isDelivered, "")
	for _, secret := range []string{"erika", "Erika", "170", `"42"`} {
		if strings.Contains(string(b.Journal()[0].Raw), secret) {
			t.Errorf("%q was sent: %s", secret, b.Journal()[0].Raw)
		}
	}
}

func TestUnrecognizedCourierIsAWarning(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, aftershiptest.WithUndetected(0))
	r := b.send(t, bare("ZZZZZ"))
	want(t, r, isDelivered, "")
	if !strings.Contains(r.Hint(), "courier_slugs") {
		t.Errorf("hint is %q", r.Hint())
	}
}

func TestFallbacks(t *testing.T) {
	t.Parallel()
	const country = "The value of `destination_country_region` is invalid."
	const date = "The value of `tracking_ship_date` is invalid."
	tests := []struct {
		name   string
		slugs  string
		faults []aftershiptest.Fault
		calls  int
		hint   string
		absent string
	}{
		{
			"country", "",
			[]aftershiptest.Fault{aftershiptest.Failure(400, 4008, country)},
			2, "country", "destination_country_region",
		},
		{"date", "", []aftershiptest.Fault{aftershiptest.Failure(400, 4008, date)}, 2, "ship date", "tracking_ship_date"},
		{
			"both", "",
			[]aftershiptest.Fault{aftershiptest.Failure(400, 4008, date), aftershiptest.Failure(400, 4008, country)},
			3, "country", "tracking_ship_date",
		},
		{"slug", "DHL Paket=no-such-courier", nil, 2, "no-such-courier", "slug"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(s *Settings) { s.CourierSlugs = test.slugs })
			b.Script(test.faults...)
			r := b.send(t, germany())
			want(t, r, isDelivered, "")
			journal := b.Journal()
			if len(journal) != test.calls || !strings.Contains(r.Hint(), test.hint) {
				t.Fatalf("%d calls, hint %q", len(journal), r.Hint())
			}
			if _, sent := journal[test.calls-1].Body[test.absent]; sent {
				t.Errorf("%s was sent again", test.absent)
			}
		})
	}
	t.Run("refused for good", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, nil)
		b.Script(aftershiptest.Failure(400, 4008, country).Times(2))
		r := b.send(t, germany())
		want(t, r, isRejected, "VALUE_INVALID")
		if len(b.methods()) != 2 || !strings.Contains(r.Hint(), "destination_country_region") {
			t.Errorf("calls are %q, hint is %q", b.methods(), r.Hint())
		}
	})
}

func TestEditOfOurTracking(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *Settings) { s.CourierSlugs = "DHL=dhl,UPS=ups" })
	d := germany()
	first := b.send(t, d)
	d = after(d, first)
	d.Record.OrderId, d.Record.Parcel.Carrier = "A-100043", new("dhl")
	second := b.send(t, d)
	want(t, second, isDelivered, "")
	kept := b.Trackings()
	if len(kept) != 1 || kept[0].Fact(aftershiptest.V202607, "order_id") != "A-100043" || kept[0].Slug != "dhl" {
		t.Errorf("kept %+v", kept)
	}
	if calls := b.methods(); !slices.Equal(calls, []string{"POST", "PUT"}) {
		t.Errorf("calls are %q", calls)
	}
	if second.RemoteID() != first.RemoteID() {
		t.Errorf("id changed from %q to %q", first.RemoteID(), second.RemoteID())
	}
}

func TestEditOfADeletedTrackingMakesItAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	first := b.send(t, germany())
	b.Delete(first.RemoteID())
	second := b.send(t, after(germany(), first))
	want(t, second, isDelivered, "")
	if len(b.Trackings()) != 1 || second.RemoteID() == first.RemoteID() {
		t.Errorf("kept %d, id %q", len(b.Trackings()), second.RemoteID())
	}
}

// TestNoEndlessLoop has an AfterShip that claims both that the tracking exists
// and that it does not.
func TestNoEndlessLoop(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	first := b.send(t, germany())
	b.ForgetJournal()
	b.Script(aftershiptest.Failure(404, 4004, "Tracking does not exist.").On("PUT", "").Times(100))
	edited := after(germany(), first)
	edited.Record.OrderId = "A-2"
	r := b.send(t, edited)
	if len(b.methods()) > 8 {
		t.Errorf("%d calls", len(b.methods()))
	}
	want(t, r, isRetry, "TRACKING_NOT_FOUND")

	b.ForgetJournal()
	same := after(germany(), first)
	same.Record.Order.OrderSource = new("other")
	want(t, b.send(t, same), isRetry, "TRACKING_NOT_FOUND")
	if len(b.methods()) > 8 {
		t.Errorf("%d calls", len(b.methods()))
	}
}

func TestEditMeetsAnotherTrackingOfTheCourier(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *Settings) { s.CourierSlugs = "DHL=dhl" })
	d := germany()
	first := b.send(t, d)
	if _, err := b.Seed(aftershiptest.V202607, aftershiptest.ValidKey,
		map[string]any{"tracking_number": dhlNumber, "slug": "dhl"}); err != nil {
		t.Fatal(err)
	}
	d = after(d, first)
	d.Record.Parcel.Carrier = new("DHL")
	r := b.send(t, d)
	want(t, r, isDelivered, "")
	if !strings.Contains(r.Hint(), "another tracking") {
		t.Errorf("hint is %q", r.Hint())
	}
}

func TestPagesOfTrackings(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://track.example.com/x": "https://track.example.com/x",
		"http://track.example.com/x":  "",
		"javascript:alert(1)":         "",
		"https://u:p@example.com/":    "",
		"https:///x":                  "",
		"":                            "",
		"https://example.com/" + strings.Repeat("x", 2048): "",
	} {
		if got := webPage(address); got != want {
			t.Errorf("webPage(%q) is %q", address, got)
		}
	}
}
