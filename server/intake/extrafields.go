package intake

import (
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/store"
)

func orderExtraFields(order *commercev1.Order) []store.ExtraField {
	names := newExtraFieldNames(order.GetOrderSource())
	names.add(store.OrderField, order.GetExtraFields())
	for _, line := range order.GetLineItems() {
		names.add(store.LineItemField, line.GetExtraFields())
	}
	return names.fields
}

func shipmentExtraFields(shipment *commercev1.Shipment) []store.ExtraField {
	names := newExtraFieldNames(shipment.GetOrderSource())
	names.add(store.ShipmentField, shipment.GetExtraFields())
	for _, parcel := range shipment.GetParcels() {
		names.add(store.ParcelField, parcel.GetExtraFields())
	}
	return names.fields
}

// extraFieldNames gathers each name once: a thousand lines share a dozen.
type extraFieldNames struct {
	source string
	seen   map[store.ExtraField]bool
	fields []store.ExtraField
}

func newExtraFieldNames(source string) *extraFieldNames {
	return &extraFieldNames{source: source, seen: map[store.ExtraField]bool{}}
}

func (n *extraFieldNames) add(level store.ExtraFieldLevel, values map[string]string) {
	for name := range values {
		field := store.ExtraField{Source: n.source, Level: level, Name: name}
		if !n.seen[field] {
			n.seen[field] = true
			n.fields = append(n.fields, field)
		}
	}
}
