package zoho

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestNotedOnce: a number that was noted by a send that told nothing is not noted in a
// newer shipment as well.
func TestNotedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	order := orderOf("LP-15", "1")
	copied := b.copyOrder(order, nil)
	want(t, b.forward(parcel(order, oneZ), nil), isDelivered, "")
	noted := among(parcel(order, twoZ), oneZ)
	want(t, b.forward(noted, nil), isDelivered, "NOTED") // As if the process had died before it told.
	order.LineItems[0].Quantity = "2"
	want(t, b.copyOrder(order, copied), isDelivered, "")
	want(t, b.forward(containing(parcel(order, threeZ), item("LP-15", "1")), nil), isDelivered, "")
	again := b.header("noted", nil)
	again.FateUnknown = true
	r := b.Forward(b.settings, b.secrets,
		&pluginv1.TrackingDelivery{Header: again, Record: noted})[again.GetDeliveryId()]
	want(t, r, isDelivered, "NOTED")
	times := 0
	for _, s := range b.org.Shipments() {
		times += strings.Count(s.Notes, twoZ)
	}
	if times != 1 {
		t.Errorf("it is noted %d times", times)
	}
}

// TestNoteMovedWithItsShipment: a note that went along to a shipment that was made anew is
// found there, although there is a newer one.
func TestNoteMovedWithItsShipment(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "2"))
	first := b.forward(parcel(o, oneZ), nil)
	h := &hosted{record: among(parcel(o, twoZ), oneZ)}
	want(t, b.insist(h), isDelivered, "NOTED")
	want(t, b.forward(containing(parcel(o, oneZ), item("LP-15", "1")), first), isDelivered, "")
	want(t, b.forward(containing(parcel(o, threeZ), item("LP-15", "1")), nil), isDelivered, "")
	h.record.Parcel.Carrier = proto.String("DHL")
	want(t, b.deliver(h, false), isDelivered, "NOTED")
	for _, s := range b.org.Shipments() {
		if (s.Notes == furtherNumber+"DHL "+twoZ) != (s.Number == oneZ) {
			t.Errorf("shipment is %+v", s)
		}
	}
}
