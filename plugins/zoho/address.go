package zoho

import (
	"context"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// Most characters of the parts of an address (section 4).
const (
	longestStreet  = 500
	longestStreet2 = 255
)

// addressOf is an address as Zoho keeps it.
func addressOf(a *commercev1.Address) inventory.Address {
	street, more := "", []string{}
	for _, line := range append([]string{}, a.GetLines()...) {
		switch line = strings.TrimSpace(line); {
		case line == "":
		case street == "":
			street = line
		default:
			more = append(more, line)
		}
	}
	attention := a.GetName()
	if a.GetCompany() != "" && attention != "" {
		attention += ", "
	}
	attention += a.GetCompany()
	return inventory.Address{
		Attention: inventory.Text(attention), Address: inventory.Text(cutTo(street, longestStreet)),
		Street2: inventory.Text(cutTo(strings.Join(more, ", "), longestStreet2)),
		City:    inventory.Text(a.GetCity()), State: inventory.Text(a.GetState()), Zip: inventory.Text(a.GetPostalCode()),
		Country: inventory.Text(countryName(a.GetCountryCode())), Phone: inventory.Text(phoneOf(a.GetPhone())),
	}
}

// countryName is the English name of a country, as Zoho's forms have it; a code that
// is none stays as it is.
func countryName(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil || code == "" {
		return code
	}
	if name := display.English.Regions().Name(region); name != "" {
		return name
	}
	return code
}

// blank says that an address has nothing in it.
func blank(a inventory.Address) bool { return a == inventory.Address{} }

// addressKey names an address among those of a customer. How it is written does not
// count: case, blanks and punctuation.
func addressKey(customer string, a inventory.Address) string {
	parts := []string{customer}
	for _, part := range []inventory.Text{a.Attention, a.Address, a.Street2, a.City, a.State, a.Zip, a.Country} {
		parts = append(parts, strings.Join(strings.FieldsFunc(strings.ToLower(string(part)), func(r rune) bool {
			return strings.ContainsRune(" .,;-\t\r\n", r)
		}), ""))
	}
	return digest(parts...)
}

func (t *trip) keepAddress(customer string, a inventory.Address) {
	if a.ID != "" {
		t.c.shared.addresses.put(t.c.key(addressKey(customer, a)), string(a.ID), t.c.clock.Now().Add(othersLife))
	}
}

// addAddresses puts the order's addresses into a sales order, in the way that the
// settings choose (section 4).
func (t *trip) addAddresses(ctx context.Context, body *inventory.OrderBody, f facts, of buyer) error {
	bill, ship := addressOf(f.order.GetBillTo()), addressOf(f.order.GetShipTo())
	switch {
	case of.made: // With these very addresses.
	case t.c.rules.AddressMode == addressesInline, of.common && t.c.rules.AddressMode == addressesStored:
		// All orders share the customer: its own addresses would grow without end.
		if !blank(bill) {
			body.BillingAddress = &bill
		}
		if !blank(ship) {
			body.ShippingAddress = &ship
		}
	case t.c.rules.AddressMode == addressesStored:
		var err error
		if body.BillingAddressID, err = t.storedAddress(ctx, of.id, bill); err != nil {
			return err
		}
		body.ShippingAddressID, err = t.storedAddress(ctx, of.id, ship)
		return err
	}
	return nil
}

// storedAddress is the id of an address of a customer, which gets it if need be.
func (t *trip) storedAddress(ctx context.Context, customer string, a inventory.Address) (string, error) {
	if blank(a) {
		return "", nil
	}
	key := t.c.key(addressKey(customer, a))
	if id, ok := t.c.shared.addresses.get(key, t.c.clock.Now()); ok {
		t.fromCache(func() { t.c.shared.addresses.drop(key) })
		return id, nil
	}
	if !t.listed {
		all, err := t.need(ctx, inventory.ListAddresses(customer))
		if err != nil {
			return "", err
		}
		for _, there := range all.Envelope.Addresses() {
			t.keepAddress(customer, there)
		}
		t.listed = true
		if id, ok := t.c.shared.addresses.get(key, t.c.clock.Now()); ok {
			return id, nil
		}
	}
	added, err := t.need(ctx, inventory.CreateAddress(customer, a))
	if err != nil {
		return "", err
	}
	a.ID = inventory.Text(added.Envelope.AddressID())
	if a.ID == "" {
		t.warn("Zoho took an address without saying its id, so the sales order has the customer's usual one")
	}
	t.keepAddress(customer, a)
	return string(a.ID), nil
}
