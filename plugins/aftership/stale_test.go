package aftership

import (
	"slices"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk"
)

// stale is an edit of a record whose remembered id names another parcel's tracking by
// now: after a start of the stand-in from nothing, or after somebody changed the number.
func (b *bench) stale(t *testing.T, change func(*memory)) (*sdk.TrackingDelivery, aftershiptest.Tracking) {
	t.Helper()
	other := b.seed(t, map[string]any{"tracking_number": upsNumber, "order_id": "B-7"})
	d := germany()
	kept := memory{Made: madeByUs}
	if change != nil {
		change(&kept)
	}
	d.RemoteID, d.State, d.Revision = other.ID, kept.bytes(), 2
	return d, other
}

// ours is the tracking of germany's number, empty if there is none.
func (b *bench) ours() aftershiptest.Tracking {
	for _, kept := range b.Trackings() {
		if kept.Number == dhlNumber {
			return kept
		}
	}
	return aftershiptest.Tracking{}
}

// TestRememberedIDOfAnotherNumber: what was written to another parcel's tracking is not
// told as delivered. The number is looked for, and made anew if it is not there.
func TestRememberedIDOfAnotherNumber(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		there  bool
		slugs  string
		change func(*memory)
		calls  []string
		told   bool
	}{
		{name: "not there", calls: []string{"PUT", "POST"}, told: true},
		{name: "there", there: true, calls: []string{"PUT", "POST", "GET"}, told: true},
		{
			name: "there, couriers mapped", there: true, slugs: "DHL Paket=dhl-germany",
			calls: []string{"PUT", "GET"}, told: true,
		},
		{
			name: "not there, looked at first", change: func(m *memory) { m.Made = madeByOther },
			calls: []string{"GET", "GET", "POST"},
		},
		{
			name: "there, looked at first", there: true, change: func(m *memory) { m.Made = "" },
			calls: []string{"GET", "GET"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(s *Settings) { s.CourierSlugs = test.slugs })
			if test.there {
				b.seed(t, nil)
			}
			d, other := b.stale(t, test.change)
			r := b.send(t, d)
			want(t, r, isDelivered, "")
			if id := b.ours().ID; id == "" || r.RemoteID() != id {
				t.Errorf("id is %q, want %q and not %q", r.RemoteID(), id, other.ID)
			}
			if calls := b.methods(); !slices.Equal(calls, test.calls) {
				t.Errorf("calls are %q, want %q", calls, test.calls)
			}
			if told := strings.Contains(r.Hint(), other.ID); told != test.told {
				t.Errorf("hint is %q", r.Hint())
			}
			again := b.send(t, after(d, r))
			want(t, again, isDelivered, "")
			if again.Hint() != "" || again.RemoteID() != r.RemoteID() {
				t.Errorf("next edit has id %q, hint %q", again.RemoteID(), again.Hint())
			}
		})
	}
}

// TestOtherNumberAgainAndAgain has an AfterShip whose ids cannot be relied on: it ends,
// and not as delivered.
func TestOtherNumberAgainAndAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.seed(t, map[string]any{"order_id": "A-1", "tracking_ship_date": "2026-11-19"})
	d, other := b.stale(t, nil)
	const answer = `{"meta":{"code":200},"data":{"id":"0123456789abcdef0123456789abcdef",` +
		`"tracking_number":"` + upsNumber + `"}}`
	b.Script(aftershiptest.Body(200, "application/json", answer).On("PUT", "").Times(5))
	r := b.send(t, d)
	want(t, r, isRetry, "TRACKING_ID_STALE")
	if !r.IsRecordOnly() || !strings.Contains(r.Hint(), other.ID) {
		t.Errorf("hint is %q", r.Hint())
	}
}

// TestNumberInAnotherSpelling is no other number.
func TestNumberInAnotherSpelling(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	first := b.send(t, bare(upsNumber))
	d := after(bare(upsNumber), first)
	const answer = `{"meta":{"code":200},"data":{"id":"0123456789abcdef0123456789abcdef",` +
		`"tracking_number":"1z 999 aa1 0123 4567 84"}}`
	b.Script(aftershiptest.Body(200, "application/json", answer).On("PUT", ""))
	r := b.send(t, d)
	want(t, r, isDelivered, "")
	if calls := b.methods(); r.Hint() != "" || !slices.Equal(calls, []string{"POST", "PUT"}) {
		t.Errorf("hint is %q, calls are %q", r.Hint(), calls)
	}
}

// TestNumberThatAfterShipSpellsOtherwise: an id that AfterShip names for our number is ours,
// whatever number it shows; that is found out once.
func TestNumberThatAfterShipSpellsOtherwise(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	first := b.send(t, bare(upsNumber))
	shown := func(status int, meta string) aftershiptest.Fault {
		return aftershiptest.Body(status, "application/json", `{"meta":{`+meta+`},"data":{"id":"`+first.RemoteID()+
			`","tracking_number":"420`+upsNumber+`","custom_fields":{"uploaded_by":"CartRover"}}}`)
	}
	script := func() {
		b.Script(shown(200, `"code":200`).On("PUT", "").Times(2))
		b.Script(shown(400, `"code":4003,"message":"Tracking already exists."`).On("POST", ""))
		b.Script(shown(200, `"code":200`).On("GET", ""))
	}
	script()
	r := b.send(t, after(bare(upsNumber), first))
	want(t, r, isDelivered, "")
	if r.Hint() != "" || r.RemoteID() != first.RemoteID() {
		t.Errorf("id is %q, hint %q", r.RemoteID(), r.Hint())
	}
	before := len(b.methods())
	script()
	want(t, b.send(t, after(bare(upsNumber), r)), isDelivered, "")
	if calls := b.methods()[before:]; !slices.Equal(calls, []string{"PUT"}) {
		t.Errorf("calls of the next edit are %q", calls)
	}
}
