package zoho

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// containing is a record with other contents.
func containing(record *pluginv1.TrackingRecord, contents ...*commercev1.ParcelItem) *pluginv1.TrackingRecord {
	return changed(record, func(r *pluginv1.TrackingRecord) { r.Parcel.Contents = contents })
}

func TestContentsChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	record := parcel(b.place(orderOf("LP-15", "2", "MS-02", "3")), oneZ, item("LP-15", "2"))
	first := b.forward(record, nil)
	edit := containing(record, item("LP-15", "1"), item("MS-02", "3"))
	var second *pluginv1.DeliveryResult
	sameCalls(t, b.calls(func() { second = b.forward(edit, first) }),
		"GET /salesorders/{id}", "GET /packages/{id}", "GET /shipmentorders/{id}", "DELETE /shipmentorders/{id}",
		"DELETE /packages/{id}", "GET /salesorders/{id}", "POST /packages", "POST /shipmentorders")
	want(t, second, isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 1, MS-02 3")
	if second.GetRemoteId() != b.shipment().ID {
		t.Errorf("remote id is %s", second.GetRemoteId())
	}
	// Contents that are not known any more, or written in another way, change nothing.
	want(t, b.forward(containing(record), second), isDelivered, "")
	same := containing(record, item("MS-02", "3.0"), item("LP-15", "0.5"), item("LP-15", "0.50"))
	sameCalls(t, b.calls(func() { want(t, b.forward(same, second), isDelivered, "") }),
		"GET /salesorders/{id}", "GET /shipmentorders/{id}")
	b.wantPackages(oneZ + ": LP-15 1, MS-02 3")
}

// TestContentsBecomeKnown: if they are what was packed, nothing is made anew.
func TestContentsBecomeKnown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	record := parcel(b.place(orderOf("LP-15", "2", "MS-02", "3")), oneZ)
	first := b.forward(record, nil)
	known := containing(record, item("LP-15", "2"), item("MS-02", "3"))
	var second *pluginv1.DeliveryResult
	sameCalls(t, b.calls(func() { second = b.forward(known, first) }),
		"GET /salesorders/{id}", "GET /packages/{id}", "GET /shipmentorders/{id}")
	want(t, second, isDelivered, "")
	sameCalls(t, b.calls(func() { want(t, b.forward(known, second), isDelivered, "") }),
		"GET /salesorders/{id}", "GET /shipmentorders/{id}")
	third := b.forward(containing(record, item("LP-15", "2")), second)
	want(t, third, isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 2")
}

// TestContentsThatCannotBe: what is there stays until the contents are right.
func TestContentsThatCannotBe(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	record := parcel(b.place(orderOf("LP-15", "2", "MS-02", "3")), oneZ, item("LP-15", "2"))
	first := b.forward(record, nil)
	for reason, contents := range map[string]*commercev1.ParcelItem{
		"OVERPACKED": item("LP-15", "3"), "PARCEL_ITEM_UNKNOWN": item("nothing", "1"),
	} {
		want(t, b.forward(containing(record, contents), first), isRejected, reason)
		b.wantPackages(oneZ + ": LP-15 2")
	}
}

// TestContentsThatZohoKeeps: Zoho does not let go of what arrived.
func TestContentsThatZohoKeeps(t *testing.T) {
	t.Parallel()
	refused := zohotest.Failure(400, 4711, "It is delivered")
	for _, test := range []struct {
		name      string
		fault     zohotest.Fault
		differing []string
	}{
		{"shipment", refused.On("DELETE", "/shipmentorders/{id}"), []string{"contents", "delivery_method"}},
		{"package", refused.On("DELETE", "/packages/{id}"), []string{"contents"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			record := parcel(b.place(orderOf("LP-15", "2", "MS-02", "3")), oneZ, item("LP-15", "2"))
			first := b.forward(record, nil)
			b.stand.Script(test.fault)
			edit := containing(record, item("LP-15", "1"))
			edit.Parcel.Carrier = proto.String("DHL")
			second := b.forward(edit, first)
			want(t, second, isPresent, "")
			wantHint(t, second, "does not take the "+test.name+" back", "by hand")
			if !slices.Equal(second.GetDifferingFields(), test.differing) || second.GetRemoteId() != b.shipment().ID {
				t.Errorf("differing are %q, remote id %s", second.GetDifferingFields(), second.GetRemoteId())
			}
			b.wantPackages(oneZ + ": LP-15 2")
			// Later it does.
			want(t, b.forward(edit, second), isDelivered, "")
			b.wantPackages(oneZ + ": LP-15 1")
		})
	}
}

// TestContentsChangedInACrash: the process died between the posts, and the parcel was
// edited before it came back; nothing was kept.
func TestContentsChangedInACrash(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	record := parcel(b.place(orderOf("LP-15", "2", "MS-02", "3")), oneZ, item("LP-15", "2"))
	for _, shipped := range []bool{false, true} {
		fault := zohotest.Reset().On("POST", "/shipmentorders")
		if shipped {
			fault = fault.AfterStore()
		}
		b.stand.Script(fault)
		want(t, b.forward(record, nil), isUnknown, "")
		h := b.header("", nil)
		h.FateUnknown, h.Revision = true, 2
		edit := containing(record, item("MS-02", "2"))
		r := b.Forward(b.settings, b.secrets, &pluginv1.TrackingDelivery{Header: h, Record: edit})[h.GetDeliveryId()]
		want(t, r, isDelivered, "")
		b.wantPackages(oneZ + ": MS-02 2")
		want(t, b.forward(voided(edit), r), isDelivered, "WITHDRAWN")
	}
}

// TestRepackingTellsNoLines: where a package does not show its lines, it is made anew all
// the same.
func TestRepackingTellsNoLines(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	record := parcel(b.place(orderOf("LP-15", "2")), oneZ, item("LP-15", "2"))
	first := b.forward(record, nil)
	b.stand.Script(zohotest.Body(200, "application/json", `{"code":0,"package":{"package_id":"1","line_items":[{"quantity":2}]}}`).
		On("GET", "/packages/{id}"))
	want(t, b.forward(containing(record, item("LP-15", "1")), first), isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 1")
}
