// Package pricing turns the money of an order into the figures of a sales order in
// Zoho, so that the total that Zoho computes is the total of the order, to the last
// decimal of its currency.
//
// Zoho adds up what it is given, and knows no total that is told to it:
//
//	line   = round(rate × quantity) − discount of the line
//	total  = lines − discount of the order + round(line × tax rate) for lines with a tax
//	         + shipping charge + adjustment
//
// Whatever of the order fits none of the other fields goes into the adjustment, and a
// description says what it is made of. So the sum is right also for an order whose own
// figures do not add up, or whose prices have the tax in them. What Zoho is set up to
// compute in another way shows in its answer, and Correct takes it back:
//
//	figures, err := pricing.Of(order, taxes)
//	… // create the sales order
//	if corrected, differs := figures.Correct(answer.Total); differs {
//		… // update it
//	}
//
// All is exact decimal arithmetic; halves are rounded away from zero.
package pricing

import (
	"encoding/json"
	"math/big"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// The two ways of Zoho to take discounts, which exclude each other.
const (
	// ItemLevel has a discount in each line.
	ItemLevel = "item_level"
	// EntityLevel has one discount for the order.
	EntityLevel = "entity_level"
)

// Figures are what goes into a sales order. A figure that is empty is left out.
type Figures struct {
	// Currency is the ISO code, empty if the order names none.
	Currency string
	// Priced is false if the order carries no money at all: then rates are left out,
	// and Zoho's own prices hold.
	Priced bool
	// Lines has one for each line of the order, in the same order, never fewer.
	Lines []LineFigures
	// DiscountType is empty, ItemLevel or EntityLevel.
	DiscountType string
	// Discount is that of the order, for EntityLevel.
	Discount json.Number
	// DiscountBeforeTax says that no line has a tax. With one, Zoho has to tax whole
	// lines, or it would spread the discount over them in a way of its own.
	DiscountBeforeTax bool
	// ShippingCharge is positive or empty.
	ShippingCharge json.Number
	// Adjustment is what fits no other field, positive or negative; empty for zero.
	Adjustment json.Number
	// AdjustmentDescription names the parts of the adjustment, such as
	// "Tax 3.20, order discount -5.00, difference 0.01".
	AdjustmentDescription string
	// Total is what Zoho's total has to be, empty if the order is not priced.
	Total json.Number

	parts []part
}

// LineFigures are those of a line.
type LineFigures struct {
	// Rate is the price of one unit. A priced order has it in every line, 0 where the
	// order says none, as Zoho would put the item's own price in its place.
	Rate json.Number
	// Quantity is what was ordered.
	Quantity json.Number
	// Discount is an amount, for ItemLevel.
	Discount json.Number
	// TaxID is the tax whose rate the tax of the line agrees with.
	TaxID string
}

// Of returns the figures of an order. An error is a *Fault. It is safe for concurrent
// use and changes nothing of the order.
func Of(order *commercev1.Order, taxes Taxes) (Figures, error) {
	o, fault := readOrder(order)
	if fault != nil {
		return Figures{}, fault
	}
	f := Figures{Currency: o.currency, Priced: o.priced, Lines: make([]LineFigures, len(o.lines))}
	for i, l := range o.lines {
		f.Lines[i].Quantity = number(l.quantity, 0)
	}
	if f.Priced {
		f.fill(o, taxes, decimals(o.currency))
	}
	return f, nil
}

// sums are those of the lines as they are sent.
type sums struct {
	// items is after the discounts that are sent, before tax.
	items, discounts, taxes *big.Rat
}

// fill puts in the money, at so many decimals.
func (f *Figures) fill(o orderMoney, taxes Taxes, scale int) {
	lines := f.fillLines(o, taxes, scale)
	f.DiscountBeforeTax = true
	for _, l := range f.Lines {
		f.DiscountBeforeTax = f.DiscountBeforeTax && l.TaxID == ""
	}
	discount, shipping := new(big.Rat), new(big.Rat)
	// Zoho takes no discount of more than there is.
	if d := round(o.discount, scale); f.DiscountType == "" && d.Sign() > 0 && d.Cmp(lines.items) <= 0 {
		f.DiscountType, f.Discount, discount = EntityLevel, number(d, scale), d
	}
	if s := round(o.shipping, scale); s.Sign() > 0 {
		f.ShippingCharge, shipping = number(s, scale), s
	}
	total := round(o.total(scale), scale)
	f.Total = number(total, scale)

	missing := sub(total, add(sub(lines.items, discount), lines.taxes, shipping))
	f.parts = []part{
		{"tax", round(sub(o.tax, lines.taxes), scale)},
		{"line discounts", round(sub(lines.discounts, o.lineDiscounts()), scale)},
		{"order discount", round(sub(discount, o.discount), scale)},
		{"shipping", round(sub(o.shipping, shipping), scale)},
		{"adjustment", round(o.adjustment, scale)},
	}
	rest := sub(missing, sumOf(f.parts))
	if tax := f.parts[0].amount; add(tax, rest).Sign() == 0 {
		// The prices have the tax in them: there is nothing to add.
		f.parts, rest = f.parts[1:], new(big.Rat)
	}
	f.parts = append(f.parts, part{difference, rest})
	f.adjust(missing, scale)
}

func (f *Figures) fillLines(o orderMoney, taxes Taxes, scale int) sums {
	s := sums{new(big.Rat), new(big.Rat), new(big.Rat)}
	for i, l := range o.lines {
		figures := &f.Lines[i]
		figures.Rate = number(l.price, scale)
		item := l.amount(scale)
		// Zoho takes no discount of more than there is, before it rounds.
		if d := round(l.discount, scale); d.Sign() > 0 && d.Cmp(item) <= 0 && d.Cmp(l.exact()) <= 0 {
			f.DiscountType, figures.Discount = ItemLevel, number(d, scale)
			item = sub(item, d)
			s.discounts.Add(s.discounts, d)
		}
		if l.tax != nil {
			tax := round(l.tax, scale)
			if id, ok := taxes.of(item, tax, scale); ok {
				figures.TaxID = id
				s.taxes.Add(s.taxes, tax)
			}
		}
		s.items.Add(s.items, item)
	}
	return s
}
