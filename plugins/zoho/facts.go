package zoho

import (
	"cmp"
	"errors"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	"github.com/spurline/spurline/plugins/zoho/internal/pricing"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// facts are what a sales order is made of, as far as nobody has to be asked.
type facts struct {
	order   *commercev1.Order
	number  string
	email   string
	figures pricing.Figures
}

// gather reads the facts of an order. What keeps it from being sent as it is, is the
// error: a pricing.Fault.
func (c *Copier) gather(order *commercev1.Order) (facts, error) {
	f := facts{
		order:  order,
		number: c.orderNumber(order.GetOrderId(), order.GetOrderNumber()),
		email: strings.TrimSpace(cmp.Or(
			order.GetCustomer().GetEmail(), order.GetBillTo().GetEmail(), order.GetShipTo().GetEmail())),
	}
	var err error
	f.figures, err = pricing.Of(order, c.rules.taxes)
	return f, err
}

// orderNumber is the number of the sales order: a repeat is refused by it (section
// 3.4).
func (c *Copier) orderNumber(orderID, orderNumber string) string {
	if c.rules.NumberFrom == numberFromOrderNumber && orderNumber != "" {
		return c.rules.NumberPrefix + orderNumber
	}
	return c.rules.NumberPrefix + orderID
}

// unpriceable is the end of a trip whose order has money that cannot be read.
func unpriceable(err error) error {
	var fault *pricing.Fault
	if errors.As(err, &fault) {
		return stopWith(rejected(fault.Reason, fault.Hint, inventory.FixRecord))
	}
	return stopWith(rejected("AMOUNT_INVALID", "correct the amounts of the order", inventory.FixRecord))
}

// hide notes the customer's data, which must not be shown, and what goes into custom
// fields, as that may be some too.
func (t *trip) hide(order *commercev1.Order) {
	t.private = sdk.PrivateOf(order)
	for _, field := range t.c.customFieldsOf(order) {
		t.private = append(t.private, field.Value)
	}
}
