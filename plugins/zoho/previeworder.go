package zoho

import (
	"fmt"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// PreviewOrder shows the sales order that CopyOrder would send. It calls nobody: what
// Zoho has to be asked for stands in angle brackets.
func (c *Copier) PreviewOrder(d *sdk.OrderDelivery) (sdk.Preview, error) {
	t := c.trip(d.Delivery)
	if d.Order.GetStatus() == commercev1.OrderStatus_ORDER_STATUS_CANCELLED {
		if d.RemoteID == "" {
			return sdk.Preview{Notes: []string{"Nothing is sent: the order was cancelled before it was copied."}}, nil
		}
		return c.previewed(inventory.VoidOrder(d.RemoteID), "The order was cancelled: its sales order is made void."), nil
	}
	f, err := c.gather(d.Order)
	if err != nil {
		//nolint:nilerr // What keeps a record from being sent is what the preview shows.
		return sdk.Preview{Notes: []string{"Nothing is sent: " + err.Error() + "."}}, nil
	}
	items := make([]string, 0, len(d.Order.GetLineItems()))
	for _, sku := range skusOf(d.Order.GetLineItems()) {
		items = append(items, fmt.Sprintf("<item with the SKU %s>", c.mapped(sku)))
	}
	date := ""
	if d.Order.GetOrderTime() != nil {
		date = d.Order.GetOrderTime().AsTime().Format(time.DateOnly)
	}
	customer := "<customer with the order's e-mail address and currency>"
	if f.email == "" || c.rules.CustomerUse == customerForAll {
		customer = c.rules.CustomerID
	}
	body := c.orderBody(f, customer, items, date)
	bill, ship := addressOf(d.Order.GetBillTo()), addressOf(d.Order.GetShipTo())
	if !blank(bill) {
		body.BillingAddress = &bill
	}
	if !blank(ship) {
		body.ShippingAddress = &ship
	}
	notes := []string{
		"Items, customer and addresses are looked up and go out by their ids; the customer is made if need be.",
	}
	if f.figures.AdjustmentDescription != "" {
		notes = append(notes, "The adjustment is: "+f.figures.AdjustmentDescription+".")
	}
	if d.RemoteID != "" {
		return c.previewed(inventory.UpdateOrder(d.RemoteID, body), notes...), nil
	}
	if t.mayHaveArrived() {
		notes = append(notes, "An earlier send may have arrived: the sales order is looked for first.")
	}
	if c.rules.Confirm && d.Order.GetStatus() != commercev1.OrderStatus_ORDER_STATUS_ON_HOLD {
		notes = append(notes, "The sales order is confirmed after that.")
	}
	return c.previewed(inventory.CreateOrder(body), notes...), nil
}

func (c *Copier) previewed(call inventory.Call, notes ...string) sdk.Preview {
	return sdk.Preview{
		Requests: []sdk.PreviewedRequest{{
			Method: call.Endpoint.Method, URL: c.client.ShownURL(call), Body: call.ShownBody(),
		}},
		Notes: append(notes, "The access token goes in the header Authorization and is not shown."),
	}
}
