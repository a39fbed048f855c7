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
	want(t, b.send(t, voided(germany())), isSkipped, "PARCEL_VOIDED")
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
	// Voided again: gone is as good.
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
		{name: "somebody else's", there: map[string]any{"order_id": "B-7"}, left: 1},
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
