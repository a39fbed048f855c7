package plugin

import (
	"github.com/spurline/spurline/plugins/sdk"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// salesOrder is an order as the remote takes it.
type salesOrder struct {
	Reference string            `json:"reference_number"`
	Number    string            `json:"salesorder_number,omitempty"`
	Source    string            `json:"source,omitempty"`
	Customer  contact           `json:"customer"`
	ShipTo    address           `json:"shipping_address"`
	Lines     []line            `json:"line_items"`
	Currency  string            `json:"currency_code,omitempty"`
	Shipping  string            `json:"delivery_method,omitempty"`
	Total     string            `json:"total,omitempty"`
	Notes     string            `json:"notes,omitempty"`
	Custom    map[string]string `json:"custom_fields,omitempty"`
}

type contact struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

type address struct {
	Attention string   `json:"attention,omitempty"`
	Lines     []string `json:"lines,omitempty"`
	City      string   `json:"city,omitempty"`
	State     string   `json:"state,omitempty"`
	Zip       string   `json:"zip,omitempty"`
	Country   string   `json:"country,omitempty"`
}

type line struct {
	SKU         string            `json:"sku,omitempty"`
	Name        string            `json:"name,omitempty"`
	Description string            `json:"description,omitempty"`
	Quantity    string            `json:"quantity"`
	Rate        string            `json:"rate,omitempty"`
	Tax         string            `json:"tax,omitempty"`
	Custom      map[string]string `json:"custom_fields,omitempty"`
}

func orderBody(order *commercev1.Order) salesOrder {
	body := salesOrder{
		Reference: order.GetOrderId(), Number: order.GetOrderNumber(), Source: order.GetOrderSource(),
		Customer: contact{
			Name: order.GetCustomer().GetName(), Email: order.GetCustomer().GetEmail(),
			Phone: order.GetCustomer().GetPhone(),
		},
		ShipTo: address{
			Attention: order.GetShipTo().GetName(), Lines: order.GetShipTo().GetLines(),
			City: order.GetShipTo().GetCity(), State: order.GetShipTo().GetState(),
			Zip: order.GetShipTo().GetPostalCode(), Country: order.GetShipTo().GetCountryCode(),
		},
		Currency: order.GetCurrencyCode(), Shipping: order.GetShippingMethod(),
		Total: order.GetTotals().GetGrandTotal().GetAmount(), Custom: order.GetExtraFields(),
	}
	for _, note := range order.GetNotes() {
		body.Notes += note.GetText()
	}
	for _, item := range order.GetLineItems() {
		body.Lines = append(body.Lines, line{
			SKU: item.GetSku(), Name: item.GetName(), Description: item.GetName(), Quantity: item.GetQuantity(),
			Rate: item.GetUnitPrice().GetAmount(), Tax: item.GetTax().GetAmount(), Custom: item.GetExtraFields(),
		})
	}
	return body
}

// trackedParcel is a tracking record as the remote takes it.
type trackedParcel struct {
	Number   string   `json:"tracking_number"`
	Order    string   `json:"order_id"`
	ShipDate string   `json:"ship_date,omitempty"`
	Siblings []string `json:"siblings,omitempty"`
}

func parcelBody(d *sdk.TrackingDelivery) trackedParcel {
	return trackedParcel{
		Number: d.Record.GetParcel().GetTrackingNumber(), Order: d.Record.GetOrderId(),
		ShipDate: d.Record.GetParcel().GetShipDate(), Siblings: d.Record.GetSiblingTrackingNumbers(),
	}
}
