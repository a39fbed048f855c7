package zoho

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// person is a contact as a merchant has it at Zoho.
func person(name, email, currency string) zohotest.Contact {
	return zohotest.Contact{
		Name: name, CurrencyCode: currency, Persons: []zohotest.Person{{LastName: name, Email: email, Primary: true}},
	}
}

// TestCustomerIsFound by e-mail address in any case, and by currency; whoever else is in
// the list is a stranger, also if Zoho ignores the filter (sections 4 and 11).
func TestCustomerIsFound(t *testing.T) {
	t.Parallel()
	for _, quirk := range []zohotest.Quirk{"", zohotest.EmailFilterIgnored, zohotest.FiltersIgnored} {
		t.Run(string(quirk), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if quirk != "" {
				b.stand.SetQuirk(quirk, true)
			}
			b.org.AddContact(person("Jo Doe", "other.jo@example.com", "USD"))
			b.org.AddContact(person("Jo in Europe", "jo@example.com", "EUR"))
			vendor := person("Jo's vendor", "jo@example.com", "USD")
			vendor.Type = "vendor"
			b.org.AddContact(vendor)
			right := b.org.AddContact(person("The right one", "JO@example.com", "USD"))
			want(t, b.copyOrder(jo(), nil), isDelivered, "")
			if got := b.order().CustomerID; got != right.ID {
				t.Errorf("customer is %s, want %s", got, right.ID)
			}
			if count := len(b.org.Contacts()); count != 4 {
				t.Errorf("%d contacts, want 4", count)
			}
		})
	}
}

// TestCustomerIsCreated in the order's currency, under a name of its own (section 4,
// code 3062): a namesake is another person.
func TestCustomerIsCreated(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.org.AddContact(person("Jo Doe", "namesake@example.com", "USD"))
	b.org.AddContact(person("Jo Doe (jo@example.com)", "jo@example.com", "EUR"))
	want(t, b.copyOrder(jo(), nil), isDelivered, "")
	customer := b.customerOf(b.order())
	if customer.Name != "Jo Doe (jo@example.com, USD)" || customer.CurrencyCode != "USD" {
		t.Errorf("customer is %+v", customer)
	}
	if p := customer.Persons[0]; p.FirstName != "Jo" || p.LastName != "Doe" || p.Email != "jo@example.com" || !p.Primary {
		t.Errorf("person is %+v", p)
	}
}

func (b *bench) customerOf(o zohotest.Order) zohotest.Contact {
	b.t.Helper()
	all := b.org.Contacts()
	i := slices.IndexFunc(all, func(c zohotest.Contact) bool { return c.ID == o.CustomerID })
	if i < 0 {
		b.t.Fatalf("the customer %s of the sales order is not there", o.CustomerID)
	}
	return all[i]
}

// TestCustomerOfLostAnswer: a customer whose creation was not answered, and whom the
// search does not show yet, is not made twice (section 4).
func TestCustomerOfLostAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t, zohotest.WithSearchDelay(benchDelay))
	b.stand.Script(zohotest.Reset().AfterStore().On("POST", "/contacts"))
	first := b.copyOrder(jo(), nil)
	want(t, first, isUnknown, "")
	second := b.copyOrder(jo(), first)
	want(t, second, isRetry, "CUSTOMER_HIDDEN")
	b.clock.Advance(benchDelay)
	want(t, b.copyOrder(jo(), second), isDelivered, "")
	named := 0
	for _, c := range b.org.Contacts() {
		if len(c.Persons) > 0 && c.Persons[0].Email == "jo@example.com" {
			named++
		}
	}
	if named != 1 {
		t.Errorf("%d customers, want 1", named)
	}
}

// TestCustomerIsRefused: what no order can be of is told with what mends it.
func TestCustomerIsRefused(t *testing.T) {
	t.Parallel()
	withoutEmail := jo()
	withoutEmail.Customer.Email = nil
	for name, test := range map[string]struct {
		prepare func(*bench)
		order   *commercev1.Order
		reason  string
		hint    string
	}{
		"inactive": {
			func(b *bench) {
				c := b.org.AddContact(person("Jo Doe", "jo@example.com", "USD"))
				b.org.SetContactStatus(c.ID, false)
			}, jo(), "CUSTOMER_INACTIVE", "mark it as active",
		},
		"unknown, and none to be made": {
			func(b *bench) { b.set("create_customers", "false") }, jo(), "CUSTOMER_UNKNOWN", "create_customers",
		},
		"no e-mail address": {func(*bench) {}, withoutEmail, "CUSTOMER_EMAIL_MISSING", "customer_id"},
		"the one of the settings is not there": {
			func(b *bench) { b.set("customer_id", "99") }, withoutEmail, "CUSTOMER_NOT_FOUND", "customer_id",
		},
		"the one of the settings is in another currency": {
			func(b *bench) { b.set("customer_id", b.org.AddContact(person("All", "all@example.com", "EUR")).ID) },
			withoutEmail, "CUSTOMER_CURRENCY", "EUR",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			test.prepare(b)
			r := b.copyOrder(test.order, nil)
			want(t, r, isRejected, test.reason)
			wantHint(t, r, test.hint)
			if len(b.org.Orders()) > 0 {
				t.Error("there is a sales order")
			}
		})
	}
}

