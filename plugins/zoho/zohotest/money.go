package zohotest

import (
	"math/big"
	"strings"
)

// TaxRounding is where tax is rounded to the decimals of the currency. Both are
// settings of Zoho; which one an organisation has is not in the API (uncertain).
type TaxRounding int

const (
	// PerLine rounds the tax of each line.
	PerLine TaxRounding = iota
	// PerTotal adds the exact taxes of the lines up, tax by tax, and rounds the sums.
	PerTotal
)

// The totals of a sales order (Zoho Inventory reference, section 3.2 names the
// fields; how Zoho rounds is not in it). What is computed here:
//
//   - All amounts have the decimals of the currency, rounded half up, away from zero;
//     rates, quantities and percentages are exact.
//   - item_total = round(rate × quantity − discount of the line); that discount counts
//     under item_level only, that of the order under entity_level only.
//   - sub_total is the sum of item_total. Where the prices have the tax inside, that
//     sum less the tax, so that one formula holds for all:
//     total = sub_total − discount + tax_total + shipping_charge + adjustment.
//   - An order discount before tax lowers the base of each line's tax by its share;
//     after tax a percentage is taken of the sum with tax, and taxes stay.
//   - Tax of a line = base × p/100, or base × p/(100+p) where it is inside.
//   - Shipping is taxed if shipping_charge_tax_id says so.

// sums are the amounts on the way to a total.
type sums struct {
	decimals  int
	inclusive bool
	perTotal  bool
	// byTax are exact if perTotal and rounded otherwise.
	byTax map[string]*big.Rat
}

// add keeps the tax of a base.
func (s *sums) add(t Tax, base *big.Rat) {
	if t.ID == "" {
		return
	}
	p := t.Percentage.rat()
	tax := percent(base, p)
	if s.inclusive {
		tax = times(base, new(big.Rat).Quo(p, sum(p, big.NewRat(100, 1))))
	}
	if !s.perTotal {
		tax = round(tax, s.decimals)
	}
	if s.byTax[t.ID] == nil {
		s.byTax[t.ID] = new(big.Rat)
	}
	s.byTax[t.ID].Add(s.byTax[t.ID], tax)
}

func (s *sums) tax() *big.Rat {
	total := new(big.Rat)
	for _, t := range s.byTax {
		total.Add(total, round(t, s.decimals))
	}
	return total
}

// compute fills in every amount of an order.
func (s *Server) compute(o *organisation, order *Order) *apiError {
	decimals := order.currency.Decimals
	lines := new(big.Rat)
	for i := range order.Lines {
		l := &order.Lines[i]
		total := times(l.Rate.rat(), l.Quantity.rat())
		if order.DiscountType == "item_level" {
			off := discountOf(l.Discount, total, decimals)
			if refused := s.checkDiscount(off, total); refused != nil {
				return refused
			}
			total = less(total, off)
		}
		l.Total = fixed(total, decimals)
		lines.Add(lines, l.Total.rat())
	}
	off, refused := s.discountOfOrder(o, order, lines)
	if refused != nil {
		return refused
	}
	shipping, adjustment := round(order.ShippingCharge.rat(), decimals), round(order.Adjustment.rat(), decimals)
	share := off
	if !order.DiscountBeforeTax {
		share = new(big.Rat)
	}
	tax := s.taxOf(o, order, lines, share, shipping)
	total := sum(lines, tax, shipping, adjustment)
	sub := lines
	if order.InclusiveTax {
		total = sum(lines, shipping, adjustment)
		sub = less(lines, tax)
	}
	total = less(total, off)
	if total.Sign() < 0 {
		if refused := s.refuse(AmountInvalid, "The total is negative"); refused != nil {
			return refused
		}
	}
	order.ShippingCharge, order.Adjustment = fixed(shipping, decimals), fixed(adjustment, decimals)
	order.SubTotal, order.DiscountTotal = fixed(sub, decimals), fixed(off, decimals)
	order.TaxTotal, order.Total = fixed(tax, decimals), fixed(total, decimals)
	return nil
}

// discountOfOrder is the discount of a whole order as an amount: of the lines, or
// after tax of the lines with it.
func (s *Server) discountOfOrder(o *organisation, order *Order, lines *big.Rat) (*big.Rat, *apiError) {
	if order.DiscountType != "entity_level" || order.Discount == "" {
		return new(big.Rat), nil
	}
	of := lines
	if !order.DiscountBeforeTax && !order.InclusiveTax {
		of = sum(lines, s.taxOf(o, order, lines, new(big.Rat), new(big.Rat)))
	}
	off := discountOf(order.Discount, of, order.currency.Decimals)
	return off, s.checkDiscount(off, of)
}

// taxOf is the tax of the lines, each less its share of a discount, and of shipping.
func (s *Server) taxOf(o *organisation, order *Order, lines, discount, shipping *big.Rat) *big.Rat {
	all := sums{
		decimals: order.currency.Decimals, inclusive: order.InclusiveTax, perTotal: s.taxRounding == PerTotal,
		byTax: map[string]*big.Rat{},
	}
	for _, l := range order.Lines {
		base := l.Total.rat()
		if lines.Sign() > 0 {
			base = less(base, times(discount, new(big.Rat).Quo(base, lines)))
		}
		t, _ := o.tax(l.TaxID)
		all.add(t, base)
	}
	t, _ := o.tax(order.ShippingChargeTaxID)
	all.add(t, shipping)
	return all.tax()
}

// discountOf is a discount as an amount.
func discountOf(given string, of *big.Rat, decimals int) *big.Rat {
	if share, isShare := strings.CutSuffix(given, "%"); isShare {
		return round(percent(of, Decimal(share).rat()), decimals)
	}
	return round(Decimal(given).rat(), decimals)
}

func (s *Server) checkDiscount(off, of *big.Rat) *apiError {
	if off.Sign() < 0 || off.Cmp(of) > 0 {
		return s.refuse(AmountInvalid, "The discount is more than the amount")
	}
	return nil
}
