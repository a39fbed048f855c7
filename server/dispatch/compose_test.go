package dispatch

import (
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
)

// TestFreshOrderIsTheSameOnTheWire: what goes as it is arrives as what is decoded and
// encoded again.
func TestFreshOrderIsTheSameOnTheWire(t *testing.T) {
	t.Parallel()
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(&commercev1.Order{
		OrderId: "A-1", OrderSource: proto.String("amazon"), LineItems: []*commercev1.LineItem{{Sku: proto.String("S")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	place := trace.Place{Trace: [16]byte{1}, Span: [8]byte{2}, Flags: trace.Sampled}
	loaded := store.LoadedDelivery{
		Delivery: store.Delivery{ID: 7, Connection: 3, Kind: store.OrderRecord, Revision: 1, Trace: place},
		Body:     body, RecordKey: "order:1",
	}
	last := lastOrder{}
	for filter, decoded := range map[string]bool{"": false, "true": true} {
		connection := store.Connection{Key: 3, Filter: filter}
		plain, err := Composer{}.compose(&loaded, &connection)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := Composer{}.composeFresh(&loaded, &connection, &last)
		if err != nil {
			t.Fatal(err)
		}
		if (fresh.fullOrder != nil) != decoded {
			t.Errorf("filter %q: decoded %t, want %t", filter, fresh.fullOrder != nil, decoded)
		}
		raw, err := proto.Marshal(fresh.order)
		if err != nil {
			t.Fatal(err)
		}
		arrived := &pluginv1.OrderDelivery{}
		if err := proto.Unmarshal(raw, arrived); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(arrived, plain.order) || string(fresh.contentKey) != string(plain.contentKey) {
			t.Errorf("filter %q: arrives as %v, want %v", filter, arrived, plain.order)
		}
		if got := arrived.GetHeader().GetTraceparent(); got != place.String() {
			t.Errorf("filter %q: arrives with traceparent %q, want %q", filter, got, place)
		}
	}
}

// TestSiblingsAreToldButNotContent: a parcel is told of the others of its order and of its
// earlier orders, and what becomes of them does not make it another content.
func TestSiblingsAreToldButNotContent(t *testing.T) {
	t.Parallel()
	shipment := &commercev1.Shipment{OrderId: "A-1", Parcels: []*commercev1.Parcel{{TrackingNumber: "N1"}}}
	body, err := proto.Marshal(shipment)
	if err != nil {
		t.Fatal(err)
	}
	loaded := &store.LoadedDelivery{Delivery: store.Delivery{Kind: store.TrackingRecord}, Body: body}
	alone, err := Composer{}.composeTracking(loaded, &store.Connection{})
	if err != nil {
		t.Fatal(err)
	}
	loaded.ParcelNumber, loaded.ParcelCount = 2, 3
	loaded.Siblings, loaded.VoidedSiblings = []string{"N2", "N3"}, []string{"N3"}
	loaded.EarlierOrders = []string{"A-0"}
	built, err := Composer{}.composeTracking(loaded, &store.Connection{})
	if err != nil {
		t.Fatal(err)
	}
	want := &pluginv1.TrackingRecord{
		OrderId: "A-1", Parcel: shipment.Parcels[0], ParcelNumber: 2, ParcelCount: 3, Order: built.tracking.Record.Order,
		SiblingTrackingNumbers: []string{"N2", "N3"}, VoidedSiblingTrackingNumbers: []string{"N3"},
		EarlierOrderIds: []string{"A-0"},
	}
	if got := built.tracking.Record; !proto.Equal(got, want) {
		t.Errorf("record = %v, want %v", got, want)
	}
	if string(alone.contentKey) != string(built.contentKey) {
		t.Error("the siblings of a parcel, or its earlier orders, are its content")
	}
}

// TestOrdersThatFollowEachOther share what is composed of them if they are the same, and
// nothing if they are not.
func TestOrdersThatFollowEachOther(t *testing.T) {
	t.Parallel()
	var last lastOrder
	first, other := []byte("the first"), []byte("the other")
	composeAs := func(body []byte) composed {
		built, err := Composer{}.composeFresh(&store.LoadedDelivery{
			Delivery: store.Delivery{Kind: store.OrderRecord}, Body: body,
		}, &store.Connection{}, &last)
		if err != nil {
			t.Fatal(err)
		}
		return built
	}
	one, same, two, empty := composeAs(first), composeAs(first), composeAs(other), composeAs(nil)
	if !proto.Equal(one.order, same.order) || string(one.contentKey) != string(same.contentKey) {
		t.Errorf("the same order is composed as %v and %v", one.order, same.order)
	}
	for _, different := range []composed{two, empty} {
		if proto.Equal(one.order, different.order) || string(one.contentKey) == string(different.contentKey) {
			t.Errorf("different orders are composed as %v", one.order)
		}
	}
	if !proto.Equal(one.order, composeAs(first).order) {
		t.Errorf("an order changed after it was composed: %v", one.order)
	}
}
