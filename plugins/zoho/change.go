package zoho

import (
	"cmp"
	"context"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// change brings a sales order that is there up to date.
func (t *trip) change(ctx context.Context, f facts, there inventory.SalesOrder) (sdk.Result, error) {
	if there.Status == inventory.StatusVoid {
		return sdk.Result{}, stopWith(t.at(rejected("ORDER_VOID", "the sales order is void at Zoho, and a void one takes no "+
			"changes: convert it to open there and retry", inventory.FixSettings), there))
	}
	body, err := t.body(ctx, f)
	if err != nil {
		return sdk.Result{}, err
	}
	names, mine := differing(body, string(f.figures.Total), there), t.mine(there)
	switch {
	case t.foundByNumber(there) && t.another(names):
		return sdk.Result{}, t.numberTaken(there)
	case !mine && !t.c.rules.UpdateExisting && len(names) == 0:
		return t.at(sdk.AlreadyPresent(string(there.ID)), there), nil
	case !mine && !t.c.rules.UpdateExisting:
		return t.at(sdk.AlreadyPresent(string(there.ID), names...), there).WithHint("the sales order was made by somebody " +
			"else and was left as it is: turn on update_existing and retry to write our facts to it"), nil
	case t.delivery.Revision <= 1 && len(names) == 0:
		t.kept.Made = mine
		return t.settle(ctx, f, body, there) // A repeat of what arrived.
	}
	body, a := t.update(ctx, body, there)
	if t.stale(a) { // As for a new one.
		if body, err = t.body(ctx, f); err != nil {
			return sdk.Result{}, err
		}
		body, a = t.update(ctx, body, there)
	}
	switch {
	case a.OK():
		t.kept.Made, t.kept.Unsure = mine, mine // Unsure until all of the rest is done too.
		changed, err := t.shown(ctx, a, string(there.ID))
		if err != nil {
			return sdk.Result{}, err
		}
		return t.settle(ctx, f, body, changed)
	case a.Failure == nil && !a.Unreadable() && a.Rule().Class == inventory.Late:
		return t.at(sdk.AlreadyPresent(string(there.ID), names...), there).WithReason(a.Rule().Reason).
			WithHint(a.Rule().Hint + ": change it at Zoho by hand if need be"), nil
	default:
		return sdk.Result{}, t.explained(t.refused(a), there)
	}
}

// update changes a sales order to a body, and returns what the body became for that.
func (t *trip) update(
	ctx context.Context, body inventory.OrderBody, there inventory.SalesOrder,
) (inventory.OrderBody, inventory.Answer) {
	body = t.cleared(t.edited(body, there), there)
	return body, t.call(ctx, inventory.UpdateOrder(string(there.ID), body))
}

// void ends the sales order of a cancelled order.
func (t *trip) void(ctx context.Context, f facts, there inventory.SalesOrder) (sdk.Result, error) {
	switch {
	case there.Status == inventory.StatusVoid:
		return t.voided(there), nil
	case !t.mine(there) && !t.c.rules.UpdateExisting:
		return t.at(sdk.Skipped("ORDER_CANCELLED", "the order was cancelled; the sales order at Zoho was made by somebody "+
			"else and was left alone: void it there if nobody needs it"), there), nil
	}
	if strange, err := t.strange(ctx, f, there); err != nil || strange {
		return sdk.Result{}, cmp.Or(err, t.numberTaken(there))
	}
	a := t.call(ctx, inventory.VoidOrder(string(there.ID)))
	if a.OK() {
		return t.voided(there), nil
	}
	refusal := t.refused(a)
	if a.Failure == nil && !a.Unreadable() && a.Rule().Class == inventory.Refused {
		refusal = stopWith(t.at(rejected("VOID_REFUSED", "Zoho does not void the sales order", inventory.FixSettings), there))
	}
	return sdk.Result{}, t.explained(refusal, there)
}

// voided is the end of a cancelled order. The hint keeps it from reading as if the order
// had been brought there.
func (t *trip) voided(there inventory.SalesOrder) sdk.Result {
	return t.at(sdk.Delivered(string(there.ID)), there).WithReason("VOIDED").
		WithHint("the order was cancelled, so its sales order was made void")
}

// explained adds to a rejection how far the sales order has come at Zoho, since that is
// mostly why.
func (t *trip) explained(err error, there inventory.SalesOrder) error {
	s, ok := err.(stop) //nolint:errorlint // It is made right here.
	if !ok || there.Status == "" {
		return err
	}
	stage := ""
	switch status := string(there.Status); {
	case len(there.Invoices) > 0, strings.Contains(status, "invoiced"):
		stage = "it is invoiced: void or delete the invoice there first, or make a credit note"
	case len(there.Packages) > 0, strings.Contains(status, "ship"), strings.Contains(status, "fulfilled"):
		stage = "it has packages or shipments: delete them there first, or make a sales return; parcels that are voided " +
			"meanwhile wait for this delivery: cancel it, so that they are taken back, and retry it then"
	case status == inventory.StatusPendingApproval:
		stage = "it waits for approval there"
	default:
		return err
	}
	return stop{s.result.WithHint(s.result.Hint() + "; the sales order is " + string(there.Status) + ", and " + stage)}
}
