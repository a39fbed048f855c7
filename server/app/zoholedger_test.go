package app_test

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// What the ledger of the crash test adds to orders and parcels where a merchant has
// Zoho: lines and money, contents, and what a cancelled order means for its parcels.

// mostParcels bounds those of an order, so that its lines always have enough for all.
const mostParcels = 8

// soldLine is a line of an order.
type soldLine struct {
	sku      string
	quantity int64
	// cents a piece.
	cents int64
}

// lines are those of the order now: one grows with each version, one comes and goes.
func (o *soldOrder) lines() []soldLine {
	lines := []soldLine{{crashSKUs[0], 1000 + o.version, 999}, {crashSKUs[1], 1000, 105}}
	if o.version%2 == 1 {
		lines = append(lines, soldLine{crashSKUs[2], 1 + o.version%5, 777})
	}
	return lines
}

// total is what the customer pays, in cents.
func (o *soldOrder) total() int64 {
	sum := int64(490 + 123 - 111) // Shipping, tax and discount.
	for _, line := range o.lines() {
		sum += line.quantity * line.cents
	}
	return sum
}

// currency and buyer tell the customer of an order. Two of the buyers have one name.
func (o *soldOrder) currency() string { return []string{"USD", "EUR"}[o.serial%2] }

func (o *soldOrder) buyer() string { return fmt.Sprintf("buyer-%d@shop.example", o.serial%3) }

// money is an amount of the order's currency.
func (o *soldOrder) money(cents int64) *commercev1.Money {
	return &commercev1.Money{CurrencyCode: o.currency(), Amount: big.NewRat(cents, 100).FloatString(2)}
}

// itemise gives an order its lines, its money and its customer.
func (o *soldOrder) itemise(body *commercev1.Order) {
	for i, line := range o.lines() {
		body.LineItems = append(body.LineItems, &commercev1.LineItem{
			LineId: new(fmt.Sprint(i)), Sku: new(line.sku), Quantity: fmt.Sprint(line.quantity), UnitPrice: o.money(line.cents),
		})
	}
	body.CurrencyCode = new(o.currency())
	body.Totals = &commercev1.OrderTotals{
		Discount: o.money(111), Tax: o.money(123), Shipping: o.money(490), GrandTotal: o.money(o.total()),
	}
	body.Customer = &commercev1.Customer{Name: new(fmt.Sprintf("Buyer %d", o.serial%3/2)), Email: new(o.buyer())}
	body.ShipTo.Lines, body.ShipTo.City = []string{"Heidestraße 17"}, new("Berlin")
	body.Notes = []*commercev1.Note{
		{Kind: commercev1.NoteKind_NOTE_KIND_INTERNAL, Text: fmt.Sprintf("version %d", o.version)},
	}
}

// packed is what is in a parcel now, by SKU.
func (p *sentParcel) packed() map[string]int64 {
	packed := map[string]int64{crashSKUs[0]: int64(1 + p.content%3)}
	if p.content%2 == 1 {
		packed[crashSKUs[1]] = 2
	}
	return packed
}

func (p *sentParcel) contents() []*commercev1.ParcelItem {
	var contents []*commercev1.ParcelItem
	packed := p.packed()
	for _, sku := range slices.Sorted(maps.Keys(packed)) {
		contents = append(contents, &commercev1.ParcelItem{Sku: new(sku), Quantity: fmt.Sprint(packed[sku])})
	}
	return contents
}

// full says that an order has as many parcels as its lines allow.
func (c *customer) full(o *soldOrder) bool {
	return c.books != nil && len(c.parcelsOf(o)) >= mostParcels
}

func (c *customer) parcelsOf(o *soldOrder) (of []*sentParcel) {
	for _, p := range c.parcels {
		if p.order == o {
			of = append(of, p)
		}
	}
	return of
}

// closed says that an order is cancelled and its labels are voided: Zoho ships nothing
// of it any more.
func (c *customer) closed(o *soldOrder) bool { return c.books != nil && o.cancelled }

// cancel cancels an order. At Zoho its labels have to be voided as well, before or
// after.
func (c *customer) cancel(o *soldOrder) message {
	o.cancelled = true
	parcels := c.parcelsOf(o)
	if c.books == nil || len(parcels) == 0 {
		return c.sell(o)
	}
	void := func() message {
		for _, p := range parcels {
			p.voided = true
			p.content++
		}
		return c.shipped(o, parcels...)
	}
	if c.random.IntN(2) == 0 {
		c.following = append(c.following, void)
		return c.sell(o)
	}
	c.following = append(c.following, func() message { return c.sell(o) })
	return void()
}

// endsInBooks is endsIn for Zoho, which takes every number.
func (p *sentParcel) endsInBooks(state string) bool {
	return state == "DELIVERED" || p.voided && state == "SKIPPED"
}

// endsInBooks says whether the last delivery of an order may end so: one that was
// cancelled before it was sent never gets there.
func (o *soldOrder) endsInBooks(state string) bool {
	return state == "DELIVERED" || o.cancelled && state == "SKIPPED"
}
