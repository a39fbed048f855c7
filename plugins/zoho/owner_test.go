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
