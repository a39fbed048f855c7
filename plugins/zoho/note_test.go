package zoho

import (
	"testing"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestNothingLeftToPack: the number goes into the notes of the last shipment, once.
func TestNothingLeftToPack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "1"))
	first := b.forward(parcel(o, oneZ), nil)
	made := b.shipment()
	b.byHand("PUT", "/shipmentorders/"+made.ID+"?salesorder_id="+made.OrderID+"&package_ids="+made.PackageIDs[0],
		`{"date":"2026-11-23","delivery_method":"UPS","tracking_number":"`+oneZ+`","notes":"ring twice"}`)
	second := among(parcel(o, "1z 999aa10123456785"), oneZ)
	var noted *pluginv1.DeliveryResult
	sameCalls(t, b.calls(func() { noted = b.forward(second, nil) }),
		"GET /salesorders/{id}", "GET /shipmentorders/{id}", "PUT /shipmentorders/{id}")
	want(t, noted, isDelivered, "NOTED")
	wantHint(t, noted, "notes", oneZ)
	const notes = "ring twice\n" + furtherNumber
	wantNotes := func(wanted string) {
		t.Helper()
		if got := b.shipment(); got.Notes != wanted || noted.GetRemoteId() != got.ID || got.TrackingNumber != oneZ {
			t.Errorf("notes are %q, want %q; remote id %s of %+v", got.Notes, wanted, noted.GetRemoteId(), got)
		}
	}
	wantNotes(notes + "UPS " + twoZ)
	// Again: it is there.
	sameCalls(t, b.calls(func() { want(t, b.forward(second, noted), isDelivered, "NOTED") }),
		"GET /salesorders/{id}", "GET /shipmentorders/{id}")
	// A third one, and an edit of the second.
	third := among(parcel(o, threeZ), oneZ, twoZ)
	third.Parcel.Carrier = nil
	want(t, b.forward(third, nil), isDelivered, "NOTED")
	edit := changed(second, func(r *pluginv1.TrackingRecord) { r.Parcel.Carrier = proto.String("Royal  Mail") })
	want(t, b.forward(edit, noted), isDelivered, "NOTED")
	wantNotes(notes + "Royal Mail " + twoZ + "\n" + furtherNumber + threeZ)
	// An edit of the first keeps them.
	firstEdit := changed(parcel(o, oneZ), func(r *pluginv1.TrackingRecord) { r.Parcel.Carrier = proto.String("DHL") })
	want(t, b.forward(firstEdit, first), isDelivered, "")
	wantNotes(notes + "Royal Mail " + twoZ + "\n" + furtherNumber + threeZ)
	// Voided: its line goes, the other stays.
	void := b.forward(voided(edit), noted)
	want(t, void, isDelivered, "WITHDRAWN")
	wantNotes(notes + threeZ)
	want(t, b.forward(voided(edit), void), isSkipped, "PARCEL_VOIDED")
	b.wantPackages(oneZ + ": LP-15 1")
}

// TestOnlyNote: notes that had nothing else are empty again.
func TestOnlyNote(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "1"))
	want(t, b.forward(parcel(o, oneZ), nil), isDelivered, "")
	noted := b.forward(among(parcel(o, twoZ), oneZ), nil)
	want(t, noted, isDelivered, "NOTED")
	if got := b.shipment().Notes; got != furtherNumber+"UPS "+twoZ {
		t.Errorf("notes are %q", got)
	}
	want(t, b.forward(voided(parcel(o, twoZ)), noted), isDelivered, "WITHDRAWN")
	if got := b.shipment().Notes; got != "" {
		t.Errorf("notes are %q", got)
	}
}

