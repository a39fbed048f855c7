package zoho

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// TestTotals: whatever an order's prices, discounts, taxes and sums, and however the
// organisation rounds, Zoho's total is what the customer paid, to the cent, and every
// line is there. Where Zoho computes otherwise than expected, the adjustment is
// corrected.
func TestTotals(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]zohotest.Option{
		"tax rounded per line":  zohotest.WithTaxRounding(zohotest.PerLine),
		"tax rounded per total": zohotest.WithTaxRounding(zohotest.PerTotal),
		"taxes of items":        zohotest.WithQuirks(zohotest.ItemTax),
		"rates of two decimals": zohotest.WithOrganisations(zohotest.Organisation{RateDecimals: 2}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, option, zohotest.WithItems(zohotest.Item{SKU: "LP"}))
			var taxes []string
			for _, tax := range b.org.Taxes() {
				taxes = append(taxes, string(tax.Percentage)+"="+tax.ID)
			}
			b.set("tax_ids", strings.Join(taxes, ","))
			for i, item := range []string{"A", "B", "C"} {
				b.org.AddItem(zohotest.Item{SKU: item, TaxID: b.org.Taxes()[i].ID})
			}
			count := 0
			rapid.Check(t, func(rt *rapid.T) {
				count++
				b.clock.Advance(time.Second) // The governor is of another test.
				order := drawOrder(rt, fmt.Sprintf("T-%d", count))
				r := b.copyOrder(order, nil)
				if r.GetOutcome() != isDelivered {
					rt.Fatalf("%s %s: %s", r.GetOutcome(), r.GetReason(), r.GetHint())
				}
				there, _ := b.org.Order(order.GetOrderId())
				paid := order.GetTotals().GetGrandTotal().GetAmount()
				if !sameAmount(paid, string(there.Total)) {
					rt.Fatalf("Zoho's total is %s, the customer paid %s: %+v", there.Total, paid, there)
				}
				if len(there.Lines) != len(order.GetLineItems()) {
					rt.Fatalf("%d lines, want %d", len(there.Lines), len(order.GetLineItems()))
				}
				for i, line := range there.Lines {
					if !sameAmount(order.GetLineItems()[i].GetQuantity(), string(line.Quantity)) {
						rt.Fatalf("line %d: quantity %s", i, line.Quantity)
					}
				}
			})
		})
	}
}

// drawOrder is an order whose sums add up or do not.
func drawOrder(t *rapid.T, id string) *commercev1.Order {
	cents := func(name string, least, most int) *commercev1.Money {
		n := rapid.IntRange(least, most).Draw(t, name)
		return usd(fmt.Sprintf("%d.%02d", n/100, n%100))
	}
	maybe := func(name string, m *commercev1.Money) *commercev1.Money {
		if rapid.Bool().Draw(t, "has "+name) {
			return m
		}
		return nil
	}
	o := jo()
	o.OrderId, o.OrderNumber, o.LineItems = id, nil, nil
	for i := range rapid.IntRange(1, 6).Draw(t, "lines") {
		o.LineItems = append(o.LineItems, &commercev1.LineItem{
			LineId:    proto.String(fmt.Sprint(i)),
			Sku:       proto.String(rapid.SampledFrom([]string{"LP", "A", "B", "C"}).Draw(t, "sku")),
			Quantity:  rapid.SampledFrom([]string{"1", "2", "3", "7", "0.5", "1.25", "100"}).Draw(t, "quantity"),
			UnitPrice: usd(rapid.SampledFrom([]string{"0", "0.01", "9.99", "19.90", "33.333333", "122.00"}).Draw(t, "price")),
			Discount:  maybe("line discount", cents("line discount", 0, 500)), Tax: maybe("line tax", cents("line tax", 0, 300)),
		})
	}
	o.Totals = &commercev1.OrderTotals{
		Discount: maybe("discount", cents("discount", 0, 1000)), Tax: maybe("tax", cents("tax", 0, 1000)),
		Shipping: maybe("shipping", cents("shipping", 0, 1000)), Adjustment: maybe("adjustment", cents("adjustment", 0, 100)),
		GrandTotal: cents("grand total", 1000, 100_000),
	}
	return o
}

// TestCurrencyWithoutDecimals: yen have none, and none are sent.
func TestCurrencyWithoutDecimals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	yen := func(amount string) *commercev1.Money { return &commercev1.Money{CurrencyCode: "JPY", Amount: amount} }
	o := jo()
	o.CurrencyCode = proto.String("JPY")
	o.LineItems[0].UnitPrice, o.LineItems[0].Quantity = yen("333.5"), "3"
	o.Totals = &commercev1.OrderTotals{Tax: yen("100"), Shipping: yen("500"), GrandTotal: yen("1601")}
	want(t, b.copyOrder(o, nil), isDelivered, "")
	there := b.order()
	if there.Currency != "JPY" || there.Total != "1601" || there.Adjustment != "100" || there.ShippingCharge != "500" {
		t.Errorf("got %s %s, adjustment %s (%s), shipping %s", there.Total, there.Currency, there.Adjustment,
			there.AdjustmentDescription, there.ShippingCharge)
	}
}
