package validation

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// fullOrder has every field.
func fullOrder() *commercev1.Order {
	text := proto.String
	money := func() *commercev1.Money { return &commercev1.Money{CurrencyCode: "USD", Amount: "-19.90"} }
	extra := func() map[string]string { return map[string]string{"asin": "B01"} }
	return &commercev1.Order{
		OrderId: "A-1 #7", OrderNumber: text("1001"), OrderSource: text("amazon"),
		OrderTime: &timestamppb.Timestamp{Seconds: 1, Nanos: 1}, Status: commercev1.OrderStatus_ORDER_STATUS_OPEN,
		Customer: &commercev1.Customer{
			CustomerId: text("7"), Name: text("Jo"), Company: text("Jo Ltd"), Email: text("jo@example.com"),
			Phone: text("+1"), LanguageCode: text("pt-BR"),
		},
		BillTo: fullAddress(), ShipTo: fullAddress(),
		LineItems: []*commercev1.LineItem{{
			LineId: text("1"), Sku: text("S"), Name: text("Shirt"), Quantity: "2.5",
			UnitPrice: money(), Discount: money(), Tax: money(), ExtraFields: extra(),
		}},
		Totals: &commercev1.OrderTotals{
			SubTotal: money(), Discount: money(), Tax: money(), Shipping: money(), Adjustment: money(), GrandTotal: money(),
		},
		CurrencyCode: text("USD"), ShippingMethod: text("UPS"),
		Notes:       []*commercev1.Note{{Kind: commercev1.NoteKind_NOTE_KIND_GIFT, Text: "Hello"}},
		ExtraFields: extra(), RequestedShipDate: text("2026-11-20"), PromisedDeliveryDate: text("2026-11-24"),
		SourceUpdateTime: &timestamppb.Timestamp{Seconds: 1, Nanos: 1},
	}
}

func fullAddress() *commercev1.Address {
	text := proto.String
	return &commercev1.Address{
		Name: text("Jo"), Company: text("Jo Ltd"), Lines: []string{"1 Main St"}, City: text("Austin"),
		State: text("TX"), PostalCode: text("78701"), CountryCode: text("US"), Phone: text("+1"), Email: text("a@b.c"),
	}
}

// fullShipment has every field.
func fullShipment() *commercev1.Shipment {
	text := proto.String
	extra := func() map[string]string { return map[string]string{"zone": "5"} }
	return &commercev1.Shipment{
		OrderId: "A-1", ShipmentId: text("S-1"), OrderSource: text("amazon"), Destination: fullAddress(),
		Warehouse: text("AUS1"), ExtraFields: extra(),
		Parcels: []*commercev1.Parcel{{
			TrackingNumber: "1Z 9", Carrier: text("UPS"), Service: text("Ground"), ShipDate: text("2026-11-20"),
			Weight:   &commercev1.Weight{Value: "1.25", Unit: commercev1.WeightUnit_WEIGHT_UNIT_POUND},
			Contents: []*commercev1.ParcelItem{{LineId: text("1"), Sku: text("S"), Quantity: "1"}},
			Status:   commercev1.ParcelStatus_PARCEL_STATUS_VOIDED, TrackingUrl: text("https://example.com"),
			ExtraFields: extra(),
		}},
	}
}

// fullMessages are one of each type that certain knows, all of their fields set.
func fullMessages() map[string]proto.Message {
	version, id := proto.Int64(7), proto.String("r-1")
	ofOrder := func() *apiv1.SubmitItem {
		return &apiv1.SubmitItem{
			Record: &apiv1.SubmitItem_Order{Order: fullOrder()}, SourceVersion: version, RequestId: id,
		}
	}
	return map[string]proto.Message{
		"order": &apiv1.SubmitOrderRequest{
			Parent: "merchants/acme-1", Order: fullOrder(), SourceVersion: version, RequestId: id,
		},
		"tracking": &apiv1.SubmitTrackingRequest{
			Parent: "merchants/acme-1", Shipment: fullShipment(), SourceVersion: version, RequestId: id,
		},
		"batch": &apiv1.SubmitBatchRequest{Parent: "merchants/acme-1", Items: []*apiv1.SubmitItem{ofOrder()}},
		"stream": &apiv1.SubmitStreamRequest{Items: []*apiv1.StreamItem{
			{Sequence: 1, Parent: "merchants/acme-1", Item: ofOrder()},
		}},
		"item of a stream": &apiv1.StreamItem{Sequence: 1, Parent: "merchants/acme-1", Item: ofOrder()},
		"shipment": &apiv1.SubmitItem{
			Record: &apiv1.SubmitItem_Shipment{Shipment: fullShipment()}, SourceVersion: version, RequestId: id,
		},
	}
}

