package bench

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

const note = "Please leave the parcel at the back door, behind the blue bin. If nobody answers, ring at the " +
	"neighbours in number 1202; they know us. Do not leave it at the front, it is seen from the street."

// newOrder makes an order of about 1 KiB on the wire. Its id ends in the time at
// which it was to be sent.
func newOrder(series string, n int64, intended time.Time) *commercev1.Order {
	money := func(amount string) *commercev1.Money {
		return &commercev1.Money{CurrencyCode: "USD", Amount: amount}
	}
	line := func(i int) *commercev1.LineItem {
		return &commercev1.LineItem{
			LineId: proto.String(fmt.Sprint(i)), Sku: proto.String(fmt.Sprintf("SKU-%06d-%d", n%1_000_000, i)),
			Name:     proto.String("Cotton T-shirt with a round neck, size M, navy blue"),
			Quantity: "2", UnitPrice: money("19.90"), Tax: money("3.20"),
			ExtraFields: map[string]string{"asin": fmt.Sprintf("B0%08d", n%100_000_000)},
		}
	}
	address := &commercev1.Address{
		Name: proto.String(fmt.Sprintf("Customer Number %d", n)), Lines: []string{"1200 West Main Street", "Apartment 14"},
		City: proto.String("Springfield"), State: proto.String("IL"),
		PostalCode: proto.String("62704"), CountryCode: proto.String("US"),
	}
	return &commercev1.Order{
		OrderId:     fmt.Sprintf("%s-%d-%d", series, n, intended.UnixNano()),
		OrderNumber: proto.String(fmt.Sprintf("#%d", n)), OrderSource: proto.String("shopify"),
		OrderTime: timestamppb.New(intended), Status: commercev1.OrderStatus_ORDER_STATUS_OPEN,
		Customer: &commercev1.Customer{
			Name:  proto.String(fmt.Sprintf("Customer Number %d", n)),
			Email: proto.String(fmt.Sprintf("customer-%d@example.com", n)), Phone: proto.String("+1 217 555 0100"),
		},
		BillTo: address, ShipTo: address,
		LineItems: []*commercev1.LineItem{line(1), line(2), line(3)},
		Totals: &commercev1.OrderTotals{
			SubTotal: money("119.40"), Tax: money("9.60"), Shipping: money("4.90"), GrandTotal: money("133.90"),
		},
		CurrencyCode: proto.String("USD"), ShippingMethod: proto.String("UPS Ground"),
		Notes:       []*commercev1.Note{{Text: note}},
		ExtraFields: map[string]string{"cart_id": fmt.Sprintf("c-%d", n), "channel": "web"},
	}
}
