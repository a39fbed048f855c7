package zoho

import (
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// TestEditTakesAway: what an edit takes out of an order goes at Zoho too.
func TestEditTakesAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	full := jo()
	full.LineItems = append(full.LineItems, &commercev1.LineItem{
		LineId: proto.String("2"), Sku: proto.String("MS-02"), Quantity: "1", UnitPrice: usd("10"), Discount: usd("1"),
	})
	full.LineItems[0].Discount = usd("4")
	full.Totals = &commercev1.OrderTotals{GrandTotal: usd("249")}
	first := b.copyOrder(full, nil)
	want(t, first, isDelivered, "")
	less := proto.CloneOf(full)
	less.Notes, less.OrderSource = nil, nil
	less.LineItems[0].Discount = nil
	less.Totals.GrandTotal = usd("253")
	want(t, b.copyOrder(less, first), isDelivered, "")
	o := b.order()
	if o.Notes != "" || o.Total != "253.00" || o.Adjustment != "0.00" || o.Lines[0].Total != "244.00" {
		t.Errorf("notes %q, total %s, adjustment %s, lines %+v", o.Notes, o.Total, o.Adjustment, o.Lines)
	}
}

// TestUnknownSKUsOfALongOrder: once all of the catalogue was read, what is not in it is not
// searched for one by one.
func TestUnknownSKUsOfALongOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	order := jo()
	for i := range 500 {
		order.LineItems = append(order.LineItems, &commercev1.LineItem{
			Sku: proto.String("X-" + strconv.Itoa(i)), Quantity: "1",
		})
	}
	calls := b.calls(func() { want(t, b.copyOrder(order, nil), isRejected, "SKU_UNKNOWN") })
	if len(calls) > 1 {
		t.Errorf("%d calls", len(calls))
	}
}
