package zoho

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestEdit: what changed is written, and what did not is not. Whatever else the shipment
// has stays.
func TestEdit(t *testing.T) {
	t.Parallel()
	read := []string{"GET /salesorders/{id}", "GET /shipmentorders/{id}"}
	written := append(slices.Clone(read), "PUT /shipmentorders/{id}")
	for _, test := range []struct {
		name          string
		change        func(*pluginv1.TrackingRecord)
		carrier, date string
		calls         []string
	}{
		{"nothing", func(*pluginv1.TrackingRecord) {}, "UPS", "2026-11-23", read},
		{"carrier", func(r *pluginv1.TrackingRecord) { r.Parcel.Carrier = proto.String("DHL") }, "DHL", "2026-11-23", written},
		{
			"date", func(r *pluginv1.TrackingRecord) { r.Parcel.ShipDate = proto.String("2026-11-24") },
			"UPS", "2026-11-24", written,
		},
		{"spelling", func(r *pluginv1.TrackingRecord) { r.Parcel.TrackingNumber = "1z 999aa10123456784" }, "UPS", "2026-11-23", read},
		{"no carrier any more", func(r *pluginv1.TrackingRecord) { r.Parcel.Carrier = nil }, "UPS", "2026-11-23", read[:1]},
		{
			"date without carrier", func(r *pluginv1.TrackingRecord) {
				r.Parcel.Carrier, r.Parcel.ShipDate = nil, proto.String("2026-11-24")
			},
			"UPS", "2026-11-24", written,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			record := parcel(b.place(orderOf("LP-15", "2")), oneZ)
			first := b.forward(record, nil)
			made := b.shipment()
			b.byHand("PUT", "/shipmentorders/"+made.ID+"?salesorder_id="+made.OrderID+"&package_ids="+made.PackageIDs[0],
				`{"date":"2026-11-23","delivery_method":"UPS","tracking_number":"`+oneZ+`","notes":"ring twice","shipping_charge":7,
				"reference_number":"R-1"}`)
			sameCalls(t, b.calls(func() { want(t, b.forward(changed(record, test.change), first), isDelivered, "") }), test.calls...)
			got := b.shipment()
			if got.DeliveryMethod != test.carrier || got.Date != test.date || got.ID != made.ID {
				t.Errorf("shipment is %+v", got)
			}
			if got.Notes != "ring twice" || got.ShippingCharge != "7" || got.Reference != "R-1" || got.Number != oneZ {
				t.Errorf("what the shipment had besides is gone: %+v", got)
			}
			b.wantPackages(oneZ + ": LP-15 2")
		})
	}
}

// TestNumberChangedAtZoho: ours is known by its id, and gets its number back.
func TestNumberChangedAtZoho(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	record := parcel(b.place(orderOf("LP-15", "2")), oneZ)
	record.Parcel.Carrier = nil
	first := b.forward(record, nil)
	made := b.shipment()
	b.byHand("PUT", "/shipmentorders/"+made.ID+"?salesorder_id="+made.OrderID+"&package_ids="+made.PackageIDs[0],
		`{"date":"2026-11-23","delivery_method":"Other","tracking_number":"a mistake"}`)
	want(t, b.forward(record, first), isDelivered, "")
	if got := b.shipment().TrackingNumber; got != oneZ {
		t.Errorf("tracking number is %q", got)
	}
}

// TestSomebodyElsesShipment has the number of the parcel.
func TestSomebodyElsesShipment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		carrier   string
		overwrite string
		outcome   pluginv1.Outcome
		differing []string
		written   bool
	}{
		{name: "equal", carrier: "UPS", outcome: isPresent},
		{name: "different", carrier: "FedEx", outcome: isPresent, differing: []string{"delivery_method"}},
		{name: "equal, to be overwritten", carrier: "UPS", overwrite: "true", outcome: isPresent},
		{name: "different, to be overwritten", carrier: "FedEx", overwrite: "true", outcome: isDelivered, written: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if test.overwrite != "" {
				b.set("update_existing", test.overwrite)
			}
			record := parcel(b.place(orderOf("LP-15", "2")), oneZ, item("LP-15", "2"))
			id := b.shipByHand(b.packByHand("1"), "1z999AA1 0123456784", test.carrier)
			// The same on every revision, and after a doubtful send: it never becomes ours.
			first := b.forward(record, nil)
			want(t, first, test.outcome, "")
			again := b.header("", first)
			again.FateUnknown = true
			second := b.Forward(b.settings, b.secrets, &pluginv1.TrackingDelivery{Header: again, Record: record})[again.GetDeliveryId()]
			if !test.written {
				want(t, second, test.outcome, "")
			}
			for _, r := range []*pluginv1.DeliveryResult{first, second} {
				if r.GetRemoteId() != id {
					t.Errorf("remote id is %s", r.GetRemoteId())
				}
			}
			if !slices.Equal(first.GetDifferingFields(), test.differing) {
				t.Errorf("differing are %q", first.GetDifferingFields())
			}
			if got := b.shipment(); (got.DeliveryMethod == "UPS") != (test.written || test.carrier == "UPS") {
				t.Errorf("shipment is %+v", got)
			}
			r := b.forward(voided(record), second)
			want(t, r, isSkipped, "PARCEL_VOIDED")
			wantHint(t, r, "left alone")
			b.wantPackages("PKG-00001: LP-15 1")
		})
	}
}

