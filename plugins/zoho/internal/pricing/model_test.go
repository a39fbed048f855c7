package pricing_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/spurline/spurline/plugins/zoho/internal/pricing"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// The model of Zoho's sum counts in millionths of the currency, as integers. Where
// Zoho rounds, it rounds to a step of so many millionths.

// steps are the smallest amounts of currencies.
var steps = map[string]int64{"JPY": 1_000_000, "USD": 10_000, "PKR": 10_000, "KWD": 1_000, "": 10_000}

// rates are those of the mapped taxes, in millionths of a percent.
var rates = map[string]int64{"4815000000012345": 8_250_000, "4815000000020000": 20_000_000, "4815000000000000": 0}

const million = 1_000_000

// toStep rounds n/d millionths half away from zero to whole steps.
func toStep(n *big.Int, d, step int64) *big.Int {
	unit := new(big.Int).Mul(big.NewInt(d), big.NewInt(step))
	twice := new(big.Int).Mul(new(big.Int).Abs(n), big.NewInt(2))
	count := twice.Add(twice, unit)
	count.Quo(count, new(big.Int).Mul(unit, big.NewInt(2)))
	count.Mul(count, big.NewInt(step))
	if n.Sign() < 0 {
		count.Neg(count)
	}
	return count
}

// scaled reads a number as millionths; empty is zero.
func scaled(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, n json.Number,
) *big.Int {
	t.Helper()
	if n == "" {
		return new(big.Int)
	}
	if !json.Valid([]byte(n)) {
		t.Fatalf("%q is no number of JSON", n)
	}
	whole, fraction, _ := strings.Cut(n.String(), ".")
	value, ok := new(big.Int).SetString(whole+fraction+strings.Repeat("0", max(6-len(fraction), 0)), 10)
	if !ok || len(fraction) > 6 {
		t.Fatalf("%q has no millionths", n)
	}
	return value
}

// zohoTotal is what Zoho adds up from the figures.
func zohoTotal(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, f pricing.Figures, rates map[string]int64,
) *big.Int {
	t.Helper()
	step := steps[f.Currency]
	items, taxes := new(big.Int), new(big.Int)
	for _, l := range f.Lines {
		if l.Rate == "" {
			t.Fatalf("a line without a rate takes the item's own price")
		}
		item := toStep(new(big.Int).Mul(scaled(t, l.Rate), scaled(t, l.Quantity)), million, step)
		if l.Discount != "" && f.DiscountType != pricing.ItemLevel || scaled(t, l.Discount).Sign() < 0 ||
			l.Discount != "" && scaled(t, l.Discount).Cmp(item) > 0 {
			t.Fatalf("Zoho does not take the discount of %+v", l)
		}
		item.Sub(item, scaled(t, l.Discount))
		items.Add(items, item)
		if l.TaxID != "" {
			if f.DiscountBeforeTax {
				t.Fatalf("the discount is before tax, so that Zoho taxes less than lines")
			}
			taxes.Add(taxes, toStep(new(big.Int).Mul(item, big.NewInt(rates[l.TaxID])), 100*million, step))
		}
	}
	if f.Discount != "" && (f.DiscountType != pricing.EntityLevel || scaled(t, f.Discount).Sign() <= 0 ||
		scaled(t, f.Discount).Cmp(items) > 0) {
		t.Fatalf("Zoho does not take the discount %s of the order (%s)", f.Discount, f.DiscountType)
	}
	total := items.Sub(items, scaled(t, f.Discount))
	total.Add(total, taxes)
	if scaled(t, f.ShippingCharge).Sign() < 0 {
		t.Fatalf("Zoho does not take a shipping charge of %s", f.ShippingCharge)
	}
	total.Add(total, scaled(t, f.ShippingCharge))
	return total.Add(total, scaled(t, f.Adjustment))
}

// priced is an order and what its total is by the integers it was made of.
type priced struct {
	order *commercev1.Order
	total *big.Int
}

// millionths writes an amount as a sender may.
func millionths(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%06d", sign, n/million, n%million)
}

