package webhook

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestEveryFieldIsDecidedOn: each field of the records is sent always, with personal
// data, or with extra fields. A new one fails this test until somebody says which.
func TestEveryFieldIsDecidedOn(t *testing.T) {
	t.Parallel()
	decided := map[string]struct{ personal, extra []protoreflect.Name }{
		"spurline.commerce.v1.Order": {
			personal: []protoreflect.Name{"customer", "bill_to", "notes"}, extra: []protoreflect.Name{"extra_fields"},
		},
		"spurline.commerce.v1.LineItem":     {extra: []protoreflect.Name{"extra_fields"}},
		"spurline.commerce.v1.Parcel":       {extra: []protoreflect.Name{"extra_fields"}},
		"spurline.plugin.v1.TrackingRecord": {extra: []protoreflect.Name{"shipment_extra_fields"}},
	}
	order, record := &commercev1.Order{}, &pluginv1.TrackingRecord{}
	fill(order.ProtoReflect())
	fill(record.ProtoReflect())
	for _, personal := range []bool{false, true} {
		for _, extra := range []bool{false, true} {
			for _, pair := range [][2]protoreflect.Message{
				{order.ProtoReflect(), sentOrder(order, personal, extra).ProtoReflect()},
				{order.LineItems[0].ProtoReflect(), sentOrder(order, personal, extra).LineItems[0].ProtoReflect()},
				{record.ProtoReflect(), sentRecord(record, personal, extra).ProtoReflect()},
				{record.Parcel.ProtoReflect(), sentRecord(record, personal, extra).Parcel.ProtoReflect()},
				{record.Order.ProtoReflect(), sentRecord(record, personal, extra).Order.ProtoReflect()},
			} {
				d := pair[0].Descriptor()
				rule, known := decided[string(d.FullName())]
				if !known {
					t.Fatalf("nothing is decided on %s", d.FullName())
				}
				for i := range d.Fields().Len() {
					f := d.Fields().Get(i)
					want := (personal || !slices.Contains(rule.personal, f.Name())) &&
						(extra || !slices.Contains(rule.extra, f.Name()))
					if got := pair[1].Has(f); got != want {
						t.Errorf("personal %v, extra %v: %s is sent: %v", personal, extra, f.FullName(), got)
					}
				}
			}
		}
	}
	country := &commercev1.Address{CountryCode: order.ShipTo.CountryCode}
	if got := sentOrder(order, false, true).ShipTo; !proto.Equal(got, country) {
		t.Errorf("without personal data, of the destination %v is sent", got)
	}
	if got := sentOrder(order, true, true); !proto.Equal(got, order) {
		t.Errorf("with everything, %v is sent", got)
	}
	if got := sentRecord(record, true, true); !proto.Equal(got, record) {
		t.Errorf("with everything, %v is sent", got)
	}
}

// fill gives every field a value.
func fill(m protoreflect.Message) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		switch {
		case f.IsMap():
			m.Mutable(f).Map().Set(protoreflect.ValueOfString("k").MapKey(), protoreflect.ValueOfString("v"))
		case f.IsList() && f.Kind() == protoreflect.MessageKind:
			fill(m.Mutable(f).List().AppendMutable().Message())
		case f.IsList():
			m.Mutable(f).List().Append(scalar(f))
		case f.Kind() == protoreflect.MessageKind:
			fill(m.Mutable(f).Message())
		default:
			m.Set(f, scalar(f))
		}
	}
}

func scalar(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(1)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(1)
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(1)
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(1)
	default:
		return protoreflect.ValueOfString("x")
	}
}
