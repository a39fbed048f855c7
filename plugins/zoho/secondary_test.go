package zoho

import (
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestSecondaryPerson: the search looks at the addresses of all persons of a contact, and
// the list shows that of the primary one only (section 4).
func TestSecondaryPerson(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	company := b.org.AddContact(zohotest.Contact{Name: "Acme", CurrencyCode: "USD", Persons: []zohotest.Person{
		{LastName: "Boss", Email: "boss@example.com", Primary: true}, {LastName: "Doe", Email: "JO@example.com"},
	}})
	want(t, b.copyOrder(jo(), nil), isDelivered, "")
	if got := b.order().CustomerID; got != company.ID {
		t.Errorf("customer is %s, want %s", got, company.ID)
	}
	// A list of everybody is not read one by one.
	b.stand.SetQuirk(zohotest.EmailFilterIgnored, true)
	for _, name := range []string{"A", "B", "C", "D", "E", "F"} {
		b.org.AddContact(person(name, name+"@example.com", "USD"))
	}
	other := jo()
	other.OrderId, other.Customer.Email = "100235", &[]string{"new@example.com"}[0]
	calls := b.calls(func() { want(t, b.copyOrder(other, nil), isDelivered, "") })
	for _, call := range calls {
		if call == "GET /contacts/{id}" {
			t.Errorf("calls are %q", calls)
			break
		}
	}
}
