package zohotest_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestTotals: the rules in money.go, by hand.
func TestTotals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		currency string
		lines    []string
		more     string
		options  []zohotest.Option

		sub, discount, tax, total zohotest.Decimal
	}{
		"example of section 3.2": {
			lines: []string{`"rate":122.00,"quantity":2`},
			more:  `,"shipping_charge":7.00,"discount":10.00,"discount_type":"entity_level","is_discount_before_tax":true`,
			sub:   "244.00", discount: "10.00", tax: "0.00", total: "241.00",
		},
		"line rounded half up": {
			lines: []string{`"rate":0.335,"quantity":1`, `"rate":0.335,"quantity":3`},
			sub:   "1.35", discount: "0.00", tax: "0.00", total: "1.35",
		},
		"fraction of a quantity": {
			lines: []string{`"rate":9.99,"quantity":1.333`},
			sub:   "13.32", discount: "0.00", tax: "0.00", total: "13.32",
		},
		"tax by line": {
			lines: []string{`"rate":0.03,"quantity":1,"tax_id":"%19"`, `"rate":0.03,"quantity":1,"tax_id":"%19"`},
			sub:   "0.06", discount: "0.00", tax: "0.02", total: "0.08",
		},
		"tax by total": {
			lines:   []string{`"rate":0.03,"quantity":1,"tax_id":"%19"`, `"rate":0.03,"quantity":1,"tax_id":"%19"`},
			options: []zohotest.Option{zohotest.WithTaxRounding(zohotest.PerTotal)},
			sub:     "0.06", discount: "0.00", tax: "0.01", total: "0.07",
		},
		"share of the order before tax": {
			lines: []string{`"rate":100,"quantity":1,"tax_id":"%19"`, `"rate":50,"quantity":2,"tax_id":"%7"`},
			more:  `,"discount":"10%"`,
			sub:   "200.00", discount: "20.00", tax: "23.40", total: "203.40",
		},
		"share of the order after tax": {
			lines: []string{`"rate":100,"quantity":1,"tax_id":"%19"`},
			more:  `,"discount":"10%","is_discount_before_tax":false`,
			sub:   "100.00", discount: "11.90", tax: "19.00", total: "107.10",
		},
		"amount after tax": {
			lines: []string{`"rate":100,"quantity":1,"tax_id":"%19"`},
			more:  `,"discount":119,"is_discount_before_tax":false`,
			sub:   "100.00", discount: "119.00", tax: "19.00", total: "0.00",
		},
		"discounts of lines": {
			lines: []string{`"rate":100,"quantity":1,"discount":"10%","tax_id":"%19"`, `"rate":10,"quantity":3,"discount":5`},
			more:  `,"discount_type":"item_level","discount":99`,
			sub:   "115.00", discount: "0.00", tax: "17.10", total: "132.10",
		},
		"a discount of a line without its type": {
			lines: []string{`"rate":100,"quantity":1,"discount":10`},
			sub:   "100.00", discount: "0.00", tax: "0.00", total: "100.00",
		},
		"tax inside": {
			lines: []string{`"rate":119,"quantity":1,"tax_id":"%19"`},
			more:  `,"is_inclusive_tax":true,"shipping_charge":5`,
			sub:   "100.00", discount: "0.00", tax: "19.00", total: "124.00",
		},
		"tax inside and discount": {
			lines: []string{`"rate":119,"quantity":1,"tax_id":"%19"`},
			more:  `,"is_inclusive_tax":true,"discount":"50%"`,
			sub:   "109.50", discount: "59.50", tax: "9.50", total: "59.50",
		},
		"taxed shipping": {
			lines: []string{`"rate":100,"quantity":1`},
			more:  `,"shipping_charge":10,"shipping_charge_tax_id":"%19","adjustment":-0.01`,
			sub:   "100.00", discount: "0.00", tax: "1.90", total: "111.89",
		},
		"yen have no decimals": {
			currency: "JPY",
			lines:    []string{`"rate":99.5,"quantity":1,"tax_id":"%19"`},
			more:     `,"shipping_charge":0.4`,
			sub:      "100", discount: "0", tax: "19", total: "119",
		},
		"nothing costs nothing": {
			lines: []string{`"rate":0,"quantity":1,"tax_id":"%19"`},
			more:  `,"discount":"10%"`,
			sub:   "0.00", discount: "0.00", tax: "0.00", total: "0.00",
		},
		"rate of the item": {
			lines: []string{`"quantity":1`},
			sub:   "122.00", discount: "0.00", tax: "0.00", total: "122.00",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, test.options...)
			if test.currency != "" {
				b.customer = b.org.AddContact(zohotest.Contact{Name: "Other", CurrencyCode: test.currency})
			}
			wantCode(t, b.call(t, "POST", posting, b.priced(test.lines, test.more)), 201, 0)
			order := b.org.Orders()[0]
			got := []zohotest.Decimal{order.SubTotal, order.DiscountTotal, order.TaxTotal, order.Total}
			if want := []zohotest.Decimal{test.sub, test.discount, test.tax, test.total}; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("amounts are %v, want %v", got, want)
			}
		})
	}
}

