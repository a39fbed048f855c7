package webhook

import (
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// The functions here say what is sent. They name the fields that go, so that what a
// later version adds to the records stays here until somebody decided on it. They
// share what does not change with the record, which is only read.

// sentOrder is the part of an order that a connection sends.
func sentOrder(o *commercev1.Order, personal, extra bool) *commercev1.Order {
	if o == nil {
		return nil
	}
	sent := &commercev1.Order{
		OrderId: o.OrderId, OrderNumber: o.OrderNumber, OrderSource: o.OrderSource, OrderTime: o.OrderTime,
		Status: o.Status, LineItems: sentLines(o.LineItems, extra), Totals: o.Totals, CurrencyCode: o.CurrencyCode,
		ShippingMethod: o.ShippingMethod, RequestedShipDate: o.RequestedShipDate,
		PromisedDeliveryDate: o.PromisedDeliveryDate, SourceUpdateTime: o.SourceUpdateTime,
	}
	if o.GetShipTo().GetCountryCode() != "" {
		sent.ShipTo = &commercev1.Address{CountryCode: o.ShipTo.CountryCode}
	}
	if personal {
		sent.Customer, sent.BillTo, sent.ShipTo, sent.Notes = o.Customer, o.BillTo, o.ShipTo, o.Notes
	}
	if extra {
		sent.ExtraFields = o.ExtraFields
	}
	return sent
}

func sentLines(lines []*commercev1.LineItem, extra bool) []*commercev1.LineItem {
	if extra {
		return lines
	}
	sent := make([]*commercev1.LineItem, 0, len(lines))
	for _, l := range lines {
		sent = append(sent, &commercev1.LineItem{
			LineId: l.LineId, Sku: l.Sku, Name: l.Name, Quantity: l.Quantity, UnitPrice: l.UnitPrice, Discount: l.Discount,
			Tax: l.Tax,
		})
	}
	return sent
}

// sentRecord is the part of a tracking record that a connection sends.
func sentRecord(r *pluginv1.TrackingRecord, personal, extra bool) *pluginv1.TrackingRecord {
	sent := &pluginv1.TrackingRecord{
		OrderId: r.GetOrderId(), Parcel: sentParcel(r.GetParcel(), extra), ShipmentId: r.GetShipmentId(),
		Order: sentOrder(r.GetOrder(), personal, extra), ParcelNumber: r.GetParcelNumber(),
		ParcelCount: r.GetParcelCount(), SiblingTrackingNumbers: r.GetSiblingTrackingNumbers(),
		VoidedSiblingTrackingNumbers: r.GetVoidedSiblingTrackingNumbers(), EarlierOrderIds: r.GetEarlierOrderIds(),
	}
	if extra {
		sent.ShipmentExtraFields = r.GetShipmentExtraFields()
	}
	return sent
}

func sentParcel(p *commercev1.Parcel, extra bool) *commercev1.Parcel {
	if p == nil {
		return nil
	}
	sent := &commercev1.Parcel{
		TrackingNumber: p.TrackingNumber, Carrier: p.Carrier, Service: p.Service, ShipDate: p.ShipDate, Weight: p.Weight,
		Contents: p.Contents, Status: p.Status, TrackingUrl: p.TrackingUrl,
	}
	if extra {
		sent.ExtraFields = p.ExtraFields
	}
	return sent
}
