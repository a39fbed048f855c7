package pricing_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/spurline/spurline/plugins/zoho/internal/pricing"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

func usd(amount string) *commercev1.Money { return in("USD", amount) }

func in(currency, amount string) *commercev1.Money {
	return &commercev1.Money{CurrencyCode: currency, Amount: amount}
}

// line has a price, a discount and a tax; empty is none.
func line(currency, quantity, price, discount, tax string) *commercev1.LineItem {
	l := &commercev1.LineItem{Quantity: quantity}
	for _, field := range []struct {
		at     **commercev1.Money
		amount string
	}{{&l.UnitPrice, price}, {&l.Discount, discount}, {&l.Tax, tax}} {
		if field.amount != "" {
			*field.at = in(currency, field.amount)
		}
	}
	return l
}

func order(totals *commercev1.OrderTotals, lines ...*commercev1.LineItem) *commercev1.Order {
	return &commercev1.Order{OrderId: "1", LineItems: lines, Totals: totals}
}

func TestOf(t *testing.T) {
	t.Parallel()
	taxes, err := pricing.ParseTaxes("8.25=4815000000012345\n20=4815000000020000")
	if err != nil {
		t.Fatal(err)
	}
	type (
		figures = pricing.Figures
		lines   = []pricing.LineFigures
	)
	dollars := func(f figures) figures { f.Currency, f.Priced = "USD", true; return f }
	for _, test := range []struct {
		name  string
		order *commercev1.Order
		want  figures
	}{
		{
			// reference/zoho-inventory.md, sections 3.2 and 3.3.
			"the example of the reference",
			order(
				&commercev1.OrderTotals{Discount: usd("10.00"), Shipping: usd("7.00"), GrandTotal: usd("241.00")},
				line("USD", "2", "122.00", "", ""),
			),
			dollars(figures{
				Lines:        lines{{Rate: "122.00", Quantity: "2"}},
				DiscountType: pricing.EntityLevel, Discount: "10.00", DiscountBeforeTax: true,
				ShippingCharge: "7.00", Total: "241.00",
			}),
		},
		{
			"no grand total",
			order(
				&commercev1.OrderTotals{Discount: usd("10"), Shipping: usd("7"), Adjustment: usd("-1.5")},
				line("USD", "2", "122", "", ""),
			),
			dollars(figures{
				Lines:        lines{{Rate: "122.00", Quantity: "2"}},
				DiscountType: pricing.EntityLevel, Discount: "10.00", DiscountBeforeTax: true, ShippingCharge: "7.00",
				Adjustment: "-1.50", AdjustmentDescription: "Adjustment -1.50", Total: "239.50",
			}),
		},
		{
			"no money", order(nil, line("", "2", "", "", ""), line("", "0.500", "", "", "")),
			figures{Lines: lines{{Quantity: "2"}, {Quantity: "0.5"}}},
		},
		{"no order", nil, figures{Lines: lines{}}},
		{
			"prices in the sums only",
			order(&commercev1.OrderTotals{SubTotal: usd("30"), Shipping: usd("5")}, line("", "007", "", "", "")),
			dollars(figures{
				Lines: lines{{Rate: "0.00", Quantity: "7"}}, DiscountBeforeTax: true, ShippingCharge: "5.00",
				Adjustment: "30.00", AdjustmentDescription: "Difference 30.00", Total: "35.00",
			}),
		},
		{
			"a gift beside a line with a price",
			order(nil, line("USD", "1", "9.99", "", ""), line("", "1", "", "", "")),
			dollars(figures{
				Lines:             lines{{Rate: "9.99", Quantity: "1"}, {Rate: "0.00", Quantity: "1"}},
				DiscountBeforeTax: true, Total: "9.99",
			}),
		},
		{
			"a tax that is mapped and one that is not",
			order(
				&commercev1.OrderTotals{Tax: usd("3.84"), GrandTotal: usd("43.84")},
				line("USD", "1", "20", "", "1.65"), line("USD", "1", "20", "", "2.19"),
			),
			dollars(figures{
				Lines: lines{
					{Rate: "20.00", Quantity: "1", TaxID: "4815000000012345"}, {Rate: "20.00", Quantity: "1"},
				},
				Adjustment: "2.19", AdjustmentDescription: "Tax 2.19", Total: "43.84",
			}),
		},
		{
			"tax of the order only",
			order(&commercev1.OrderTotals{Tax: usd("3.20"), GrandTotal: usd("43.20")}, line("USD", "1", "40", "", "")),
			dollars(figures{
				Lines: lines{{Rate: "40.00", Quantity: "1"}}, DiscountBeforeTax: true,
				Adjustment: "3.20", AdjustmentDescription: "Tax 3.20", Total: "43.20",
			}),
		},
		{
			"prices with the tax in them",
			order(&commercev1.OrderTotals{Tax: usd("20"), GrandTotal: usd("120")}, line("USD", "1", "120", "", "20")),
			dollars(figures{Lines: lines{{Rate: "120.00", Quantity: "1"}}, DiscountBeforeTax: true, Total: "120.00"}),
		},
		{
			"discounts of lines and of the order, and sums that do not add up",
			order(
				&commercev1.OrderTotals{Discount: usd("5"), Tax: usd("3.20"), GrandTotal: usd("36.21")},
				line("USD", "2", "20", "2", ""), line("USD", "1", "0", "", ""),
			),
			dollars(figures{
				Lines:        lines{{Rate: "20.00", Quantity: "2", Discount: "2.00"}, {Rate: "0.00", Quantity: "1"}},
				DiscountType: pricing.ItemLevel, DiscountBeforeTax: true, Adjustment: "-1.79",
				AdjustmentDescription: "Tax 3.20, order discount -5.00, difference 0.01", Total: "36.21",
			}),
		},
		{
			"tax on a discounted line",
			order(nil, line("USD", "2", "20", "10", "6")),
			dollars(figures{
				Lines: lines{
					{Rate: "20.00", Quantity: "2", Discount: "10.00", TaxID: "4815000000020000"},
				},
				DiscountType: pricing.ItemLevel, Total: "36.00",
			}),
		},
		{
			"figures that Zoho does not take",
			order(&commercev1.OrderTotals{Shipping: usd("-3")}, line("USD", "1", "5", "6", ""), line("USD", "1", "5", "-1", "")),
			dollars(figures{
				Lines: lines{{Rate: "5.00", Quantity: "1"}, {Rate: "5.00", Quantity: "1"}}, DiscountBeforeTax: true,
				Adjustment: "-8.00", AdjustmentDescription: "Line discounts -5.00, shipping -3.00", Total: "2.00",
			}),
		},
		{
			"a discount of more than there is",
			order(&commercev1.OrderTotals{Discount: usd("6"), GrandTotal: usd("0")}, line("USD", "1", "5", "", "")),
			dollars(figures{
				Lines: lines{{Rate: "5.00", Quantity: "1"}}, DiscountBeforeTax: true, Adjustment: "-5.00",
				AdjustmentDescription: "Order discount -6.00, difference 1.00", Total: "0.00",
			}),
		},
		{
			"a total of more decimals than the currency",
			order(&commercev1.OrderTotals{GrandTotal: usd("19.995")}, line("USD", "3", "6.664999", "", "")),
			dollars(figures{
				Lines: lines{{Rate: "6.664999", Quantity: "3"}}, DiscountBeforeTax: true,
				Adjustment: "0.01", AdjustmentDescription: "Difference 0.01", Total: "20.00",
			}),
		},
		{
			"yen",
			order(
				&commercev1.OrderTotals{Discount: in("JPY", "100"), GrandTotal: in("JPY", "1400.5")},
				line("JPY", "1.5", "999", "", ""),
			),
			figures{
				Currency: "JPY", Priced: true, Lines: lines{{Rate: "999", Quantity: "1.5"}},
				DiscountType: pricing.EntityLevel, Discount: "100", DiscountBeforeTax: true,
				Adjustment: "2", AdjustmentDescription: "Difference 2", Total: "1401",
			},
		},
		{
			"dinars of three decimals",
			order(&commercev1.OrderTotals{Shipping: in("KWD", "0.125")}, line("KWD", "3", "1.0005", "", "")),
			figures{
				Currency: "KWD", Priced: true, Lines: lines{{Rate: "1.0005", Quantity: "3"}},
				DiscountBeforeTax: true, ShippingCharge: "0.125", Total: "3.127",
			},
		},
		{
			"rupees, which are used without decimals and may have them",
			order(&commercev1.OrderTotals{GrandTotal: in("PKR", "1999.50")}, line("PKR", "1", "1999.50", "", "")),
			figures{
				Currency: "PKR", Priced: true, Lines: lines{{Rate: "1999.50", Quantity: "1"}},
				DiscountBeforeTax: true, Total: "1999.50",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := pricing.Of(test.order, taxes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(pricing.Figures{})); diff != "" {
				t.Error(diff)
			}
			if got.Priced && zohoTotal(t, got, rates).Cmp(scaled(t, got.Total)) != 0 {
				t.Errorf("Zoho's total is %v, want %v", zohoTotal(t, got, rates), got.Total)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		order         *commercev1.Order
		reason, field string
	}{
		{
			"lines in two currencies", order(nil, line("USD", "1", "5", "", ""), line("EUR", "1", "5", "", "")),
			pricing.MixedCurrencies, "line_items[1].unit_price",
		},
		{
			"another than the order's", &commercev1.Order{
				CurrencyCode: new("EUR"), Totals: &commercev1.OrderTotals{GrandTotal: usd("5")},
			}, pricing.MixedCurrencies, "totals.grand_total",
		},
		{"a quantity of nothing", order(nil, line("USD", "", "5", "", "")), pricing.AmountInvalid, "line_items[0].quantity"},
		{"a negative quantity", order(nil, line("USD", "-1", "5", "", "")), pricing.AmountInvalid, "line_items[0].quantity"},
		{"a power", order(nil, line("USD", "1", "1e9", "", "")), pricing.AmountInvalid, "line_items[0].unit_price"},
		{"a fraction", order(nil, line("USD", "1", "5", "1/3", "")), pricing.AmountInvalid, "line_items[0].discount"},
		{"two signs", order(nil, line("USD", "1", "5", "", "--1")), pricing.AmountInvalid, "line_items[0].tax"},
		{
			"an empty amount", order(&commercev1.OrderTotals{Tax: usd("")}),
			pricing.AmountInvalid, "totals.tax",
		},
		{
			"the first of several", order(&commercev1.OrderTotals{Tax: usd("x")}, line("USD", "1", "5.1234567", "", "")),
			pricing.AmountInvalid, "line_items[0].unit_price",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := pricing.Of(test.order, pricing.Taxes{})
			fault, ok := errors.AsType[*pricing.Fault](err)
			if !ok || fault.Reason != test.reason || fault.Field != test.field || fault.Hint == "" {
				t.Errorf("%+v", err)
			}
		})
	}
}

func TestCorrect(t *testing.T) {
	t.Parallel()
	figures, err := pricing.Of(order(
		&commercev1.OrderTotals{Tax: usd("3.20"), GrandTotal: usd("43.20")}, line("USD", "1", "40", "", ""),
	), pricing.Taxes{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		total      json.Number
		differs    bool
		adjustment json.Number
		described  string
	}{
		{"43.2", false, "3.20", "Tax 3.20"},
		{"4.32e1", false, "3.20", "Tax 3.20"},
		{"43.199999999999996", false, "3.20", "Tax 3.20"},
		{"46.40", true, "", ""},
		{"43.21", true, "3.19", "Tax 3.20, difference -0.01"},
		{"43.1955", true, "3.2045", "Tax 3.20, difference 0.0045"},
		{"0", true, "46.40", "Tax 3.20, difference 43.20"},
		{"", false, "3.20", "Tax 3.20"},
		{"soon", false, "3.20", "Tax 3.20"},
		{"1e999999999", false, "3.20", "Tax 3.20"},
		{"null", false, "3.20", "Tax 3.20"},
	} {
		t.Run("total "+test.total.String(), func(t *testing.T) {
			t.Parallel()
			corrected, differs := figures.Correct(test.total)
			if differs != test.differs || corrected.Adjustment != test.adjustment ||
				corrected.AdjustmentDescription != test.described || corrected.Total != figures.Total {
				t.Errorf("%v: %s, %q", differs, corrected.Adjustment, corrected.AdjustmentDescription)
			}
		})
	}
	if figures.AdjustmentDescription != "Tax 3.20" || figures.Adjustment != "3.20" {
		t.Errorf("the receiver was changed: %+v", figures)
	}
	again, _ := figures.Correct("43.21")
	if again, _ = again.Correct("43.19"); again.Adjustment != "3.20" || again.AdjustmentDescription != "Tax 3.20" {
		t.Errorf("corrected twice: %s, %q", again.Adjustment, again.AdjustmentDescription)
	}
	if _, differs := (pricing.Figures{}).Correct("5"); differs {
		t.Error("an order without money has no total that could differ")
	}
	bare := pricing.Figures{Priced: true, Total: "5.00", Adjustment: "1.00"}
	bare, _ = bare.Correct("6")
	if bare, _ = bare.Correct("4"); bare.Adjustment != "1.00" || bare.AdjustmentDescription != "Difference 1.00" {
		t.Errorf("figures that are not from Of: %s, %q", bare.Adjustment, bare.AdjustmentDescription)
	}
}
