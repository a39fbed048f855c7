package zohotest_test

import (
	"testing"
)

// TestChain goes the whole way of section 6: order, package, shipment, delivered.
func TestChain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := b.place(t, "ACME-1", true)
	if order.Status != "confirmed" || order.Total != "244.00" || order.Lines[0].SKU != "LP-15" {
		t.Fatalf("order is %+v", order)
	}
	first := b.pack(t, order, "1")
	shipment := b.ship(t, order, first, "1Z1")
	steps := []struct {
		status, shipped string
		next            func()
	}{
		{"partially_shipped", "partially_shipped", func() { b.ship(t, order, b.pack(t, order, "1"), "1Z2") }},
		{"shipped", "shipped", func() {
			for _, s := range b.org.Shipments() {
				wantCode(t, b.call(t, "POST", "/shipmentorders/"+s.ID+"/status/delivered", ""), 200, 0)
			}
		}},
		{"fulfilled", "fulfilled", func() {}},
	}
	for _, step := range steps {
		got := b.call(t, "GET", "/salesorders/"+order.ID, "").object(t, "salesorder")
		if got["status"] != step.status || got["shipped_status"] != step.shipped {
			t.Errorf("the pair is %v/%v, want %s/%s", got["status"], got["shipped_status"], step.status, step.shipped)
		}
		step.next()
	}
	packages := b.call(t, "GET", "/salesorders/"+order.ID, "").object(t, "salesorder")["packages"].([]any)
	row := packages[0].(map[string]any)
	if len(packages) != 2 || row["package_id"] != first || row["shipment_id"] != shipment ||
		row["tracking_number"] != "1Z1" || row["shipment_status"] != "delivered" {
		t.Errorf("packages[] of the order are %v", packages)
	}
	b.wantClean(t)
}