// variation changes one place of a message at a time and calls try after each.
type variation struct {
	texts []string
	// bounds are the numbers of elements to try.
	bounds []int
	try    func(path string)
	// untried are fields with rules that no variation is known for, and those that the
	// message leaves out.
	untried []string
}

func (v *variation) message(path string, m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		at := path + "." + string(field.Name())
		switch {
		case !m.Has(field):
			if field.ContainingOneof() == nil || field.HasOptionalKeyword() {
				v.untried = append(v.untried, at)
			}
		case field.IsMap():
			v.pairs(at, m.Mutable(field).Map())
		case field.IsList():
			v.list(at, field, m.Mutable(field).List())
		default:
			v.field(at, field, m)
		}
	}
}

func (v *variation) field(at string, field protoreflect.FieldDescriptor, m protoreflect.Message) {
	before := m.Get(field)
	m.Clear(field)
	v.try(at + " absent")
	if field.Message() != nil {
		m.Set(field, m.NewField(field))
		v.try(at + " empty")
		m.Set(field, before)
		v.message(at, m.Mutable(field).Message())
		return
	}
	for _, value := range v.values(field) {
		m.Set(field, value)
		v.try(at)
	}
	m.Set(field, before)
}

func (v *variation) values(field protoreflect.FieldDescriptor) []protoreflect.Value {
	var values []protoreflect.Value
	switch field.Kind() {
	case protoreflect.StringKind:
		for _, text := range v.texts {
			values = append(values, protoreflect.ValueOfString(text))
		}
	case protoreflect.EnumKind:
		for number := range protoreflect.EnumNumber(12) {
			values = append(values, protoreflect.ValueOfEnum(number-2))
		}
	case protoreflect.Int64Kind:
		for _, number := range []int64{math.MinInt64, -1, 0, math.MaxInt64} {
			values = append(values, protoreflect.ValueOfInt64(number))
		}
	default:
		if rules, err := protovalidate.ResolveFieldRules(field); err != nil || rules != nil {
			v.untried = append(v.untried, string(field.FullName()))
		}
	}
	return values
}

// bounds are the numbers of elements that some rule speaks of.
func bounds() []int { return []int{1, 6, 50, 100, 200, 500, 1000, 5000} }

func (v *variation) list(at string, field protoreflect.FieldDescriptor, list protoreflect.List) {
	first := list.Get(0)
	if field.Message() != nil {
		v.message(at+"[0]", first.Message())
	} else {
		for _, text := range v.texts {
			list.Set(0, protoreflect.ValueOfString(text))
			v.try(at + "[0]")
		}
		list.Set(0, first)
	}
	list.Truncate(0)
	v.try(at + " without elements")
	for _, most := range v.bounds {
		for _, n := range []int{most, most + 1} {
			for list.Len() < n {
				list.Append(first)
			}
			v.try(at + " with " + strconv.Itoa(n))
		}
	}
	list.Truncate(1)
	if field.Message() != nil {
		list.Append(list.NewElement())
		v.try(at + " with an empty element")
		list.Truncate(1)
	}
}

func (v *variation) pairs(at string, pairs protoreflect.Map) {
	for _, text := range v.texts {
		key := protoreflect.ValueOfString(text).MapKey()
		pairs.Set(key, protoreflect.ValueOfString("x"))
		v.try(at + "'s key")
		pairs.Clear(key)
		another := protoreflect.ValueOfString("key").MapKey()
		pairs.Set(another, protoreflect.ValueOfString(text))
		v.try(at)
		pairs.Clear(another)
	}
	for _, most := range v.bounds {
		for _, n := range []int{most, most + 1} {
			for i := pairs.Len(); i < n; i++ {
				key := protoreflect.ValueOfString("key " + strconv.Itoa(i)).MapKey()
				pairs.Set(key, protoreflect.ValueOfString("x"))
			}
			v.try(at + " with " + strconv.Itoa(n))
		}
	}
	for i := 1; pairs.Len() > 1; i++ {
		pairs.Clear(protoreflect.ValueOfString("key " + strconv.Itoa(i)).MapKey())
	}
}

