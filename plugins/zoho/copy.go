package zoho

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// CopyOrder brings an order to Zoho: a new sales order, a change of the one that is
// there, or its end if the order was cancelled.
func (c *Copier) CopyOrder(ctx context.Context, d *sdk.OrderDelivery) sdk.Result {
	t := c.trip(d.Delivery)
	t.hide(d.Order)
	return t.end(t.copyOrder(ctx, d.Order))
}

func (t *trip) copyOrder(ctx context.Context, order *commercev1.Order) (sdk.Result, error) {
	cancelled := order.GetStatus() == commercev1.OrderStatus_ORDER_STATUS_CANCELLED
	f, unpriced := t.c.gather(order)
	there, found, err := t.known(ctx, f)
	switch {
	case err != nil:
		return sdk.Result{}, err
	case cancelled && !found:
		return sdk.Skipped("ORDER_CANCELLED", "the order was cancelled before this connection copied it"), nil
	case cancelled:
		return t.void(ctx, f, there)
	case unpriced != nil:
		return sdk.Result{}, unpriceable(unpriced)
	case found:
		return t.change(ctx, f, there)
	default:
		return t.create(ctx, f)
	}
}

// known is the sales order that an earlier send of this record made or met, or may
// have made. If there was none, nobody is asked: a number that is taken is told.
func (t *trip) known(ctx context.Context, f facts) (inventory.SalesOrder, bool, error) {
	if t.delivery.RemoteID != "" {
		there, found, err := t.readOrder(ctx, t.delivery.RemoteID)
		if err != nil || found {
			return there, found, err
		}
		// Somebody deleted it. If it was made anew, that is found by its number.
		return t.findOrder(ctx, f.order.GetOrderId(), f.number)
	}
	if !t.mayHaveArrived() {
		return inventory.SalesOrder{}, false, nil
	}
	if sent := t.kept.Number; sent != "" && sent != f.number {
		if there, found, err := t.findOrder(ctx, f.order.GetOrderId(), sent); err != nil || found {
			return there, found, err
		}
	}
	return t.findOrder(ctx, f.order.GetOrderId(), f.number)
}

// create makes a sales order. If Zoho refuses what the caches say, they are read anew
// once: a customer or an item may have been deleted or made inactive.
func (t *trip) create(ctx context.Context, f facts) (sdk.Result, error) {
	body, err := t.body(ctx, f)
	if err != nil {
		return sdk.Result{}, err
	}
	t.kept.Number = f.number
	a := t.call(ctx, inventory.CreateOrder(body))
	if t.stale(a) {
		if body, err = t.body(ctx, f); err != nil {
			return sdk.Result{}, err
		}
		a = t.call(ctx, inventory.CreateOrder(body))
	}
	switch {
	case a.OK():
		t.kept.Made, t.kept.Unsure = true, true // Until all of the rest is done too.
		made, ok := a.Envelope.Order()
		if !ok || made.ID == "" {
			return sdk.Result{}, t.unnamed("ORDER_WITHOUT_ID", "Zoho made a sales order without saying its id; it is looked for")
		}
		t.remember(made)
		if made, err = t.shown(ctx, a, string(made.ID)); err != nil {
			return sdk.Result{}, err
		}
		return t.settle(ctx, f, body, made)
	case a.Failure == nil && !a.Unreadable() && a.Rule().Class == inventory.Exists:
		return t.meet(ctx, f, body)
	default:
		return sdk.Result{}, t.refused(a)
	}
}

// body is the sales order with everything that Zoho has to be asked for.
func (t *trip) body(ctx context.Context, f facts) (inventory.OrderBody, error) {
	lines := f.order.GetLineItems()
	if len(lines) == 0 {
		return inventory.OrderBody{}, stopWith(rejected("NO_LINES",
			"the order has no lines, and a sales order needs one: submit them", inventory.FixRecord))
	}
	items, err := t.itemsBySKU(ctx, skusOf(lines))
	if err != nil {
		return inventory.OrderBody{}, err
	}
	ids := make([]string, 0, len(lines))
	for _, line := range lines {
		ids = append(ids, string(items[line.GetSku()].ID))
	}
	date := ""
	if f.order.GetOrderTime() != nil {
		if date, err = t.day(ctx, f.order.GetOrderTime().AsTime()); err != nil {
			return inventory.OrderBody{}, err
		}
	}
	of, err := t.customer(ctx, f)
	if err != nil {
		return inventory.OrderBody{}, err
	}
	body := t.c.orderBody(f, of.id, ids, date)
	return body, t.addAddresses(ctx, &body, f, of)
}

// fromCache notes that a cache was used, and how to forget what it said.
func (t *trip) fromCache(drop func()) { t.cached = append(t.cached, drop) }

// stale says that a refusal may come from what the caches said, and forgets that. It is
// true at most once, as the second try uses none.
func (t *trip) stale(a inventory.Answer) bool {
	if a.OK() || a.Failure != nil || a.Unreadable() || len(t.cached) == 0 {
		return false
	}
	if class := a.Rule().Class; class != inventory.Missing && class != inventory.Refused {
		return false
	}
	for _, drop := range t.cached {
		drop()
	}
	t.cached, t.listed = nil, false
	return true
}

