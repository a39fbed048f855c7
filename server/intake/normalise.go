package intake

import (
	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// Normalising clears optional texts that are empty and unknown fields, throughout the
// message: an empty text says nothing, and content that says the same must have the
// same hash. It is written out by type, a tenth of what finding the fields by
// reflection costs; a test holds it against that.

func normaliseOrder(m *commercev1.Order) {
	clearUnknown(m)
	clearEmpty(&m.OrderNumber, &m.OrderSource, &m.CurrencyCode, &m.ShippingMethod,
		&m.RequestedShipDate, &m.PromisedDeliveryDate)
	if m.Customer != nil {
		clearUnknown(m.Customer)
		clearEmpty(&m.Customer.CustomerId, &m.Customer.Name, &m.Customer.Company, &m.Customer.Email,
			&m.Customer.Phone, &m.Customer.LanguageCode)
	}
	normaliseAddress(m.BillTo)
	normaliseAddress(m.ShipTo)
	for _, line := range m.LineItems {
		normaliseLine(line)
	}
	if m.Totals != nil {
		clearUnknown(m.Totals)
		clearUnknown(m.Totals.SubTotal, m.Totals.Discount, m.Totals.Tax, m.Totals.Shipping,
			m.Totals.Adjustment, m.Totals.GrandTotal)
	}
	for _, note := range m.Notes {
		clearUnknown(note)
	}
	clearUnknown(m.OrderTime, m.SourceUpdateTime)
}

func normaliseAddress(m *commercev1.Address) {
	if m == nil {
		return
	}
	clearUnknown(m)
	clearEmpty(&m.Name, &m.Company, &m.City, &m.State, &m.PostalCode, &m.CountryCode, &m.Phone, &m.Email)
}

func normaliseLine(m *commercev1.LineItem) {
	clearUnknown(m)
	clearEmpty(&m.LineId, &m.Sku, &m.Name)
	clearUnknown(m.UnitPrice, m.Discount, m.Tax)
}

func normaliseShipment(m *commercev1.Shipment) {
	clearUnknown(m)
	clearEmpty(&m.ShipmentId, &m.OrderSource, &m.Warehouse)
	normaliseAddress(m.Destination)
	for _, parcel := range m.Parcels {
		clearUnknown(parcel)
		clearEmpty(&parcel.Carrier, &parcel.Service, &parcel.ShipDate, &parcel.TrackingUrl)
		clearUnknown(parcel.Weight)
		for _, content := range parcel.Contents {
			clearUnknown(content)
			clearEmpty(&content.LineId, &content.Sku)
		}
	}
}

// clearEmpty clears those of the optional texts that are empty.
func clearEmpty(texts ...**string) {
	for _, text := range texts {
		if *text != nil && **text == "" {
			*text = nil
		}
	}
}

// clearUnknown clears the fields that a newer sender knows. Messages may be nil.
func clearUnknown[M proto.Message](messages ...M) {
	for _, m := range messages {
		if reflected := m.ProtoReflect(); len(reflected.GetUnknown()) > 0 {
			reflected.SetUnknown(nil)
		}
	}
}
