package pricing

import (
	"math/big"
	"strconv"
	"strings"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// orderMoney is the money of an order, exactly as it was submitted. What is absent is
// zero, unless it says nil.
type orderMoney struct {
	currency string
	priced   bool
	lines    []lineMoney

	discount, shipping, adjustment *big.Rat
	// tax is that of the totals, or else of all lines.
	tax *big.Rat
	// subTotal and grandTotal are nil if absent.
	subTotal, grandTotal *big.Rat
}

type lineMoney struct {
	quantity, price, discount *big.Rat
	// tax is nil if absent.
	tax *big.Rat
	// hasPrice tells a price of zero from none.
	hasPrice bool
}

// exact is the amount of the line before discount.
func (l lineMoney) exact() *big.Rat { return new(big.Rat).Mul(l.price, l.quantity) }

// amount is exact as Zoho rounds it.
func (l lineMoney) amount(scale int) *big.Rat { return round(l.exact(), scale) }

func (o orderMoney) lineDiscounts() *big.Rat {
	sum := new(big.Rat)
	for _, l := range o.lines {
		sum.Add(sum, l.discount)
	}
	return sum
}

// total is what the customer pays. Where the order does not say, it is the sum of what
// it says.
func (o orderMoney) total(scale int) *big.Rat {
	if o.grandTotal != nil {
		return o.grandTotal
	}
	lines, prices := new(big.Rat), false
	for _, l := range o.lines {
		lines.Add(lines, l.amount(scale))
		prices = prices || l.hasPrice
	}
	lines.Sub(lines, o.lineDiscounts())
	if !prices && o.subTotal != nil {
		lines = o.subTotal // An order that has prices in its sums only.
	}
	return sub(add(lines, o.tax, o.shipping, o.adjustment), o.discount)
}

// Reasons of a Fault.
const (
	// MixedCurrencies is the reason if amounts are in more than one currency.
	MixedCurrencies = "MIXED_CURRENCIES"
	// AmountInvalid is the reason if an amount or a quantity is no decimal number.
	AmountInvalid = "AMOUNT_INVALID"
)

// Fault is why an order has no figures. It quotes nothing of the order but its
// currencies.
type Fault struct {
	// Reason is MixedCurrencies or AmountInvalid.
	Reason string
	// Field is where in the order, such as "line_items[3].unit_price".
	Field string
	// Hint tells a human what to correct; it names the field.
	Hint string
}

// Error implements error.
func (f *Fault) Error() string { return "read money of order: " + f.Field + ": " + f.Reason }

// reading keeps the first fault.
type reading struct {
	currency string
	priced   bool
	fault    *Fault
}

func readOrder(order *commercev1.Order) (orderMoney, *Fault) {
	r := &reading{currency: order.GetCurrencyCode()}
	lines := make([]lineMoney, 0, len(order.GetLineItems()))
	lineTaxes := new(big.Rat)
	for i, item := range order.GetLineItems() {
		price := r.money(item.GetUnitPrice(), i, "unit_price")
		l := lineMoney{
			quantity: r.quantity(item.GetQuantity(), i),
			price:    orZero(price), hasPrice: price != nil,
			discount: orZero(r.money(item.GetDiscount(), i, "discount")),
			tax:      r.money(item.GetTax(), i, "tax"),
		}
		lineTaxes.Add(lineTaxes, orZero(l.tax))
		lines = append(lines, l)
	}
	totals := order.GetTotals()
	o := orderMoney{
		lines:      lines,
		subTotal:   r.money(totals.GetSubTotal(), inTotals, "sub_total"),
		discount:   orZero(r.money(totals.GetDiscount(), inTotals, "discount")),
		tax:        r.money(totals.GetTax(), inTotals, "tax"),
		shipping:   orZero(r.money(totals.GetShipping(), inTotals, "shipping")),
		adjustment: orZero(r.money(totals.GetAdjustment(), inTotals, "adjustment")),
		grandTotal: r.money(totals.GetGrandTotal(), inTotals, "grand_total"),
	}
	if o.tax == nil {
		o.tax = lineTaxes
	}
	o.currency, o.priced = r.currency, r.priced
	return o, r.fault
}

func orZero(r *big.Rat) *big.Rat {
	if r == nil {
		return new(big.Rat)
	}
	return r
}

// inTotals stands for the totals in place of a line.
const inTotals = -1

// mostAmountDigits and mostQuantityDigits are those of commerce/v1.
const (
	mostAmountDigits   = 15
	mostQuantityDigits = 12
)

// money returns nil if there is none.
func (r *reading) money(m *commercev1.Money, line int, name string) *big.Rat {
	if m == nil {
		return nil
	}
	r.priced = true
	switch code := m.GetCurrencyCode(); {
	case code == "" || code == r.currency:
	case r.currency == "":
		r.currency = code
	default:
		r.faulty(MixedCurrencies, line, name, "is in another currency than the rest of the order: send all amounts "+
			"of the order in the currency that the customer pays in.")
	}
	return r.decimal(m.GetAmount(), strings.TrimPrefix(m.GetAmount(), "-"), mostAmountDigits, line, name)
}

func (r *reading) quantity(text string, line int) *big.Rat {
	return r.decimal(text, text, mostQuantityDigits, line, "quantity")
}

// decimal reads a text whose digits are the same without the sign.
func (r *reading) decimal(text, digits string, most, line int, name string) *big.Rat {
	if isDecimal(digits, most) {
		if value, ok := new(big.Rat).SetString(text); ok {
			return value
		}
	}
	r.faulty(AmountInvalid, line, name, `is no decimal number such as "19.90": correct it and send the order again.`)
	return new(big.Rat)
}

func (r *reading) faulty(reason string, line int, name, hint string) {
	if r.fault != nil {
		return
	}
	field := "totals." + name
	if line != inTotals {
		field = "line_items[" + strconv.Itoa(line) + "]." + name
	}
	r.fault = &Fault{reason, field, field + " " + hint}
}
