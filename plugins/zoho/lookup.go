package zoho

import (
	"context"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// findOrder returns the sales order of an order with its packages, and whether Zoho
// has one. It is found by its id if that was seen before, otherwise by its reference
// number, and compared once more in either case (section 3.4).
func (t *trip) findOrder(ctx context.Context, orderID, number string) (inventory.SalesOrder, bool, error) {
	key, now := t.c.key(fold(number)), t.c.clock.Now()
	if id, ok := t.c.shared.orders.get(key, now); ok {
		there, found, err := t.readOrder(ctx, id)
		if err != nil || found && isOf(there, orderID, number) {
			return there, found, err
		}
		t.c.shared.orders.drop(key)
	}
	rows, err := t.searchOrders(ctx, orderID, func(row inventory.SalesOrder) bool { return isOf(row, orderID, number) })
	if err != nil || len(rows) == 0 {
		return inventory.SalesOrder{}, false, err
	}
	return t.readOrder(ctx, string(rows[0].ID))
}

// searchOrders lists the sales orders of a reference number that match. It is not unique,
// and Zoho may ignore it.
func (t *trip) searchOrders(
	ctx context.Context, orderID string, match func(inventory.SalesOrder) bool,
) ([]inventory.SalesOrder, error) {
	return search(ctx, t,
		func(page int) inventory.Call { return inventory.FindOrders(orderID, page) }, inventory.Envelope.Orders, match)
}

// readOrder reads a sales order by id. One that is not there is an answer too.
func (t *trip) readOrder(ctx context.Context, id string) (inventory.SalesOrder, bool, error) {
	a := t.call(ctx, inventory.ReadOrder(id))
	if there, ok := a.Envelope.Order(); a.OK() && ok {
		t.remember(there)
		return there, true, nil
	}
	if a.OK() || a.Failure == nil && a.Rule().Class == inventory.Missing {
		return inventory.SalesOrder{}, false, nil
	}
	return inventory.SalesOrder{}, false, t.refused(a)
}

// shown is the sales order as a write left it. What the answer does not tell is read, as
// what was there before says nothing of it.
func (t *trip) shown(ctx context.Context, a inventory.Answer, id string) (inventory.SalesOrder, error) {
	if there, ok := a.Envelope.Order(); ok && there.ID != "" && there.Total != "" && there.Status != "" {
		return there, nil
	}
	there, found, err := t.readOrder(ctx, id)
	if err == nil && !found {
		err = stopWith(sdk.Unknown("SALES_ORDER_HIDDEN", "Zoho does not show the sales order that it took just now; "+
			"it is looked for"))
	}
	return there, err
}

// remember keeps the id of a sales order for the parcels to come.
func (t *trip) remember(there inventory.SalesOrder) {
	if there.ID != "" && there.Number != "" {
		t.c.shared.orders.put(t.c.key(fold(string(there.Number))), string(there.ID), t.c.clock.Now().Add(othersLife))
	}
}

// isOf says that a sales order is that of the order. Blanks around a number and case
// do not count, as Zoho holds those to be equal (section 3.4).
func isOf(there inventory.SalesOrder, orderID, number string) bool {
	return string(there.Reference) == orderID && fold(string(there.Number)) == fold(number)
}

// numbers says that a sales order is that of an order of which only the id is known.
func (c *Copier) numbers(there inventory.SalesOrder, orderID string) bool {
	if c.rules.NumberFrom != numberFromOrderNumber {
		return isOf(there, orderID, c.orderNumber(orderID, ""))
	}
	return string(there.Reference) == orderID && strings.HasPrefix(fold(string(there.Number)), fold(c.rules.NumberPrefix))
}

// fold is the form in which numbers are compared.
func fold(number string) string { return strings.ToLower(strings.TrimSpace(number)) }
