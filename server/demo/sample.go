package demo

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// The sample merchant and its order.
const (
	merchantID = "demo"
	orderID    = "112-4567890-1234567"
)

// SKUs are those of the sample order.
func SKUs() []string { return []string{"LP-15", "BAG-15"} }

func money(amount string) *commercev1.Money {
	return &commercev1.Money{CurrencyCode: "USD", Amount: amount}
}

func sampleOrder(now time.Time) *commercev1.Order {
	return &commercev1.Order{
		OrderId:     orderID,
		OrderNumber: proto.String("1001"),
		OrderSource: proto.String("amazon"),
		OrderTime:   timestamppb.New(now),
		Status:      commercev1.OrderStatus_ORDER_STATUS_OPEN,
		Customer:    &commercev1.Customer{Name: proto.String("Jo Doe"), Email: proto.String("jo@example.com")},
		ShipTo: &commercev1.Address{
			Name: proto.String("Jo Doe"), Lines: []string{"1 Main St"}, City: proto.String("Austin"),
			State: proto.String("TX"), PostalCode: proto.String("73301"), CountryCode: proto.String("US"),
		},
		LineItems: []*commercev1.LineItem{
			{
				LineId: proto.String("1"), Sku: proto.String("LP-15"), Name: proto.String("Laptop 15"), Quantity: "2",
				UnitPrice: money("899.00"), Tax: money("148.34"), ExtraFields: map[string]string{"asin": "B0EXAMPLE1"},
			},
			{
				LineId: proto.String("2"), Sku: proto.String("BAG-15"), Name: proto.String("Sleeve 15"), Quantity: "2",
				UnitPrice: money("29.90"), Discount: money("5.00"), ExtraFields: map[string]string{"asin": "B0EXAMPLE2"},
			},
		},
		Totals: &commercev1.OrderTotals{
			SubTotal: money("1852.80"), Tax: money("148.34"), Shipping: money("0.00"), GrandTotal: money("2001.14"),
		},
		CurrencyCode:   proto.String("USD"),
		ShippingMethod: proto.String("Ground"),
		ExtraFields:    map[string]string{"is_prime": "true"},
	}
}

func sampleShipment(now time.Time) *commercev1.Shipment {
	day := now.Format(time.DateOnly)
	parcel := func(number, carrier string, items ...*commercev1.ParcelItem) *commercev1.Parcel {
		return &commercev1.Parcel{
			TrackingNumber: number, Carrier: proto.String(carrier), ShipDate: proto.String(day),
			Status: commercev1.ParcelStatus_PARCEL_STATUS_SHIPPED, Contents: items,
		}
	}
	item := func(line, sku string) *commercev1.ParcelItem {
		return &commercev1.ParcelItem{LineId: proto.String(line), Sku: proto.String(sku), Quantity: "1"}
	}
	return &commercev1.Shipment{
		OrderId:    orderID,
		ShipmentId: proto.String("S-1"),
		Parcels: []*commercev1.Parcel{
			parcel("1Z999AA10123456784", "UPS", item("1", "LP-15"), item("2", "BAG-15")),
			parcel("1Z999AA10123456793", "UPS", item("1", "LP-15")),
			parcel("9400110200881234567890", "USPS", item("2", "BAG-15")),
		},
	}
}
