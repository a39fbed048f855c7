package intake

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// fill sets every field of a message, optional texts to the empty one, and a field
// that only a newer sender knows.
func fill(m protoreflect.Message) {
	m.SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 15_000, protowire.VarintType), 1))
	for i := range m.Descriptor().Fields().Len() {
		field := m.Descriptor().Fields().Get(i)
		switch {
		case field.IsMap():
			m.Mutable(field).Map().Set(protoreflect.ValueOfString("").MapKey(), protoreflect.ValueOfString(""))
		case field.IsList() && field.Message() != nil:
			fill(m.Mutable(field).List().AppendMutable().Message())
		case field.IsList():
			m.Mutable(field).List().Append(protoreflect.ValueOfString(""))
		case field.Message() != nil:
			fill(m.Mutable(field).Message())
		case field.HasPresence():
			m.Set(field, field.Default())
		}
	}
}

// normalised is what normalising is: optional texts that are empty and unknown fields
// are cleared throughout.
func normalised(m protoreflect.Message) {
	m.SetUnknown(nil)
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			if field.MapValue().Message() != nil {
				value.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					normalised(v.Message())
					return true
				})
			}
		case field.Message() != nil && field.IsList():
			for i := range value.List().Len() {
				normalised(value.List().Get(i).Message())
			}
		case field.Message() != nil:
			normalised(value.Message())
		case field.Kind() == protoreflect.StringKind && field.HasPresence() && value.String() == "":
			m.Clear(field)
		}
		return true
	})
}

// TestNormaliseKnowsEveryField, also those that come later.
func TestNormaliseKnowsEveryField(t *testing.T) {
	t.Parallel()
	order, shipment := &commercev1.Order{}, &commercev1.Shipment{}
	for name, c := range map[string]struct {
		message   proto.Message
		normalise func()
	}{
		"order":    {order, func() { normaliseOrder(order) }},
		"shipment": {shipment, func() { normaliseShipment(shipment) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fill(c.message.ProtoReflect())
			before := proto.Clone(c.message)
			want := proto.Clone(c.message)
			normalised(want.ProtoReflect())
			c.normalise()
			if !proto.Equal(c.message, want) {
				t.Errorf("got  %v\nwant %v", c.message, want)
			}
			if proto.Equal(before, want) {
				t.Error("there was nothing to normalise")
			}
		})
	}
}

// TestNormaliseTakesAbsentMessages as they are.
func TestNormaliseTakesAbsentMessages(t *testing.T) {
	t.Parallel()
	order := &commercev1.Order{LineItems: []*commercev1.LineItem{{}}, Totals: &commercev1.OrderTotals{}}
	shipment := &commercev1.Shipment{Parcels: []*commercev1.Parcel{{}}}
	wantOrder, wantShipment := proto.Clone(order), proto.Clone(shipment)
	normaliseOrder(order)
	normaliseShipment(shipment)
	if !proto.Equal(order, wantOrder) || !proto.Equal(shipment, wantShipment) {
		t.Errorf("got %v and %v", order, shipment)
	}
}