// TestSeveralPackagesInAShipment: a shipment that is written keeps them all.
func TestSeveralPackagesInAShipment(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("update_existing", "true")
	record := parcel(b.place(orderOf("LP-15", "2")), oneZ)
	b.shipByHand(b.packByHand("1")+","+b.packByHand("1"), oneZ, "FedEx")
	want(t, b.forward(record, nil), isDelivered, "")
	if got := b.shipment(); len(got.PackageIDs) != 2 || got.DeliveryMethod != "UPS" {
		t.Errorf("shipment is %+v", got)
	}
}

// TestGoneAtZoho: what somebody deleted is made anew by the next revision.
func TestGoneAtZoho(t *testing.T) {
	t.Parallel()
	for _, unpacked := range []bool{false, true} {
		b := newBench(t)
		record := parcel(b.place(orderOf("LP-15", "2")), oneZ)
		first := b.forward(record, nil)
		b.byHand("DELETE", "/shipmentorders/"+first.GetRemoteId(), "")
		if unpacked {
			b.byHand("DELETE", "/packages/"+b.org.Packages()[0].ID, "")
		}
		second := b.forward(record, first)
		want(t, second, isDelivered, "")
		if second.GetRemoteId() == first.GetRemoteId() {
			t.Error("the remote id is that of the shipment that is gone")
		}
		b.wantPackages(oneZ + ": LP-15 2")
	}
}

// TestMovedToAnotherOrder: the parcel is taken back from the first order.
func TestMovedToAnotherOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "2"))
	other := orderOf("MS-02", "3")
	other.OrderId = "another"
	record := parcel(o, oneZ)
	first := b.forward(record, nil)
	moved := parcel(other, oneZ)
	waiting := b.forward(moved, first)
	want(t, waiting, isRetry, "ORDER_NOT_FOUND")
	b.wantPackages(oneZ + ": LP-15 2")
	b.place(other)
	second := b.forward(moved, first)
	want(t, second, isDelivered, "")
	b.wantPackages(oneZ + ": MS-02 3")
	// And back, although Zoho does not let go of it at first.
	b.byHand("POST", "/shipmentorders/"+second.GetRemoteId()+"/status/delivered", "")
	want(t, b.forward(record, second), isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 2")
}

// TestNumberOfSomethingElse: another order has a package or a shipment of the number.
func TestNumberOfSomethingElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "2"))
	packageID := b.packByHand("1")
	b.byHand("POST", "/shipmentorders?ignore_auto_number_generation=true&salesorder_id="+b.order().ID+"&package_ids="+packageID,
		`{"date":"2026-11-23","delivery_method":"UPS","tracking_number":"other","shipment_number":"`+oneZ+`"}`)
	r := b.forward(parcel(o, oneZ), nil)
	want(t, r, isRejected, "NUMBER_TAKEN")
	wantHint(t, r, oneZ, "shipment")
	if r.GetFixScope() != fixSettings {
		t.Errorf("fix scope is %s", r.GetFixScope())
	}
	// Once the other one is gone, the package that was made gets its shipment.
	b.byHand("DELETE", "/shipmentorders/"+b.shipment().ID, "")
	b.byHand("DELETE", "/packages/"+packageID, "")
	want(t, b.forward(parcel(o, oneZ), r), isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 1")

	other := orderOf("LP-15", "2")
	other.OrderId = "another"
	b.place(other)
	taken := b.forward(parcel(other, oneZ), nil)
	want(t, taken, isRejected, "NUMBER_TAKEN")
	wantHint(t, taken, oneZ, "package")
}
