package zoho

import (
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// doubtfully sends an order as after a send whose answer nobody saw.
func (b *bench) doubtfully(order *commercev1.Order, after *pluginv1.DeliveryResult) *pluginv1.DeliveryResult {
	b.t.Helper()
	d := b.orderDelivery(order, after)
	d.Header.FateUnknown = true
	return b.Copy(b.settings, b.secrets, d)[d.GetHeader().GetDeliveryId()]
}

func cancelled(order *commercev1.Order) *commercev1.Order {
	c := proto.CloneOf(order)
	c.Status = commercev1.OrderStatus_ORDER_STATUS_CANCELLED
	return c
}

// TestSomebodyElsesOrder never becomes ours, also not by a send of which nobody knows
// whether it arrived.
func TestSomebodyElsesOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want(t, b.copyOrder(jo(), nil), isDelivered, "") // By a connection that was deleted since.
	met := b.copyOrder(jo(), nil)
	want(t, met, isPresent, "")
	edited := jo()
	edited.LineItems[0].Quantity, edited.Totals = "1", nil
	want(t, b.doubtfully(edited, met), isPresent, "")
	want(t, b.doubtfully(cancelled(edited), met), isSkipped, "ORDER_CANCELLED")
	if o := b.order(); o.Lines[0].Quantity != "2" || o.Status != "confirmed" {
		t.Errorf("it was changed: %+v", o)
	}
	// Writing to it does not make it ours either.
	b.set("update_existing", "true")
	written := b.copyOrder(edited, met)
	want(t, written, isDelivered, "")
	b.set("update_existing", "false")
	want(t, b.copyOrder(cancelled(edited), written), isSkipped, "ORDER_CANCELLED")
	if status := b.order().Status; status != "confirmed" {
		t.Errorf("status is %s", status)
	}
}

// ofAnotherShop is an order that has nothing in common with jo but its id.
func ofAnotherShop() *commercev1.Order {
	o := jo()
	o.Customer = &commercev1.Customer{Name: proto.String("Ann Other"), Email: proto.String("ann@example.com")}
	o.LineItems = []*commercev1.LineItem{{Sku: proto.String("MS-02"), Quantity: "1", UnitPrice: usd("9.90")}}
	o.Totals = &commercev1.OrderTotals{GrandTotal: usd("9.90")}
	return o
}

// TestEqualIDOfAnotherShop: where two shops copy to one organisation without a prefix,
// the order that comes second is neither taken for the first one nor written over it,
// whatever is known of its own sends.
func TestEqualIDOfAnotherShop(t *testing.T) {
	t.Parallel()
	for _, overwrite := range []string{"false", "true"} {
		b := newBench(t)
		b.set("update_existing", overwrite)
		want(t, b.copyOrder(ofAnotherShop(), nil), isDelivered, "")
		for name, r := range map[string]*pluginv1.DeliveryResult{
			"first":     b.copyOrder(jo(), nil),
			"doubtful":  b.doubtfully(jo(), nil),
			"cancelled": b.doubtfully(cancelled(jo()), nil),
		} {
			if r.GetReason() != "NUMBER_TAKEN" {
				t.Errorf("%s: got %s %s %s", name, r.GetOutcome(), r.GetReason(), r.GetHint())
				continue
			}
			wantHint(t, r, "order_number_prefix")
		}
		if o := b.order(); o.Lines[0].SKU != "MS-02" || o.Status != "confirmed" {
			t.Errorf("the order of the other shop was changed: %+v", o)
		}
		b.set("order_number_prefix", "ACME-")
		want(t, b.copyOrder(jo(), nil), isDelivered, "")
	}
}

// TestEditedBetweenAttempts: an order whose first revision arrived unseen is changed, not
// made twice, whatever one edit changes of it.
func TestEditedBetweenAttempts(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*commercev1.Order){
		"lines":     func(o *commercev1.Order) { o.LineItems, o.Totals = ofAnotherShop().GetLineItems(), nil },
		"customer":  func(o *commercev1.Order) { o.Customer = ofAnotherShop().GetCustomer() },
		"cancelled": func(o *commercev1.Order) { o.Status = commercev1.OrderStatus_ORDER_STATUS_CANCELLED },
		"cancelled, and lines": func(o *commercev1.Order) {
			o.LineItems, o.Totals = ofAnotherShop().GetLineItems(), nil
			o.Status = commercev1.OrderStatus_ORDER_STATUS_CANCELLED
		},
		"cancelled, and customer": func(o *commercev1.Order) {
			o.Customer = ofAnotherShop().GetCustomer()
			o.Status = commercev1.OrderStatus_ORDER_STATUS_CANCELLED
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			want(t, b.copyOrder(jo(), nil), isDelivered, "") // As if nobody had seen the answer.
			edited := jo()
			edit(edited)
			d := b.orderDelivery(edited, nil)
			d.Header.FateUnknown, d.Header.Revision = true, 2
			want(t, b.Copy(b.settings, b.secrets, d)[d.GetHeader().GetDeliveryId()], isDelivered, "")
			o := b.order()
			if o.Status == "void" != (edited.GetStatus() == commercev1.OrderStatus_ORDER_STATUS_CANCELLED) {
				t.Errorf("status is %s", o.Status)
			}
		})
	}
}