// TestInactiveLater: a customer or item that became inactive is told by name although
// the caches had it as active.
func TestInactiveLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want(t, b.copyOrder(jo(), nil), isDelivered, "")
	customer := b.order().CustomerID
	b.org.SetContactStatus(customer, false)
	next := jo()
	next.OrderId = "100235"
	r := b.copyOrder(next, nil)
	want(t, r, isRejected, "CUSTOMER_INACTIVE")
	b.org.SetContactStatus(customer, true)
	b.org.SetItemStatus("LP-15", false)
	b.clock.Advance(othersLife) // Forget nothing but what is old.
	r = b.copyOrder(next, r)
	want(t, r, isRejected, "SKU_INACTIVE")
	wantHint(t, r, "LP-15")
	b.org.SetItemStatus("LP-15", true)
	b.clock.Advance(noItemLife)
	want(t, b.copyOrder(next, r), isDelivered, "")
}

// TestCommonCustomer: all orders go to one customer, each with its own addresses.
func TestCommonCustomer(t *testing.T) {
	t.Parallel()
	b := newBench(t, zohotest.WithQuirks(zohotest.InlineAddresses))
	all := b.org.AddContact(person("All", "all@example.com", "USD"))
	b.set("customer_id", all.ID)
	b.set("customer_id_use", "all")
	want(t, b.copyOrder(jo(), nil), isDelivered, "")
	if o := b.order(); o.CustomerID != all.ID || o.Shipping.Address != "1 Main St" {
		t.Errorf("customer %s, shipping to %+v", o.CustomerID, o.Shipping)
	}
	if addresses := b.customerOf(b.order()).Addresses; len(addresses) > 0 {
		t.Errorf("the customer got addresses: %+v", addresses)
	}
}

// TestCurrency: an order goes to a customer in its currency, never in the base currency
// instead (section 4).
func TestCurrency(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	euros, francs := inCurrency("EUR"), inCurrency("CHF")
	want(t, b.copyOrder(euros, nil), isDelivered, "")
	if o := b.order(); o.Currency != "EUR" || o.Total != "241.00" {
		t.Errorf("%s %s", o.Total, o.Currency)
	}
	francs.OrderId = "CHF-1"
	r := b.copyOrder(francs, nil)
	want(t, r, isRejected, "CURRENCY_UNKNOWN")
	wantHint(t, r, "CHF")
}

// inCurrency is the order of the reference in another currency.
func inCurrency(code string) *commercev1.Order {
	o := jo()
	o.CurrencyCode = proto.String(code)
	for _, m := range []*commercev1.Money{
		o.GetLineItems()[0].GetUnitPrice(), o.GetTotals().GetSubTotal(), o.GetTotals().GetDiscount(),
		o.GetTotals().GetShipping(), o.GetTotals().GetGrandTotal(),
	} {
		m.CurrencyCode = code
	}
	return o
}

// TestAddresses in each of the modes (section 4): a returning customer gets a new
// address once.
func TestAddresses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.org.AddContact(person("Jo Doe", "jo@example.com", "USD"))
	for i, id := range []string{"A-1", "A-2"} {
		o := jo()
		o.OrderId = id
		want(t, b.copyOrder(o, nil), isDelivered, "")
		if i == 0 {
			continue
		}
		contact := b.customerOf(b.org.Orders()[0])
		if len(contact.Addresses) != 1 || contact.Addresses[0].Address != "1 Main St" {
			t.Errorf("addresses: %+v", contact.Addresses)
		}
	}
	b.set("addresses", "none")
	o := jo()
	o.OrderId, o.ShipTo.Lines = "A-3", []string{"elsewhere"}
	calls := b.calls(func() { want(t, b.copyOrder(o, nil), isDelivered, "") })
	if len(calls) != 2 {
		t.Errorf("without addresses it took %q", calls)
	}
}
