package aftership

import (
	"slices"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

func TestVoidedBeforeItWasSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	never := b.send(t, voided(germany()))
	want(t, never, isSkipped, "PARCEL_VOIDED")
	if !strings.Contains(never.Hint(), "before this connection sent it") {
		t.Errorf("hint %q", never.Hint())
	}
	want(t, b.send(t, voided(bare("#"))), isSkipped, "PARCEL_VOIDED")
	if calls := b.methods(); calls != nil {
		t.Errorf("calls are %q", calls)
	}
}

func TestVoidedAfterItWasSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	first := b.send(t, germany())
	second := b.send(t, voided(after(germany(), first)))
	want(t, second, isDelivered, "WITHDRAWN")
	if len(b.Trackings()) != 0 || !strings.Contains(second.Hint(), "deleted") {
		t.Errorf("%d trackings, hint %q", len(b.Trackings()), second.Hint())
	}
	// Voided again: it was taken back already, and nobody is asked.
	b.ForgetJournal()
	again := b.send(t, voided(after(after(germany(), first), second)))
	want(t, again, isSkipped, "PARCEL_VOIDED")
	if calls := b.methods(); calls != nil || !strings.Contains(again.Hint(), "taken back already") {
		t.Errorf("calls are %q, hint %q", calls, again.Hint())
	}
	// Voided again, with what the host had before: gone is as good.
	third := b.send(t, voided(after(germany(), first)))
	want(t, third, isDelivered, "WITHDRAWN")
	// The label is valid after all: the tracking is made anew, without asking for
	// the old one.
	b.ForgetJournal()
	fourth := b.send(t, after(after(germany(), first), second))
	want(t, fourth, isDelivered, "")
	if calls := b.methods(); !slices.Equal(calls, []string{"POST"}) || len(b.Trackings()) != 1 {
		t.Errorf("calls are %q, %d trackings", calls, len(b.Trackings()))
	}
	// And voided once more.
	want(t, b.send(t, voided(after(germany(), fourth))), isDelivered, "WITHDRAWN")
	if len(b.Trackings()) != 0 {
		t.Error("the second tracking was not deleted")
	}
}

func TestVoidedAfterAnUnknownFate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		there map[string]any
		none  bool
		left  int
	}{
		{name: "it arrived"},
		{name: "it did not", none: true},
		{name: "it arrived, before the number moved to this order", there: map[string]any{"order_id": "B-7"}},
		{
			name:  "somebody else's",
			there: map[string]any{"order_id": "B-7", "custom_fields": map[string]any{"uploaded_by": "somebody"}},
			left:  1,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			if !test.none {
				b.seed(t, test.there)
			}
			d := voided(germany())
			d.FateUnknown = true
			r := b.send(t, d)
			if test.none || test.left > 0 {
				want(t, r, isSkipped, "PARCEL_VOIDED")
			} else {
				want(t, r, isDelivered, "WITHDRAWN")
			}
			if left := len(b.Trackings()); left != test.left {
				t.Errorf("%d trackings left, want %d", left, test.left)
			}
		})
	}
}

// TestVoidedUnderAnotherCourier voids a parcel in the edit that also changed its
// courier, while it is not known whether the first send arrived.
func TestVoidedUnderAnotherCourier(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *Settings) { s.CourierSlugs = "DHL=dhl" })
	b.Script(aftershiptest.Reset().On("POST", "").AfterStore())
	d := voided(after(germany(), b.send(t, germany())))
	d.Record.Parcel.Carrier = new("DHL")
	want(t, b.send(t, d), isDelivered, "WITHDRAWN")
	if left := len(b.Trackings()); left != 0 {
		t.Errorf("%d trackings left", left)
	}
}

// TestVoidedWithoutID voids a parcel that was accepted with an answer that could
// not be read, so that its id is not known.
func TestVoidedWithoutID(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.Script(aftershiptest.Garbled().On("POST", ""))
	first := b.send(t, germany())
	want(t, first, isDelivered, "")
	want(t, b.send(t, voided(after(germany(), first))), isDelivered, "WITHDRAWN")
	if left := len(b.Trackings()); left != 0 {
		t.Errorf("%d trackings left", left)
	}
}

func TestDeleteFails(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	first := b.send(t, germany())
	b.Script(aftershiptest.Status(500).On("DELETE", ""), aftershiptest.Reset().On("DELETE", "").AfterStore())
	want(t, b.send(t, voided(after(germany(), first))), isRetry, "REMOTE_FAULT")
	lost := b.send(t, voided(after(germany(), first)))
	if lost.Outcome() != isUnknown {
		t.Errorf("a lost answer to DELETE is %s", lost.Outcome())
	}
	want(t, b.send(t, voided(after(germany(), first))), isDelivered, "WITHDRAWN")
}
