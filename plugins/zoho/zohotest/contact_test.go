package zohotest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// maryBody is the example of section 4.
func maryBody(currency string) string {
	return `{"contact_name":"Mary Roe","company_name":"","contact_type":"customer","currency_id":"` + currency + `",
	"billing_address":{"attention":"Mary Roe","address":"1 Main St","street2":"Apt 2","city":"Austin","state":"TX",
	"zip":"73301","country":"U.S.A"},"shipping_address":{"address":"2 Side St","city":"Austin"},
	"contact_persons":[{"first_name":"Mary","last_name":"Roe","email":"mary@example.com","phone":"+1 512 5550100",
	"is_primary_contact":true},{"email":"office@example.com"}]}`
}

func TestContactCreate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.call(t, "POST", "/contacts", maryBody(b.org.CurrencyID("EUR")))
	wantCode(t, got, 201, 0)
	made := got.object(t, "contact")
	if made["currency_code"] != "EUR" || made["email"] != "mary@example.com" || made["primary_contact_id"] == "" {
		t.Errorf("contact is %v", made)
	}
	contacts := b.org.Contacts()
	mary := contacts[len(contacts)-1]
	if mary.Billing.Street2 != "Apt 2" || mary.Shipping.Address != "2 Side St" || mary.Type != "customer" {
		t.Errorf("contact is %+v", mary)
	}
	if rows := b.call(t, "GET", "/contacts/"+mary.ID+"/address", "").rows(t, "addresses"); len(rows) != 2 {
		t.Errorf("addresses are %v", rows)
	}
	b.wantClean(t)
}

// TestContactRefusals: names are unique (3062) and fields have limits (section 4).
func TestContactRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body         string
		status, code int
	}{
		"name taken":     {`{"contact_name":" jo doe "}`, 400, 3062},
		"no name":        {`{"company_name":"A"}`, 400, 6},
		"blank name":     {`{"contact_name":" "}`, 400, 4},
		"long name":      {`{"contact_name":"` + strings.Repeat("é", 201) + `"}`, 400, 15},
		"longest name":   {`{"contact_name":"` + strings.Repeat("é", 200) + `"}`, 201, 0},
		"long address":   {`{"contact_name":"A","billing_address":{"address":"` + strings.Repeat("a", 501) + `"}}`, 400, 15},
		"long street2":   {`{"contact_name":"A","billing_address":{"street2":"` + strings.Repeat("a", 256) + `"}}`, 400, 15},
		"other type":     {`{"contact_name":"A","contact_type":"person"}`, 400, 4},
		"other currency": {`{"contact_name":"A","currency_id":"1"}`, 400, 4},
		"numeric id":     {`{"contact_name":"A","currency_id":1}`, 400, 4},
		"e-mail on top":  {`{"contact_name":"A","email":"a@example.com"}`, 400, 4},
		"bad e-mail":     {`{"contact_name":"A","contact_persons":[{"email":"a b@example.com"}]}`, 400, 4},
		"unknown person": {`{"contact_name":"A","contact_persons":[{"contact_person_id":"1"}]}`, 404, 1002},
		"null":           {`{"contact_name":"A","notes":null}`, 400, 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			wantCode(t, b.call(t, "POST", "/contacts", test.body), test.status, test.code)
			if made := len(b.org.Contacts()) == 2; made != (test.status == 201) {
				t.Errorf("contacts are %v", b.org.Contacts())
			}
		})
	}
	b := setup(t, zohotest.WithOrganisations(zohotest.Organisation{DuplicateNames: true}))
	wantCode(t, b.call(t, "POST", "/contacts", `{"contact_name":"Jo Doe"}`), 201, 0)
}

// TestContactSearch: by e-mail over every person, whatever the status and type, so
// that a client has to compare (section 4).
func TestContactSearch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wantCode(t, b.call(t, "POST", "/contacts", maryBody(b.org.CurrencyID("EUR"))), 201, 0)
	b.org.AddContact(zohotest.Contact{
		Name: "Old", Inactive: true, Persons: []zohotest.Person{{Email: "JO@example.com"}},
	})
	tests := map[string]int{
		"?email=jo@example.com": 2, "?email=office@example.com": 1, "?email=nobody@example.com": 0,
		"?email=jo@example.com&filter_by=Status.Active": 1, "?contact_name=mary%20roe": 1,
		"?contact_name_startswith=ma": 1, "?search_text=roe": 1, "?phone=%2B1%20512%205550100": 1, "?customer=1": 3,
	}
	for query, want := range tests {
		if rows := b.call(t, "GET", "/contacts"+query, "").rows(t, "contacts"); len(rows) != want {
			t.Errorf("%s finds %v, want %d", query, rows, want)
		}
	}
	if row := b.call(t, "GET", "/contacts?email=office@example.com", "").rows(t, "contacts")[0]; row["email"] !=
		"mary@example.com" {
		t.Errorf("row is %v", row)
	}
	wantCode(t, b.call(t, "GET", "/contacts?email="+strings.Repeat("a", 101), ""), 400, 2)
	b.SetQuirk(zohotest.EmailFilterIgnored, true)
	if rows := b.call(t, "GET", "/contacts?email=nobody@example.com", "").rows(t, "contacts"); len(rows) != 3 {
		t.Errorf("a filter that is ignored finds %v", rows)
	}
}

// TestContactNotYetFound: a fresh one takes a while to appear in lists (section 4).
func TestContactNotYetFound(t *testing.T) {
	t.Parallel()
	b := setup(t, zohotest.WithSearchDelay(2*time.Second))
	wantCode(t, b.call(t, "POST", "/contacts", maryBody(b.org.CurrencyID("USD"))), 201, 0)
	for _, want := range []int{0, 1} {
		if rows := b.call(t, "GET", "/contacts?email=mary@example.com", "").rows(t, "contacts"); len(rows) != want {
			t.Errorf("%d found, want %d", len(rows), want)
		}
		b.clock.Advance(2 * time.Second)
	}
	wantCode(t, b.call(t, "GET", "/contacts/"+b.customer.ID, ""), 200, 0)
}

func TestContactUpdate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := "/contacts/" + b.customer.ID
	person := b.customer.Persons[0].ID
	wantCode(t, b.call(t, "PUT", path, fmt.Sprintf(
		`{"contact_name":"Jo Doe","notes":"n","contact_persons":[{"contact_person_id":%q,"email":"new@example.com"}]}`,
		person)), 200, 0)
	changed := b.call(t, "GET", path, "").object(t, "contact")
	if changed["email"] != "new@example.com" || changed["notes"] != "n" || changed["primary_contact_id"] != person {
		t.Errorf("contact is %v", changed)
	}
	b.org.AddContact(zohotest.Contact{Name: "Taken"})
	wantCode(t, b.call(t, "PUT", path, `{"contact_name":"taken"}`), 400, 3062)
	wantCode(t, b.call(t, "PUT", "/contacts/1", `{"contact_name":"A"}`), 404, 1002)
	wantCode(t, b.call(t, "POST", path+"/inactive", ""), 200, 0)
	if !b.org.Contacts()[0].Inactive {
		t.Error("the contact is active")
	}
	wantCode(t, b.call(t, "POST", path+"/active", ""), 200, 0)
	got := b.call(t, "POST", path+"/address", `{"address":"3 New St","city":"Austin"}`)
	wantCode(t, got, 201, 0)
	if id := got.object(t, "address_info")["address_id"]; id != b.org.Contacts()[0].Addresses[0].ID {
		t.Errorf("address_id is %v", id)
	}
	b.wantClean(t)
}