// amounts are of the currency's decimals most of the time, and negative at times.
func amounts(step int64) *rapid.Generator[int64] {
	return rapid.Custom(func(t *rapid.T) int64 {
		n := rapid.Int64Range(0, 2_000).Draw(t, "amount") * step
		switch rapid.IntRange(0, 19).Draw(t, "kind") {
		case 0:
			return -n
		case 1, 2:
			return rapid.Int64Range(-5_000_000, 500_000_000).Draw(t, "millionths")
		default:
			return n
		}
	})
}

func orders() *rapid.Generator[priced] {
	return rapid.Custom(func(t *rapid.T) priced {
		currency := rapid.SampledFrom([]string{"USD", "USD", "JPY", "KWD", "PKR"}).Draw(t, "currency")
		step := steps[currency]
		given := rapid.IntRange(0, 3)
		// maybe draws an amount in one of four cases or most of them.
		maybe := func(label string, likely bool) (*commercev1.Money, int64) {
			if (given.Draw(t, label+" is given") == 0) == likely {
				return nil, 0
			}
			n := amounts(step).Draw(t, label)
			return in(currency, millionths(n)), n
		}
		// In millionths, the lines rounded and all else as it is.
		lines, lineDiscounts, lineTaxes := new(big.Int), new(big.Int), new(big.Int)
		o, prices := &commercev1.Order{Totals: &commercev1.OrderTotals{}}, false
		for range rapid.IntRange(0, 6).Draw(t, "lines") {
			l := &commercev1.LineItem{}
			quantity := rapid.OneOf(
				rapid.Int64Range(0, 20), rapid.Int64Range(1, 20),
			).Draw(t, "quantity") * million
			if given.Draw(t, "a broken quantity") == 0 {
				quantity = rapid.Int64Range(0, 9_999_999).Draw(t, "broken quantity")
			}
			l.Quantity = millionths(quantity)
			var price, discount, tax int64
			l.UnitPrice, price = maybe("price", true)
			l.Discount, discount = maybe("line discount", false)
			item := toStep(new(big.Int).Mul(big.NewInt(price), big.NewInt(quantity)), million, step)
			if given.Draw(t, "a tax that agrees") == 0 {
				sent := toStep(big.NewInt(discount), 1, step)
				taxed := new(big.Int).Sub(item, sent)
				percent := rapid.SampledFrom([]int64{0, 8_250_000, 20_000_000}).Draw(t, "rate")
				tax = toStep(taxed.Mul(taxed, big.NewInt(percent)), 100*million, step).Int64()
				l.Tax = in(currency, millionths(tax))
			} else {
				l.Tax, tax = maybe("line tax", false)
			}
			prices = prices || l.UnitPrice != nil
			lines.Add(lines, item)
			lineDiscounts.Add(lineDiscounts, big.NewInt(discount))
			lineTaxes.Add(lineTaxes, big.NewInt(tax))
			o.LineItems = append(o.LineItems, l)
		}
		var subTotal, discount, tax, shipping, adjustment, grandTotal int64
		o.Totals.SubTotal, subTotal = maybe("sub total", false)
		o.Totals.Discount, discount = maybe("discount", false)
		o.Totals.Tax, tax = maybe("tax", false)
		o.Totals.Shipping, shipping = maybe("shipping", true)
		o.Totals.Adjustment, adjustment = maybe("adjustment", false)
		o.Totals.GrandTotal, grandTotal = maybe("grand total", false)

		total := new(big.Int).Sub(lines, lineDiscounts)
		if !prices && o.Totals.SubTotal != nil {
			total.SetInt64(subTotal)
		}
		if o.Totals.Tax == nil {
			total.Add(total, lineTaxes)
		}
		total.Add(total, big.NewInt(tax+shipping+adjustment-discount))
		if o.Totals.GrandTotal != nil {
			total.SetInt64(grandTotal)
		}
		return priced{o, toStep(total, 1, step)}
	})
}