// texts are at the edge of every rule for texts.
func texts() []string {
	all := []string{
		"", " ", "\u00a0", "\u200b", "\x00", "\n", "\x7f", "a\tb", "é", "e\u0301", "١", "٣.٥", "数", "\U0001f600", "\u2028",
		"USD", "usd", "US", "USDX", "U1D", "USD\n", "ÜSD", "DE", "DEU", "de", "D", "D1", "DEUT", "D@", "D[", "D`", "D{",
		"de-DE", "de-", "-de", "de--x", "de-x-1", "pt-BR", "zh-Hant-TW", "de-abcdefghi", "abcdefghi", "d1-DE", "de-1a2",
		"de-\u0660", "de-DE\n",
		"1", "-1", "--1", "+1", "-", "1.", ".5", "1.5", "1.1234567", "1.123456", "1.1.1", "1e5", "1,5",
		"0x1", " 1", "1 ", "1\n",
		"-.5", "123456789", "1234567890", "123456789012", "1234567890123", "123456789012345", "1234567890123456",
		"2026-02-30", "2026-1-01", "2026-02-3x", "2026/02/03", "2026-02-03\n", "20260-02-03", "٢٠٢٦-02-03",
		"2026-02-03T00:00:00Z",
		"merchants/acme", "merchants/a", "merchants/-a", "merchants/a-", "merchants/", "merchants/a/b", "merchants/A",
		"merchants/-", "shops/acme", "acme", "Merchants/acme", "merchants/a_b", "merchants/a\n", "merchants/é",
		"merchants/" + strings.Repeat("a", 63), "merchants/" + strings.Repeat("a", 64),
	}
	for _, most := range []int{32, 64, 128, 254, 256, 1024, 2048, 8192, 16384} {
		all = append(all, strings.Repeat("x", most), strings.Repeat("x", most+1),
			strings.Repeat("ä", most/2), strings.Repeat("ä", most/2)+"x", strings.Repeat("ä", most), strings.Repeat("ä", most+1))
	}
	return all
}

// vary tries the variations of a message: what certain takes has to keep the rules.
func vary(t *testing.T, full proto.Message, texts []string, bounds []int) (tried, taken int) {
	t.Helper()
	rules, err := validator()
	if err != nil {
		t.Fatal(err)
	}
	m := proto.Clone(full)
	v := &variation{texts: texts, bounds: bounds, try: func(path string) {
		tried++
		if !certain(m) {
			return
		}
		taken++
		if err := rules.Validate(m, protovalidate.WithFailFast()); err != nil {
			t.Errorf("%s: certain takes what breaks a rule: %v", path, err)
		}
	}}
	v.message("", m.ProtoReflect())
	if !proto.Equal(m, full) {
		t.Fatal("the message is not what it was: a variation was tried together with another")
	}
	if len(v.untried) > 0 {
		t.Errorf("%v: set them in the full message, and know how to vary them", v.untried)
	}
	return tried, taken
}

// TestCertainTakesOnlyWhatKeepsTheRules, whichever field is changed: the proto is
// the definition, also of fields and rules that come later.
func TestCertainTakesOnlyWhatKeepsTheRules(t *testing.T) {
	t.Parallel()
	for name, full := range fullMessages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !certain(full) {
				t.Errorf("an ordinary message is left to the rules")
			}
			if tried, taken := vary(t, full, texts(), bounds()); taken == 0 || taken == tried {
				t.Errorf("of %d variations %d are taken: they try nothing", tried, taken)
			}
		})
	}
}

// TestCertainLeavesNilToTheRules: it must not panic.
func TestCertainLeavesNilToTheRules(t *testing.T) {
	t.Parallel()
	for _, m := range []proto.Message{
		(*apiv1.SubmitOrderRequest)(nil), (*apiv1.SubmitBatchRequest)(nil), (*apiv1.StreamItem)(nil),
		&apiv1.SubmitOrderRequest{Parent: "merchants/acme"},
		&apiv1.SubmitItem{Record: &apiv1.SubmitItem_Order{}},
		&apiv1.SubmitItem{Record: &apiv1.SubmitItem_Shipment{}},
		&apiv1.SubmitItem{Record: &apiv1.SubmitItem_Order{Order: &commercev1.Order{
			OrderId: "1", LineItems: []*commercev1.LineItem{nil},
		}}},
		&apiv1.SubmitItem{Record: &apiv1.SubmitItem_Order{Order: &commercev1.Order{
			OrderId: "1", Notes: []*commercev1.Note{nil},
		}}},
		&apiv1.SubmitItem{Record: &apiv1.SubmitItem_Shipment{Shipment: &commercev1.Shipment{
			OrderId: "1", Parcels: []*commercev1.Parcel{nil},
		}}},
	} {
		if certain(m) {
			t.Errorf("%T %v is taken", m, m)
		}
	}
}

// FuzzCertain puts a text into every place that takes one.
func FuzzCertain(f *testing.F) {
	for _, text := range []string{"", "USD", "-1.5", "pt-BR", "merchants/a", "\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, full := range fullMessages() {
			vary(t, full, []string{text}, nil)
		}
	})
}
