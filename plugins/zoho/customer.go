package zoho

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// buyer is the customer of a sales order.
type buyer struct {
	id string
	// made says that the customer was made for this order, with its addresses.
	made bool
	// common says that it is the one of the settings, which many orders share.
	common bool
}

// customer finds or makes the customer of an order (section 4).
func (t *trip) customer(ctx context.Context, f facts) (buyer, error) {
	if f.email != "" && t.c.rules.CustomerUse != customerForAll {
		if utf8.RuneCountInString(f.email) > longestEmail {
			return buyer{}, stopWith(rejected("CUSTOMER_EMAIL_TOO_LONG", fmt.Sprintf("Zoho has no room for an e-mail address "+
				"of more than %d characters: correct it, or use customer_id for all orders", longestEmail), inventory.FixEither))
		}
		return t.customerOf(ctx, f)
	}
	if t.c.rules.CustomerID == "" {
		return buyer{}, stopWith(rejected("CUSTOMER_EMAIL_MISSING", "the order has no e-mail address to find its customer "+
			"by: submit one, or enter customer_id for such orders", inventory.FixEither))
	}
	return t.commonCustomer(ctx, f)
}

// commonCustomer is the one of the settings, looked at once in a while.
func (t *trip) commonCustomer(ctx context.Context, f facts) (buyer, error) {
	id, now := t.c.rules.CustomerID, t.c.clock.Now()
	key := t.c.key("id\x00" + id + "\x00" + f.figures.Currency)
	if _, ok := t.c.shared.customers.get(key, now); ok {
		t.fromCache(func() { t.c.shared.customers.drop(key) })
		return buyer{id: id, common: true}, nil
	}
	a := t.call(ctx, inventory.ReadContact(id))
	there, found := a.Envelope.Contact()
	switch {
	case !a.OK() && (a.Failure != nil || a.Rule().Class != inventory.Missing):
		return buyer{}, t.refused(a)
	case !found:
		return buyer{}, stopWith(rejected("CUSTOMER_NOT_FOUND", "Zoho does not have the customer "+id+
			": correct customer_id", inventory.FixSettings))
	case !there.Active():
		return buyer{}, inactive(id)
	case !in(there, f.figures.Currency):
		return buyer{}, stopWith(rejected("CUSTOMER_CURRENCY", "the customer "+id+" is in "+string(there.CurrencyCode)+
			" and the order in "+f.figures.Currency+": a sales order has the currency of its customer, so enter another one, "+
			"or use customer_id only for orders without an e-mail address", inventory.FixSettings))
	}
	t.c.shared.customers.put(key, id, now.Add(othersLife))
	return buyer{id: id, common: true}, nil
}

func inactive(id string) error {
	return stopWith(rejected("CUSTOMER_INACTIVE", "the customer "+id+" is inactive at Zoho: mark it as active there and "+
		"retry", inventory.FixSettings))
}

// in says that a contact is in a currency; an order without one goes with any.
func in(there inventory.Contact, currency string) bool {
	return currency == "" || there.CurrencyCode == "" || string(there.CurrencyCode) == currency
}

// customerOf finds the customer with the order's e-mail address and currency, or makes
// it. Orders that come at the same time make it once.
func (t *trip) customerOf(ctx context.Context, f facts) (buyer, error) {
	key := t.c.key(strings.ToLower(f.email) + "\x00" + f.figures.Currency)
	if found, ok := t.knownCustomer(key); ok {
		return found, nil
	}
	done, err := t.c.shared.customerTurns.take(ctx, key)
	if err != nil {
		return buyer{}, err
	}
	defer done()
	if found, ok := t.knownCustomer(key); ok {
		return found, nil // By whoever had the turn before.
	}
	found, err := t.findOrMake(ctx, f)
	if err == nil {
		t.c.shared.customers.put(key, found.id, t.c.clock.Now().Add(othersLife))
	}
	return found, err
}

func (t *trip) knownCustomer(key ofAccount) (buyer, bool) {
	id, ok := t.c.shared.customers.get(key, t.c.clock.Now())
	if ok {
		t.fromCache(func() { t.c.shared.customers.drop(key) })
	}
	return buyer{id: id}, ok
}

func (t *trip) findOrMake(ctx context.Context, f facts) (buyer, error) {
	var others []inventory.Contact
	rows, err := search(ctx, t,
		func(page int) inventory.Call { return inventory.FindContacts(f.email, page) }, inventory.Envelope.Contacts,
		func(row inventory.Contact) bool {
			if !row.HasEmail(f.email) {
				others = append(others, row)
			}
			return row.HasEmail(f.email)
		})
	if err == nil && len(rows) == 0 {
		rows, err = t.withPerson(ctx, others, f.email)
	}
	if err != nil {
		return buyer{}, err
	}
	if id, err := t.choose(ctx, rows, f.figures.Currency); err != nil || id != "" {
		return buyer{id: id}, err
	}
	if !t.c.rules.CreateCustomers {
		return buyer{}, stopWith(rejected("CUSTOMER_UNKNOWN", "Zoho has no customer with the order's e-mail address and "+
			"currency: create it there and retry, or turn on create_customers", inventory.FixSettings))
	}
	return t.makeCustomer(ctx, f)
}

// mostRead is how many contacts are read for their persons.
const mostRead = 3

// withPerson are the contacts of which a person has the e-mail address: the list shows only
// that of the first person, the search knows all (section 4). If there are many, Zoho
// ignored the address, and none is what was searched for.
func (t *trip) withPerson(ctx context.Context, rows []inventory.Contact, email string) ([]inventory.Contact, error) {
	if len(rows) > mostRead {
		return nil, nil
	}
	var found []inventory.Contact
	for _, row := range rows {
		if row.ID == "" {
			continue
		}
		a, err := t.need(ctx, inventory.ReadContact(string(row.ID)))
		if err != nil {
			return nil, err
		}
		if whole, ok := a.Envelope.Contact(); ok && whole.HasEmail(email) {
			found = append(found, whole)
		}
	}
	return found, nil
}

// choose is the customer to take among those with the right e-mail address: the oldest
// active one in the currency. If there are only inactive ones, the trip ends.
func (t *trip) choose(ctx context.Context, rows []inventory.Contact, currency string) (string, error) {
	var ids []string
	asleep := ""
	for _, row := range rows {
		if !row.Customer() || row.ID == "" {
			continue
		}
		if currency != "" && row.CurrencyCode == "" { // Lists may leave it out.
			a, err := t.need(ctx, inventory.ReadContact(string(row.ID)))
			if err != nil {
				return "", err
			}
			if whole, ok := a.Envelope.Contact(); ok {
				row.CurrencyCode = whole.CurrencyCode
			}
		}
		switch {
		case !in(row, currency):
		case row.Active():
			ids = append(ids, string(row.ID))
		default:
			asleep = string(row.ID)
		}
	}
	switch {
	case len(ids) > 0:
		return slices.MinFunc(ids, older), nil
	case asleep != "":
		return "", inactive(asleep)
	default:
		return "", nil
	}
}

// older compares ids, which are numbers that grow.
func older(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
