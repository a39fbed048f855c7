package zoho

import (
	"fmt"
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
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

// TestEditTakesTaxAndFieldsAway: a tax of the settings and custom fields of the settings
// go with what they stood for; a field that somebody else filled stays.
func TestEditTakesTaxAndFieldsAway(t *testing.T) {
	t.Parallel()
	for _, left := range []string{"", "shopify"} {
		b := newBench(t)
		tax := b.org.Taxes()[0]
		b.set("tax_ids", string(tax.Percentage)+"="+tax.ID)
		b.set("custom_fields", "order_source=cf_source, gift_id=cf_order_id")
		taxed := full()
		taxed.LineItems, taxed.ExtraFields, taxed.Totals = taxed.LineItems[:1], map[string]string{"gift_id": "G-1"}, nil
		first := b.copyOrder(taxed, nil)
		want(t, first, isDelivered, "")
		before := b.order()
		if before.Lines[0].TaxID != tax.ID || before.CustomFields["cf_order_id"] != "G-1" {
			t.Fatalf("sales order is %+v", before)
		}
		less := proto.CloneOf(taxed)
		less.LineItems[0].Tax, less.ExtraFields, less.OrderSource = nil, nil, proto.String(left)
		var second *pluginv1.DeliveryResult
		sameCalls(t, b.calls(func() { second = b.copyOrder(less, first) }),
			"GET /salesorders/{id}", "PUT /salesorders/{id}")
		want(t, second, isDelivered, "")
		o := b.order()
		if o.Lines[0].TaxID != "" || o.Lines[0].ID != before.Lines[0].ID || o.Adjustment != "0.00" {
			t.Errorf("adjustment %s, lines %+v", o.Adjustment, o.Lines)
		}
		if o.CustomFields["cf_source"] != left || o.CustomFields["cf_order_id"] != "" {
			t.Errorf("custom fields are %q", o.CustomFields)
		}
	}
}

// TestEditLeavesWhatIsNotOurs: a tax that no setting names, as that of an item, and custom
// fields that no setting names are the merchant's own.
func TestEditLeavesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.copyOrder(jo(), nil)
	want(t, first, isDelivered, "")
	o := b.order()
	tax := b.org.Taxes()[0]
	b.byHand("PUT", "/salesorders/"+o.ID, fmt.Sprintf(
		`{"customer_id":%q,"line_items":[{"line_item_id":%q,"tax_id":%q}],"custom_fields":[{"api_name":%q,"value":%q}]}`,
		o.CustomerID, o.Lines[0].ID, tax.ID, "cf_source", "by hand"))
	edited := jo()
	edited.Notes = nil
	want(t, b.copyOrder(edited, first), isDelivered, "")
	if o := b.order(); o.Lines[0].TaxID != tax.ID || o.CustomFields["cf_source"] != "by hand" || o.Total != "241.00" {
		t.Errorf("sales order is %+v", o)
	}
}