// TestZohosTotalIsTheOrders: for every order there is, and whatever Zoho makes of it.
func TestZohosTotalIsTheOrders(t *testing.T) {
	t.Parallel()
	taxes, err := pricing.ParseTaxes("8.25=4815000000012345, 20=4815000000020000, 0=4815000000000000")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := orders().Draw(t, "order")
		f, err := pricing.Of(p.order, taxes)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if len(f.Lines) != len(p.order.GetLineItems()) {
			t.Fatalf("%d lines", len(f.Lines))
		}
		for i, l := range p.order.GetLineItems() {
			if got := scaled(t, f.Lines[i].Quantity); millionths(got.Int64()) != l.GetQuantity() {
				t.Errorf("line %d has the quantity %s", i, f.Lines[i].Quantity)
			}
			price := json.Number(l.GetUnitPrice().GetAmount())
			if got := scaled(t, f.Lines[i].Rate); got.Cmp(scaled(t, price)) != 0 {
				t.Errorf("line %d has the rate %s", i, f.Lines[i].Rate)
			}
		}
		if !f.Priced {
			if f.Total != "" || hasMoney(p.order) {
				t.Errorf("the money is left out: %+v", f)
			}
			return
		}
		checkTotal(t, f, p.total)

		// An organisation that rounds, taxes or discounts in a way of its own.
		off := rapid.Int64Range(-10_000_000_000, 10_000_000_000).Draw(t, "what Zoho differs by")
		theirs := new(big.Int).Add(p.total, big.NewInt(off))
		corrected, differs := f.Correct(json.Number(millionths(theirs.Int64())))
		if differs != (off != 0) {
			t.Errorf("differs by %d: %v", off, differs)
		}
		now := zohoTotal(t, corrected, rates)
		if now.Add(now, big.NewInt(off)).Cmp(p.total) != 0 {
			t.Errorf("corrected to %v, want %v", now, p.total)
		}
		checkDescription(t, corrected)
		checkTotal(t, f, p.total) // It is not changed.
	})
}

func checkTotal(t *rapid.T, f pricing.Figures, want *big.Int) {
	t.Helper()
	if scaled(t, f.Total).Cmp(want) != 0 {
		t.Errorf("the total is %s, want %v", f.Total, want)
	}
	if is := zohoTotal(t, f, rates); is.Cmp(want) != 0 {
		t.Errorf("Zoho's total is %v, want %v: %+v", is, want, f)
	}
	if rest := new(big.Int).Mod(scaled(t, f.Adjustment), big.NewInt(steps[f.Currency])); rest.Sign() != 0 {
		t.Errorf("the adjustment %s has more decimals than the currency", f.Adjustment)
	}
	if slices.Contains([]string{"0", "0.00", "0.000"}, f.Adjustment.String()) {
		t.Errorf("an adjustment of nothing")
	}
	checkDescription(t, f)
}

// checkDescription adds up the parts that are named.
func checkDescription(t *rapid.T, f pricing.Figures) {
	t.Helper()
	sum := new(big.Int)
	if f.AdjustmentDescription != "" {
		for named := range strings.SplitSeq(f.AdjustmentDescription, ", ") {
			amount := named[strings.LastIndex(named, " ")+1:]
			if value, err := strconv.ParseFloat(amount, 64); err != nil || value == 0 {
				t.Errorf("%q is in the description", named)
			}
			sum.Add(sum, scaled(t, json.Number(amount)))
		}
	}
	if sum.Cmp(scaled(t, f.Adjustment)) != 0 {
		t.Errorf("%q is not the adjustment %s", f.AdjustmentDescription, f.Adjustment)
	}
}

func hasMoney(o *commercev1.Order) bool {
	totals := o.GetTotals()
	all := []*commercev1.Money{
		totals.GetSubTotal(), totals.GetDiscount(), totals.GetTax(), totals.GetShipping(), totals.GetAdjustment(),
		totals.GetGrandTotal(),
	}
	for _, l := range o.GetLineItems() {
		all = append(all, l.GetUnitPrice(), l.GetDiscount(), l.GetTax())
	}
	return slices.ContainsFunc(all, func(m *commercev1.Money) bool { return m != nil })
}