// priced is a body with lines; %19 and %7 stand for the ids of taxes.
func (b *bundle) priced(lines []string, more string) string {
	all := make([]string, 0, len(lines))
	for _, l := range lines {
		all = append(all, fmt.Sprintf(`{"item_id":%q,%s}`, b.item.ID, l))
	}
	body := fmt.Sprintf(`{"customer_id":%q,"salesorder_number":"N","line_items":[%s]%s}`,
		b.customer.ID, strings.Join(all, ","), more)
	for _, tax := range b.org.Taxes() {
		body = strings.ReplaceAll(body, `"%`+string(tax.Percentage)+`"`, `"`+tax.ID+`"`)
	}
	return body
}

// TestTotalsAdd: whatever is ordered, the amounts in the answer add up to the total.
func TestTotalsAdd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b := setup(t)
		amount := func(name string) string {
			cents := rapid.IntRange(0, 100_000).Draw(r, name)
			return fmt.Sprintf("%d.%02d", cents/100, cents%100)
		}
		var lines []string
		for range rapid.IntRange(1, 5).Draw(r, "lines") {
			lines = append(lines, fmt.Sprintf(`"rate":%s,"quantity":%d,"discount":"%d%%","tax_id":"%s"`, amount("rate"),
				rapid.IntRange(1, 9).Draw(r, "quantity"), rapid.IntRange(0, 100).Draw(r, "line discount"),
				rapid.SampledFrom([]string{"", "%19", "%7", "%8.25"}).Draw(r, "tax")))
		}
		more := fmt.Sprintf(
			`,"discount":"%d%%","discount_type":%q,"is_discount_before_tax":%t,"is_inclusive_tax":%t`+
				`,"shipping_charge":%s,"adjustment":%s`,
			rapid.IntRange(0, 100).Draw(r, "discount"),
			rapid.SampledFrom([]string{"entity_level", "item_level"}).Draw(r, "type"),
			rapid.Bool().Draw(r, "before"), rapid.Bool().Draw(r, "inside"), amount("shipping"), amount("adjustment"))
		wantCode(t, b.call(t, "POST", posting, b.priced(lines, more)), 201, 0)
		o := b.org.Orders()[0]
		cents := func(d zohotest.Decimal) int {
			var whole, part int
			if _, err := fmt.Sscanf(string(d), "%d.%02d", &whole, &part); err != nil {
				r.Fatalf("amount %q: %v", d, err)
			}
			return whole*100 + part
		}
		if sum := cents(o.SubTotal) - cents(o.DiscountTotal) + cents(o.TaxTotal) + cents(o.ShippingCharge) +
			cents(o.Adjustment); sum != cents(o.Total) {
			r.Errorf("%+v adds up to %d", o, sum)
		}
		b.wantClean(t)
	})
}

// TestSilentRounding: an organisation may keep fewer decimals of a rate, and a line
// may get the tax of its item; neither is told.
func TestSilentRounding(t *testing.T) {
	t.Parallel()
	b := setup(t,
		zohotest.WithOrganisations(zohotest.Organisation{RateDecimals: 2}), zohotest.WithQuirks(zohotest.ItemTax))
	b.item = b.org.AddItem(zohotest.Item{SKU: "T", TaxID: b.org.Taxes()[1].ID})
	wantCode(t, b.call(t, "POST", posting, b.priced([]string{`"rate":0.335,"quantity":100`}, "")), 201, 0)
	if o := b.org.Orders()[0]; o.Lines[0].Rate != "0.34" || o.Total != "40.46" {
		t.Errorf("order is %+v", o)
	}
}
