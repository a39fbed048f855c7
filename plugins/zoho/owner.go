package zoho

import (
	"context"
	"slices"

	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// mine says that Spurline made a sales order for this record, or may have. One that was
// met before is somebody else's, whatever became of the sends since.
func (t *trip) mine(there inventory.SalesOrder) bool {
	return t.kept.Made || t.mayHaveArrived() && string(there.ID) != t.delivery.RemoteID
}

// foundByNumber says that nothing but its numbers tells that a sales order is that of
// this record.
func (t *trip) foundByNumber(there inventory.SalesOrder) bool {
	return !t.kept.Made && string(there.ID) != t.delivery.RemoteID
}

// another says by what differs that a sales order with our numbers is of another order
// with an equal id, as another shop of the organisation may have one: it is of another
// customer, and not only that is different. What an earlier send of this revision made
// is of the same customer.
func (t *trip) another(names []string) bool {
	resent := t.mayHaveArrived() && t.delivery.Revision <= 1
	return slices.Contains(names, "customer_id") && (resent || slices.ContainsFunc(names, func(name string) bool {
		return slices.Contains([]string{"date", "line_items", "total"}, name)
	}))
}

// strange is another for a cancelled order, whose body nobody makes.
func (t *trip) strange(ctx context.Context, f facts, there inventory.SalesOrder) (bool, error) {
	if !t.foundByNumber(there) {
		return false, nil
	}
	var names []string
	if f.figures.Total != "" && there.Total != "" && !sameAmount(string(f.figures.Total), string(there.Total)) {
		names = append(names, "total")
	}
	if f.email == "" || t.c.rules.CustomerUse == customerForAll {
		if string(there.CustomerID) != t.c.rules.CustomerID {
			names = append(names, "customer_id")
		}
		return t.another(names), nil
	}
	a, err := t.need(ctx, inventory.ReadContact(string(there.CustomerID)))
	if customer, ok := a.Envelope.Contact(); ok && !customer.HasEmail(f.email) {
		names = append(names, "customer_id")
	}
	return t.another(names), err
}

// numberTaken is the end of a trip whose number is that of another order.
func (t *trip) numberTaken(by inventory.SalesOrder) error {
	return stopWith(rejected("NUMBER_TAKEN", "the sales order "+string(by.ID)+" of Zoho has this number, but is of "+
		"another order: enter an order_number_prefix that only this shop has, or give that one another number and retry",
		inventory.FixSettings).WithRemoteURL(t.c.page(string(by.ID))))
}
