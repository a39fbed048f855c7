package intake

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/store"
)

func orderWith(change func(*commercev1.Order)) *commercev1.Order {
	o := &commercev1.Order{
		OrderId: "A-1", OrderSource: proto.String("amazon"),
		LineItems: []*commercev1.LineItem{{Quantity: "1", ExtraFields: map[string]string{"a": "1", "b": "2"}}},
		ShipTo:    &commercev1.Address{CountryCode: proto.String("US")},
	}
	change(o)
	return o
}

// TestEqualContentHasEqualHashes: what says the same is the same, and nothing
// else.
func TestEqualContentHasEqualHashes(t *testing.T) {
	t.Parallel()
	unknown := protowire.AppendTag(nil, 15_000, protowire.VarintType)
	unknown = protowire.AppendVarint(unknown, 1)
	tests := []struct {
		name   string
		change func(*commercev1.Order)
		equal  bool
	}{
		{"nothing", func(*commercev1.Order) {}, true},
		{"an empty text", func(o *commercev1.Order) { o.OrderNumber = proto.String("") }, true},
		{"an empty text further in", func(o *commercev1.Order) { o.ShipTo.City = proto.String("") }, true},
		{"an empty text in a line", func(o *commercev1.Order) { o.LineItems[0].Sku = proto.String("") }, true},
		{"a field of a newer sender", func(o *commercev1.Order) { o.ProtoReflect().SetUnknown(unknown) }, true},
		{"another source", func(o *commercev1.Order) { o.OrderSource = proto.String("ebay") }, false},
		{"another extra field", func(o *commercev1.Order) { o.LineItems[0].ExtraFields["b"] = "" }, false},
	}
	base, err := orderCandidate(orderWith(func(*commercev1.Order) {}), "order", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changed, err := orderCandidate(orderWith(test.change), "order", nil, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.Equal(base.submission.Order.Hash, changed.submission.Order.Hash); got != test.equal {
				t.Errorf("equal hashes: %t, want %t", got, test.equal)
			}
		})
	}
}

