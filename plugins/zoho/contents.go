package zoho

import (
	"context"
	"slices"
	"strings"

	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// wants finds the lines of the sales order for the contents of the parcel: by the SKU
// that the lines tell, otherwise by item. Contents that no line has end the trip, all
// of them named.
func (s *shipping) wants(ctx context.Context, order inventory.SalesOrder) ([]need, error) {
	wants := make([]need, len(s.p.contents))
	var open []string
	for i, c := range s.p.contents {
		wants[i] = need{name: c.name(), quantity: c.quantity, lines: s.c.linesBySKU(order.Lines, c.sku)}
		if len(wants[i].lines) == 0 {
			open = append(open, c.sku)
		}
	}
	silent := slices.ContainsFunc(order.Lines, func(line inventory.OrderLine) bool { return line.SKU == "" })
	if len(open) > 0 && silent {
		items, err := s.itemsBySKU(ctx, open)
		if err != nil {
			return nil, err
		}
		for i, c := range s.p.contents {
			if len(wants[i].lines) == 0 {
				wants[i].lines = linesOf(order.Lines, func(line inventory.OrderLine) bool {
					return line.ItemID != "" && line.ItemID == items[c.sku].ID
				})
			}
		}
	}
	unknown := slices.Clone(s.p.unknown)
	for _, w := range wants {
		if len(w.lines) == 0 {
			unknown = append(unknown, w.name)
		}
	}
	if len(unknown) > 0 {
		return nil, stopWith(rejected("PARCEL_ITEM_UNKNOWN", "the sales order has no line for these contents of the "+
			"parcel, so correct them or the order: "+named(unknown), inventory.FixRecord))
	}
	return wants, nil
}

// linesBySKU are the lines of one of the shop's SKUs, or else those of the item that
// stands for unknown ones.
func (c *Copier) linesBySKU(lines []inventory.OrderLine, sku string) []int {
	for _, name := range []string{c.mapped(sku), c.rules.skus[anySKU]} {
		if found := linesOf(lines, func(line inventory.OrderLine) bool {
			return name != "" && string(line.SKU) == name
		}); len(found) > 0 {
			return found
		}
	}
	return nil
}

func linesOf(lines []inventory.OrderLine, match func(inventory.OrderLine) bool) []int {
	var found []int
	for i, line := range lines {
		if match(line) {
			found = append(found, i)
		}
	}
	return found
}

// plan is what the parcel takes of the sales order, nothing if nothing is left to take.
// Given are quantities that are to be unpacked, by line id.
func (s *shipping) plan(
	ctx context.Context, order inventory.SalesOrder, given []inventory.PackageLine,
) ([]inventory.PackageLineBody, error) {
	left := remains(order.Lines, sums(given))
	if len(s.p.contents)+len(s.p.unknown) == 0 {
		return packed(order.Lines, takeAll(left, s.toCome(order))), nil
	}
	wants, err := s.wants(ctx, order)
	if err != nil {
		return nil, err
	}
	taken, short := take(left, wants)
	if len(short) > 0 {
		return nil, stopWith(s.shipped(rejected("OVERPACKED", "the parcel has more than is left to pack of the sales order, "+
			"as other parcels or packages have it already: correct the contents of the parcels; more than is left: "+
			named(short), inventory.FixRecord), order))
	}
	return packed(order.Lines, taken), nil
}

// toCome counts the parcels of the order, beside this one, that Zoho does not have yet
// and that are not voided: a label that is printed again is a parcel more and one less.
func (s *shipping) toCome(order inventory.SalesOrder) int {
	siblings := squashed(s.p.record.GetSiblingTrackingNumbers())
	settled := squashed(s.p.record.GetVoidedSiblingTrackingNumbers())
	others := 0
	for _, p := range order.Packages {
		switch number := numberOf(p); {
		case siblings[number]:
			settled[number] = true
		case number != "" && number != s.p.number:
			others++ // Perhaps one of the siblings beyond those that are told.
		}
	}
	untold := max(int(s.p.record.GetParcelCount())-1-len(siblings), 0)
	return max(len(siblings)-len(settled), 0) + max(untold-others, 0)
}

// squashed is a set of tracking numbers, as they are compared.
func squashed(numbers []string) map[string]bool {
	set := map[string]bool{}
	for _, number := range numbers {
		set[squash(number)] = true
	}
	return set
}

// numberOf is the tracking number of a package, as it is compared. That of a package
// without a shipment is its own number, if it is one of ours.
func numberOf(p inventory.Package) string {
	if p.ShipmentID != "" && strings.TrimSpace(string(p.TrackingNumber)) != "" {
		return squash(string(p.TrackingNumber))
	}
	return squash(string(p.Number))
}