// unnamed is the end of a trip by a success that does not say what it made.
func (t *trip) unnamed(reason, hint string) error {
	t.kept.Unsure = true
	return stopWith(sdk.Unknown(reason, hint))
}

// meet deals with a sales order that has our number and was not expected.
func (t *trip) meet(ctx context.Context, f facts, body inventory.OrderBody) (sdk.Result, error) {
	there, found, err := t.findOrder(ctx, f.order.GetOrderId(), f.number)
	switch {
	case err != nil:
		return sdk.Result{}, err
	case !found:
		return sdk.Result{}, t.taken(ctx, f)
	case t.mayHaveArrived() || t.kept.Made || t.c.rules.UpdateExisting:
		return t.change(ctx, f, there)
	}
	names := differing(body, string(f.figures.Total), there)
	if t.another(names) {
		return sdk.Result{}, t.numberTaken(there)
	}
	hint := "Zoho already has this order with the same facts"
	if len(names) > 0 {
		hint = "Zoho already has this order, made by somebody else; it was left as it is: turn on update_existing and " +
			"retry to write our facts to it"
	}
	return t.at(sdk.AlreadyPresent(string(there.ID), names...), there).WithHint(hint), nil
}

// taken is the end of a trip whose number is that of another order.
func (t *trip) taken(ctx context.Context, f facts) error {
	rows, err := search(ctx, t,
		func(page int) inventory.Call { return inventory.FindOrdersNumbered(f.number, page) }, inventory.Envelope.Orders,
		func(row inventory.SalesOrder) bool { return fold(string(row.Number)) == fold(f.number) })
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return stopWith(sdk.Retry("SALES_ORDER_HIDDEN",
			"Zoho says that the number is taken, but does not show by which sales order").RecordOnly())
	}
	return t.numberTaken(rows[0])
}

// at adds where the sales order is.
func (t *trip) at(r sdk.Result, there inventory.SalesOrder) sdk.Result {
	return r.WithRemoteID(string(there.ID)).WithRemoteURL(t.c.page(string(there.ID)))
}

// settle brings a sales order that was made or changed to where it should be: its
// total to ours, and a draft to be confirmed.
func (t *trip) settle(
	ctx context.Context, f facts, body inventory.OrderBody, there inventory.SalesOrder,
) (sdk.Result, error) {
	there, err := t.correct(ctx, f, body, there)
	if err != nil {
		return sdk.Result{}, err
	}
	result := t.at(sdk.Delivered(string(there.ID)), there)
	held := f.order.GetStatus() == commercev1.OrderStatus_ORDER_STATUS_ON_HOLD
	if !t.c.rules.Confirm || held || !there.Unconfirmed() {
		return result, nil
	}
	err = t.confirm(ctx, there)
	if s, ok := errors.AsType[stop](err); ok && s.result.Reason() == notConfirmed {
		t.warn("the sales order is there, but not confirmed: %s", s.result.Hint())
		return result.WithReason(notConfirmed), nil
	}
	return result, err
}

// correct makes Zoho's total ours where its rounding or its taxes are others than
// expected, by the adjustment.
func (t *trip) correct(
	ctx context.Context, f facts, body inventory.OrderBody, there inventory.SalesOrder,
) (inventory.SalesOrder, error) {
	corrected, off := f.figures.Correct(total(there))
	if there.Total == "" || !off {
		return there, nil
	}
	f.figures = corrected
	t.c.price(&body, f)
	body = t.edited(body, there)
	a := t.call(ctx, inventory.UpdateOrder(string(there.ID), body))
	if !a.OK() {
		return there, t.refused(a)
	}
	changed, err := t.shown(ctx, a, string(there.ID))
	if err != nil {
		return there, err
	}
	if _, off := f.figures.Correct(total(changed)); off && changed.Total != "" {
		t.warn("Zoho's total is %s and the order's %s: look at the taxes and rounding of the organisation",
			changed.Total, f.figures.Total)
	}
	return changed, nil
}

// total is Zoho's, as a number.
func total(there inventory.SalesOrder) json.Number { return json.Number(there.Total) }

// notConfirmed is the reason of what Zoho did not confirm.
const notConfirmed = "NOT_CONFIRMED"

// confirm commits a draft. That it is no draft any more is as good.
func (t *trip) confirm(ctx context.Context, there inventory.SalesOrder) error {
	a := t.call(ctx, inventory.ConfirmOrder(string(there.ID)))
	if a.OK() {
		return nil
	}
	refusal := t.refused(a)
	if a.Failure != nil || a.Unreadable() {
		return refusal
	}
	if class := a.Rule().Class; class == inventory.Again || class == inventory.Limited || class == inventory.Locked {
		return refusal
	}
	now, found, err := t.readOrder(ctx, string(there.ID))
	switch {
	case err != nil:
		return err
	case !found:
		return refusal
	case now.Unconfirmed():
		return stopWith(rejected(notConfirmed,
			"Zoho did not confirm the sales order: approve and confirm it there, and retry", inventory.FixSettings))
	default:
		return nil
	}
}