// TestHashesStayTheSame: with other hashes every record that is sent again would be a
// revision, and every repeated request another one. If they have to change, so does
// contentVersion.
func TestHashesStayTheSame(t *testing.T) {
	t.Parallel()
	version := int64(7)
	order, err := orderCandidate(ordinaryOrder(), "order", &version, "r")
	if err != nil {
		t.Fatal(err)
	}
	tracking, err := shipmentCandidate(&commercev1.Shipment{
		OrderId: "A-1", OrderSource: proto.String("amazon"), ExtraFields: map[string]string{"b": "2", "a": "1"},
		Parcels: []*commercev1.Parcel{{TrackingNumber: "N1", Carrier: proto.String("")}, {TrackingNumber: "N2"}},
	}, "shipment", nil, "r")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		hash []byte
		want string
	}{
		{"order", order.submission.Order.Hash, "c87e275f3df08126a6576fe086457fa6da2084a72cb541dccc5d64104805bbd2"},
		{"its request", order.submission.RequestHash, "94de7257d3fd58977543c65890ff73ccc1b0167642077c436b8d0adb6473e9d5"},
		{"parcel", tracking.submission.Parcels[1].Hash, "f3600aa90cf01ff707f8bb09f32046af4eb26b2526fed35e322c3be41d198720"},
		{"its request", tracking.submission.RequestHash, "2783a111039a3f58a4c2efba66761d6a1380b8d5b58348f8cce9c534e6ebfe32"},
	} {
		if got := hex.EncodeToString(c.hash); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestRequestHashCoversTheSourceVersion(t *testing.T) {
	t.Parallel()
	one, two := int64(1), int64(2)
	hashes := map[string]bool{}
	for _, version := range []*int64{nil, &one, &two} {
		c, err := orderCandidate(orderWith(func(*commercev1.Order) {}), "order", version, "r")
		if err != nil {
			t.Fatal(err)
		}
		hashes[string(c.submission.RequestHash)] = true
	}
	if len(hashes) != 3 {
		t.Errorf("three source versions give %d hashes", len(hashes))
	}
}

// TestParcelsStandAlone: the record of a parcel does not change when its siblings
// do.
func TestParcelsStandAlone(t *testing.T) {
	t.Parallel()
	shipment := func(numbers ...string) *commercev1.Shipment {
		s := &commercev1.Shipment{OrderId: "A-1", ShipmentId: proto.String("S-1")}
		for _, number := range numbers {
			s.Parcels = append(s.Parcels, &commercev1.Parcel{TrackingNumber: number})
		}
		return s
	}
	alone, err := shipmentCandidate(shipment("N1"), "shipment", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	together, err := shipmentCandidate(shipment("N1", "N2"), "shipment", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(together.submission.Parcels) != 2 ||
		!bytes.Equal(alone.submission.Parcels[0].Hash, together.submission.Parcels[0].Hash) {
		t.Error("a further parcel makes the first one another content")
	}
}

// TestVoidedParcelsAreTold: the store learns which parcels exist no more.
func TestVoidedParcelsAreTold(t *testing.T) {
	t.Parallel()
	c, err := shipmentCandidate(&commercev1.Shipment{OrderId: "A-1", Parcels: []*commercev1.Parcel{
		{TrackingNumber: "N1", Status: commercev1.ParcelStatus_PARCEL_STATUS_VOIDED},
		{TrackingNumber: "N2", Status: commercev1.ParcelStatus_PARCEL_STATUS_SHIPPED},
		{TrackingNumber: "N3"},
	}}, "shipment", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for i, voided := range []bool{true, false, false} {
		if parcel := c.submission.Parcels[i]; parcel.Voided != voided {
			t.Errorf("parcel %s is voided: %v", parcel.Number, parcel.Voided)
		}
	}
}

// TestRecordsHaveABound: what would not fit into a call to a plugin is refused
// when it is submitted, not when it is sent.
func TestRecordsHaveABound(t *testing.T) {
	t.Parallel()
	_, err := orderCandidate(orderWith(func(o *commercev1.Order) {
		for range maxRecordBytes / 8192 {
			o.LineItems = append(o.LineItems, &commercev1.LineItem{
				Quantity: "1", ExtraFields: map[string]string{"x": strings.Repeat("y", 8192)},
			})
		}
	}), "order", nil, "")
	if err == nil || !strings.Contains(err.Error(), "at most 4194304") {
		t.Errorf("got %v, want an error that tells the bound", err)
	}
}

// TestShipmentsHaveABound as a whole, with and without a request id.
func TestShipmentsHaveABound(t *testing.T) {
	t.Parallel()
	for _, requestID := range []string{"", "r"} {
		shipment := &commercev1.Shipment{OrderId: "A-1"}
		for i := range 600 {
			shipment.Parcels = append(shipment.Parcels, &commercev1.Parcel{
				TrackingNumber: fmt.Sprint("N", i), ExtraFields: map[string]string{"x": strings.Repeat("y", 8000)},
			})
		}
		_, err := shipmentCandidate(shipment, "shipment", nil, requestID)
		if err == nil || !strings.Contains(err.Error(), "at most 4194304") {
			t.Errorf("request id %q: got %v, want an error that tells the bound", requestID, err)
		}
	}
}

// TestExtraFieldsAreNamedOnce, few or many.
func TestExtraFieldsAreNamedOnce(t *testing.T) {
	t.Parallel()
	for _, names := range []int{3, 5 * fewFields} {
		order := orderWith(func(*commercev1.Order) {})
		fields := map[string]string{}
		for i := range names {
			fields[fmt.Sprint("f", i)] = "v"
		}
		order.ExtraFields = fields
		order.LineItems = []*commercev1.LineItem{{ExtraFields: fields}, {ExtraFields: fields}}
		times := map[store.ExtraField]int{}
		for _, field := range orderExtraFields(order) {
			times[field]++
		}
		for field, n := range times {
			if n != 1 {
				t.Errorf("%v is named %d times", field, n)
			}
		}
		if len(times) != 2*names {
			t.Errorf("%d fields, want %d on each of two levels", len(times), names)
		}
	}
}
