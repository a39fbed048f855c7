package intake

import (
	"slices"

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
	fields []store.ExtraField
	// seen has the fields if they are too many to look through.
	seen map[store.ExtraField]bool
}

// fewFields are looked through for one that is known.
const fewFields = 16

func newExtraFieldNames(source string) *extraFieldNames { return &extraFieldNames{source: source} }

func (n *extraFieldNames) add(level store.ExtraFieldLevel, values map[string]string) {
	for name := range values {
		field := store.ExtraField{Source: n.source, Level: level, Name: name}
		if n.knows(field) {
			continue
		}
		if n.fields == nil {
			n.fields = make([]store.ExtraField, 0, 2*len(values))
		}
		n.fields = append(n.fields, field)
		switch {
		case n.seen != nil:
			n.seen[field] = true
		case len(n.fields) > fewFields:
			n.seen = make(map[store.ExtraField]bool, 2*len(n.fields))
			for _, known := range n.fields {
				n.seen[known] = true
			}
		}
	}
}

func (n *extraFieldNames) knows(field store.ExtraField) bool {
	if n.seen != nil {
		return n.seen[field]
	}
	return slices.Contains(n.fields, field)
}
