package zoho

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// hiddenWait is how long to wait for a new customer to be shown: two seconds were seen
// (section 4).
const hiddenWait = 5 * time.Second

// Most characters of what a customer has. Those of a display name are told (section 4), and
// those of a search by e-mail address; the others are a cautious reading.
const (
	longestName    = 200
	longestCompany = 200
	longestPerson  = 100
	longestEmail   = 100
	longestPhone   = 50
)

// makeCustomer makes the customer of an order. Display names are unique at Zoho, and a
// namesake is another person, so a name that is taken is made distinct.
func (t *trip) makeCustomer(ctx context.Context, f facts) (buyer, error) {
	body := newContact(f)
	if f.figures.Currency != "" {
		id, err := t.currencyID(ctx, f.figures.Currency)
		if err != nil {
			return buyer{}, err
		}
		body.CurrencyID = id
	}
	var a inventory.Answer
	for _, name := range namesFor(body.Name, f) {
		body.Name = name
		a = t.call(ctx, inventory.CreateContact(body))
		if a.OK() {
			made, ok := a.Envelope.Contact()
			if !ok || made.ID == "" {
				return buyer{}, t.unnamed("CUSTOMER_WITHOUT_ID", "Zoho made a customer without saying its id; it is looked for")
			}
			t.keepAddress(string(made.ID), made.Billing)
			t.keepAddress(string(made.ID), made.Shipping)
			return buyer{id: string(made.ID), made: true}, nil
		}
		if a.Failure != nil || a.Unreadable() || a.Rule().Class != inventory.Exists {
			return buyer{}, t.refused(a)
		}
		// It may be the one, made by an earlier try.
		namesakes, err := search(ctx, t,
			func(page int) inventory.Call { return inventory.FindContactsNamed(name, page) }, inventory.Envelope.Contacts,
			func(row inventory.Contact) bool { return fold(string(row.Name)) == fold(name) })
		if err != nil {
			return buyer{}, err
		}
		if len(namesakes) == 0 {
			// A new one takes a while to be shown (section 4), and may be the one of a lost answer.
			return buyer{}, stopWith(sdk.RetryAfter(hiddenWait, "CUSTOMER_HIDDEN",
				"Zoho has a customer of this name that its search does not show yet; it is tried again").RecordOnly())
		}
		namesakes = slices.DeleteFunc(namesakes, func(row inventory.Contact) bool { return !row.HasEmail(f.email) })
		if id, err := t.choose(ctx, namesakes, f.figures.Currency); err != nil || id != "" {
			return buyer{id: id}, err
		}
	}
	return buyer{}, t.refused(a)
}

// namesFor are the display names to try, each more distinct than the one before.
func namesFor(name string, f facts) []string {
	names := []string{cutTo(name, longestName)}
	for _, mark := range []string{f.email, strings.Trim(f.email+", "+f.figures.Currency, ", ")} {
		suffix := " (" + mark + ")"
		if marked := cutTo(name, longestName-len([]rune(suffix))) + suffix; marked != names[len(names)-1] {
			names = append(names, marked)
		}
	}
	return names
}

func newContact(f facts) inventory.NewContact {
	customer, bill, ship := f.order.GetCustomer(), f.order.GetBillTo(), f.order.GetShipTo()
	person := firstOf(customer.GetName(), bill.GetName(), ship.GetName())
	company := firstOf(customer.GetCompany(), bill.GetCompany())
	first, last := "", person
	if at := strings.LastIndexByte(last, ' '); at >= 0 {
		first, last = strings.TrimSpace(last[:at]), last[at+1:]
	}
	body := inventory.NewContact{
		Name: firstOf(person, company, f.email), Company: cutTo(company, longestCompany), Type: "customer",
		Persons: []inventory.NewPerson{{
			FirstName: cutTo(first, longestPerson), LastName: cutTo(last, longestPerson), Email: f.email, Primary: true,
			Phone: phoneOf(firstOf(customer.GetPhone(), bill.GetPhone(), ship.GetPhone())),
		}},
	}
	if billing := addressOf(cmp.Or(bill, ship)); !blank(billing) {
		body.BillingAddress = &billing
	}
	if shipping := addressOf(cmp.Or(ship, bill)); !blank(shipping) {
		body.ShippingAddress = &shipping
	}
	return body
}

// firstOf is the first text that is not blank, without blanks around it.
func firstOf(texts ...string) string {
	for i := range texts {
		texts[i] = strings.TrimSpace(texts[i])
	}
	return cmp.Or(texts...)
}

// phoneOf is a phone number that Zoho has room for: a part of one reaches somebody else.
func phoneOf(number string) string {
	if utf8.RuneCountInString(number) > longestPhone {
		return ""
	}
	return number
}

// cutTo is the beginning of a text, of so many characters.
func cutTo(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return strings.TrimSpace(string(runes[:max(most, 0)]))
	}
	return text
}
