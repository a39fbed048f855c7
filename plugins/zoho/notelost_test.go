package zoho

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// lostNote is an order with a package for the first parcel, in whose shipment the second
// was noted by a process that died before it told. The order then has room for another.
func lostNote(t *testing.T) (b *bench, order *commercev1.Order, second *hosted) {
	t.Helper()
	b = newBench(t)
	order = orderOf("LP-15", "1")
	copied := b.copyOrder(order, nil)
	want(t, b.forward(parcel(order, oneZ), nil), isDelivered, "")
	second = &hosted{record: among(parcel(order, twoZ), oneZ), revision: 1}
	want(t, b.deliver(second, true), isDelivered, "NOTED")
	order.LineItems[0].Quantity = "2"
	want(t, b.copyOrder(order, copied), isDelivered, "")
	return b, order, second
}

func (b *bench) wantNoNotes() {
	b.t.Helper()
	for _, s := range b.org.Shipments() {
		if strings.Contains(s.Notes, furtherNumber) {
			b.t.Errorf("notes of %s are %q", s.Number, s.Notes)
		}
	}
}

// TestLostNoteGoes: a note of which nobody was told does not stay beside a package of the
// parcel's own, nor after its end, although the contents are others now.
func TestLostNoteGoes(t *testing.T) {
	t.Parallel()
	known := func(r *pluginv1.TrackingRecord) *pluginv1.TrackingRecord { return containing(r, item("LP-15", "1")) }
	for _, test := range []struct {
		name   string
		edit   func(*pluginv1.TrackingRecord) *pluginv1.TrackingRecord
		reason string
		want   []string
	}{
		{name: "sent again", want: []string{oneZ + ": LP-15 1", twoZ + ": LP-15 1"}},
		{name: "contents became known", edit: known, want: []string{oneZ + ": LP-15 1", twoZ + ": LP-15 1"}},
		{name: "voided", edit: voided, reason: "WITHDRAWN", want: []string{oneZ + ": LP-15 1"}},
		{
			name: "voided, with contents", reason: "WITHDRAWN", want: []string{oneZ + ": LP-15 1"},
			edit: func(r *pluginv1.TrackingRecord) *pluginv1.TrackingRecord { return voided(known(r)) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b, _, second := lostNote(t)
			if test.edit != nil {
				second.record, second.revision = test.edit(second.record), 2
			}
			want(t, b.deliver(second, false), isDelivered, test.reason)
			b.wantPackages(test.want...)
			b.wantNoNotes()
		})
	}
}

// TestLostNoteGoesFromAnotherOrder: the edit that moved the parcel told its contents too.
func TestLostNoteGoesFromAnotherOrder(t *testing.T) {
	t.Parallel()
	b, order, second := lostNote(t)
	other := orderOf("MS-02", "3")
	other.OrderId, other.OrderNumber = "another", proto.String("another")
	b.place(other)
	second.record, second.revision = parcel(other, twoZ, item("MS-02", "1")), 2
	second.record.EarlierOrderIds = []string{order.GetOrderId()}
	want(t, b.deliver(second, false), isDelivered, "")
	b.wantPackages(oneZ+": LP-15 1", twoZ+": MS-02 1")
	b.wantNoNotes()
}

// TestNoteGoesForWhatWasPackedByHand: a noted parcel gets the package that somebody packed
// for it, or the shipment that somebody made of it, and its note goes.
func TestNoteGoesForWhatWasPackedByHand(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{true, false} {
		for _, shipped := range []bool{true, false} {
			b := newBench(t)
			order := orderOf("LP-15", "1")
			copied := b.copyOrder(order, nil)
			want(t, b.forward(parcel(order, oneZ), nil), isDelivered, "")
			second := &hosted{record: among(parcel(order, twoZ), oneZ)}
			want(t, b.deliver(second, !told), isDelivered, "NOTED")
			order.LineItems[0].Quantity = "2"
			want(t, b.copyOrder(order, copied), isDelivered, "")
			hand, outcome := b.packByHand("1"), isDelivered
			if shipped {
				b.shipByHand(hand, twoZ, "UPS")
				outcome = isPresent
			}
			r := b.deliver(second, false)
			want(t, r, outcome, "")
			b.wantPackages(oneZ+": LP-15 1", "PKG-00001: LP-15 1")
			b.wantNoNotes()
		}
	}
}