// TestNotedParcelGetsAPackage once something is left to pack.
func TestNotedParcelGetsAPackage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	order := orderOf("LP-15", "1")
	copied := b.copyOrder(order, nil)
	want(t, b.forward(parcel(order, oneZ), nil), isDelivered, "")
	second := among(parcel(order, twoZ), oneZ)
	noted := b.forward(second, nil)
	want(t, noted, isDelivered, "NOTED")
	order.LineItems[0].Quantity = "2"
	want(t, b.copyOrder(order, copied), isDelivered, "")
	packed := b.forward(second, noted)
	want(t, packed, isDelivered, "")
	b.wantPackages(oneZ+": LP-15 1", twoZ+": LP-15 1")
	for _, s := range b.org.Shipments() {
		if s.Notes != "" {
			t.Errorf("notes are %q", s.Notes)
		}
	}
	// What was noted in the shipment of another parcel does not make that ours.
	want(t, b.forward(voided(second), packed), isDelivered, "WITHDRAWN")
	b.wantPackages(oneZ + ": LP-15 1")
}

// TestNoteOfAShipmentThatIsTakenBack: the operator is told of the numbers that go.
func TestNoteOfAShipmentThatIsTakenBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "1"))
	record := among(parcel(o, oneZ), twoZ)
	first := b.forward(record, nil)
	second := among(parcel(o, twoZ), oneZ)
	noted := b.forward(second, nil)
	want(t, noted, isDelivered, "NOTED")
	void := b.forward(voided(record), first)
	want(t, void, isDelivered, "WITHDRAWN")
	wantHint(t, void, "send these again", twoZ)
	want(t, b.forward(second, noted), isDelivered, "")
	b.wantPackages(twoZ + ": LP-15 1")
}

// TestNotesOutliveNewContents: a shipment that is made anew takes its notes along.
func TestNotesOutliveNewContents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "1", "MS-02", "1"))
	record := parcel(o, oneZ)
	first := b.forward(record, nil)
	want(t, b.forward(among(parcel(o, twoZ), oneZ), nil), isDelivered, "NOTED")
	want(t, b.forward(containing(record, item("MS-02", "1")), first), isDelivered, "")
	if got := b.shipment().Notes; got != furtherNumber+"UPS "+twoZ {
		t.Errorf("notes are %q", got)
	}
}

// TestPackedByHand: a package that waits for its shipment is what left.
func TestPackedByHand(t *testing.T) {
	t.Parallel()
	t.Run("one", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		record := parcel(b.place(orderOf("LP-15", "2")), oneZ)
		b.packByHand("2")
		first := b.forward(record, nil)
		want(t, first, isDelivered, "")
		b.wantPackages("PKG-00001: LP-15 2")
		// It is ours to change, and its contents are not.
		edit := containing(record, item("LP-15", "1"))
		edit.Parcel.Carrier = proto.String("DHL")
		second := b.forward(edit, first)
		want(t, second, isDelivered, "")
		if got := b.shipment(); got.DeliveryMethod != "DHL" {
			t.Errorf("shipment is %+v", got)
		}
		// Taken back, the package stays.
		want(t, b.forward(voided(edit), second), isDelivered, "WITHDRAWN")
		if len(b.org.Shipments()) != 0 || len(b.org.Packages()) != 1 {
			t.Errorf("left are %+v, %+v", b.org.Shipments(), b.org.Packages())
		}
	})
	t.Run("several", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		o := b.place(orderOf("LP-15", "2"))
		packages := []string{b.packByHand("1"), b.packByHand("1")}
		r := b.forward(parcel(o, oneZ), nil)
		want(t, r, isRejected, "NOTHING_TO_PACK")
		if r.GetFixScope() != fixSettings {
			t.Errorf("fix scope is %s", r.GetFixScope())
		}
		b.shipByHand(packages[0], twoZ, "UPS")
		want(t, b.forward(parcel(o, oneZ), r), isDelivered, "")
		b.wantPackages("PKG-00001: LP-15 1", "PKG-00002: LP-15 1")
	})
	t.Run("that of another parcel is left to it", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		o := b.place(orderOf("LP-15", "2"))
		b.stand.Script(lostBefore("/shipmentorders"))
		first := b.forward(parcel(o, oneZ), nil)
		want(t, first, isUnknown, "")
		want(t, b.forward(among(parcel(o, twoZ), oneZ), nil), isRejected, "NOTHING_TO_PACK")
		want(t, b.forward(parcel(o, oneZ), first), isDelivered, "")
		b.wantPackages(oneZ + ": LP-15 2")
	})
}
