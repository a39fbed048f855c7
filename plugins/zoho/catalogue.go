package zoho

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// Bounds of reading the whole catalogue instead of single items: from so many items
// that are not known, a page of 200 for every second one of them.
const (
	manyItems     = 20
	mostCatalogue = 25
)

// itemsBySKU finds the item of each SKU of the shop, after the mapping of the settings.
// If Zoho has none for some, or has them as inactive, the trip ends with a rejection
// that names them all. An empty SKU stands for a line without one.
func (t *trip) itemsBySKU(ctx context.Context, skus []string) (map[string]inventory.Item, error) {
	if err := t.readCatalogue(ctx, skus); err != nil {
		return nil, err
	}
	found := map[string]inventory.Item{}
	lack := &lacking{}
	for _, sku := range skus {
		if _, seen := found[sku]; seen || slices.Contains(lack.seen, sku) {
			continue
		}
		item, err := t.item(ctx, sku, lack)
		if err != nil {
			return nil, err
		}
		if item.ID != "" {
			found[sku] = item
		}
	}
	return found, lack.err()
}

// mapped is the SKU of Zoho for one of the shop.
func (c *Copier) mapped(sku string) string {
	if other, ok := c.rules.skus[sku]; ok && sku != "" {
		return other
	}
	return sku
}

// item is the active item of a SKU, or the one that stands for all unknown ones. It is
// zero if there is none; then what lacks is noted.
func (t *trip) item(ctx context.Context, sku string, lack *lacking) (inventory.Item, error) {
	rows, err := t.rowsOf(ctx, t.c.mapped(sku))
	if err != nil {
		return inventory.Item{}, err
	}
	if item, ok := active(rows); ok {
		return item, nil
	}
	if other, ok := t.c.rules.skus[anySKU]; ok {
		others, err := t.rowsOf(ctx, other)
		if err != nil {
			return inventory.Item{}, err
		}
		if item, ok := active(others); ok {
			return item, nil
		}
	}
	lack.note(sku, t.c.mapped(sku), len(rows) > 0)
	return inventory.Item{}, nil
}

func active(rows []inventory.Item) (inventory.Item, bool) {
	for _, item := range rows {
		if item.Active() && item.ID != "" {
			return item, true
		}
	}
	return inventory.Item{}, false
}

// rowsOf are the items of Zoho with exactly this SKU: one, or none. What was found, and
// that nothing was, is remembered. That nothing was is no answer to a record that is
// sent again: somebody may have mended it, and retried.
func (t *trip) rowsOf(ctx context.Context, sku string) ([]inventory.Item, error) {
	if sku == "" {
		return nil, nil
	}
	key, now := t.c.key(sku), t.c.clock.Now()
	rows, ok := t.c.shared.items.get(key, now)
	if _, there := active(rows); ok && (there || t.delivery.Attempt <= 1) {
		t.fromCache(func() { t.c.shared.items.drop(key) })
		return rows, nil
	}
	rows, err := search(ctx, t,
		func(page int) inventory.Call { return inventory.FindItems(sku, page) }, inventory.Envelope.Items,
		func(row inventory.Item) bool { return string(row.SKU) == sku })
	if err != nil {
		return nil, err
	}
	t.keepItems(sku, rows)
	return rows, nil
}

// keepItems remembers what was found. That nothing active was is soon asked again, as
// somebody is about to mend it.
func (t *trip) keepItems(sku string, rows []inventory.Item) {
	life := itemLife
	if _, ok := active(rows); !ok {
		life = noItemLife
	}
	t.c.shared.items.put(t.c.key(sku), rows, t.c.clock.Now().Add(life))
}

// readCatalogue reads pages of all items where many are not known, so that an order of
// a thousand lines does not take a thousand calls.
func (t *trip) readCatalogue(ctx context.Context, skus []string) error {
	unknown := map[string]bool{}
	for _, sku := range skus {
		if _, ok := t.c.shared.items.get(t.c.key(t.c.mapped(sku)), t.c.clock.Now()); !ok && sku != "" {
			unknown[t.c.mapped(sku)] = true
		}
	}
	if len(unknown) < manyItems {
		return nil
	}
	for page := 1; page <= min(len(unknown)/2, mostCatalogue); page++ {
		a, err := t.need(ctx, inventory.ListItems(page))
		if err != nil {
			return err
		}
		for _, item := range a.Envelope.Items() {
			if item.SKU != "" {
				t.keepItems(string(item.SKU), []inventory.Item{item})
				delete(unknown, string(item.SKU))
			}
		}
		if all := a.Envelope.Items(); !a.Envelope.HasMore && len(all) < inventory.PageSize {
			for sku := range unknown { // That was all there is.
				t.keepItems(sku, nil)
			}
			return nil
		}
		if !a.Envelope.HasMore || len(unknown) == 0 {
			return nil
		}
	}
	return nil
}

// lacking are the SKUs that no sales order can have.
type lacking struct {
	seen              []string
	unknown, inactive []string
	without           bool
}

func (l *lacking) note(sku, mapped string, there bool) {
	l.seen = append(l.seen, sku)
	name := sku
	if mapped != sku {
		name += " (mapped to " + mapped + ")"
	}
	switch {
	case sku == "":
		l.without = true
	case there:
		l.inactive = append(l.inactive, name)
	default:
		l.unknown = append(l.unknown, name)
	}
}

// err is the rejection that names them all.
func (l *lacking) err() error {
	reason, room := "", mostNamed
	if len(l.inactive) > 0 && len(l.unknown) > 0 {
		room /= 2
	}
	var parts []string
	if l.without {
		reason = "SKU_MISSING"
		parts = append(parts, "lines have no SKU: submit one, or map * to an item in sku_mapping")
	}
	if len(l.inactive) > 0 {
		reason = "SKU_INACTIVE"
		parts = append(parts, "items are inactive at Zoho, so mark them as active and retry: "+namedIn(l.inactive, room))
	}
	if len(l.unknown) > 0 {
		reason = "SKU_UNKNOWN"
		parts = append(parts, "Zoho has no items with these SKUs, so create them there and retry, correct the order, or "+
			"map them in sku_mapping: "+namedIn(l.unknown, room))
	}
	if reason == "" {
		return nil
	}
	return stopWith(rejected(reason, strings.Join(parts, "; "), inventory.FixEither))
}

// mostNamed is how many bytes of lists go into a hint, of which the host keeps 1 KiB.
const mostNamed = 600

// named lists names as far as there is room in a hint, and counts the rest.
func named(names []string) string { return namedIn(names, mostNamed) }

func namedIn(names []string, room int) string {
	var list strings.Builder
	for i, name := range names {
		if list.Len()+len(name) > room {
			fmt.Fprintf(&list, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteString(name)
	}
	return list.String()
}

// skusOf are those of the lines, empty for a line without one.
func skusOf(lines []*commercev1.LineItem) []string {
	skus := make([]string, 0, len(lines))
	for _, line := range lines {
		skus = append(skus, line.GetSku())
	}
	return skus
}
