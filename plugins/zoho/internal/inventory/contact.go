package inventory

import (
	"net/http"
	"strings"
)

// Contact is a customer or a vendor (section 4).
type Contact struct {
	ID           Text           `json:"contact_id"`
	Name         Text           `json:"contact_name"`
	Type         Text           `json:"contact_type"`
	Status       Text           `json:"status"`
	Email        Text           `json:"email"`
	CurrencyID   Text           `json:"currency_id"`
	CurrencyCode Text           `json:"currency_code"`
	Persons      listOf[Person] `json:"contact_persons"`
	Billing      Address        `json:"billing_address"`
	Shipping     Address        `json:"shipping_address"`
}

// Person is a person of a contact.
type Person struct {
	Email Text `json:"email"`
}

// Customer says that sales orders may be of it. A type that is not told counts.
func (c Contact) Customer() bool { return c.Type == "" || c.Type == "customer" }

// Active says that Zoho takes new orders of it.
func (c Contact) Active() bool { return c.Status == "" || c.Status == "active" }

// HasEmail says that the address is one of the contact's, in any case of letters.
func (c Contact) HasEmail(email string) bool {
	if strings.EqualFold(string(c.Email), email) {
		return true
	}
	for _, person := range c.Persons {
		if strings.EqualFold(string(person.Email), email) {
			return true
		}
	}
	return false
}

// Address is one as Zoho keeps it, without an id in bodies.
type Address struct {
	ID        Text `json:"address_id,omitempty"`
	Attention Text `json:"attention,omitempty"`
	Address   Text `json:"address,omitempty"`
	Street2   Text `json:"street2,omitempty"`
	City      Text `json:"city,omitempty"`
	State     Text `json:"state,omitempty"`
	Zip       Text `json:"zip,omitempty"`
	Country   Text `json:"country,omitempty"`
	Phone     Text `json:"phone,omitempty"`
}

// NewContact is the body that makes a customer.
type NewContact struct {
	Name            string      `json:"contact_name"`
	Company         string      `json:"company_name,omitempty"`
	Type            string      `json:"contact_type"`
	CurrencyID      string      `json:"currency_id,omitempty"`
	BillingAddress  *Address    `json:"billing_address,omitempty"`
	ShippingAddress *Address    `json:"shipping_address,omitempty"`
	Persons         []NewPerson `json:"contact_persons,omitempty"`
}

// NewPerson is a person of a contact that is made.
type NewPerson struct {
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Primary   bool   `json:"is_primary_contact"`
}

// FindContacts searches by e-mail address. The rows have to be compared again.
func FindContacts(email string, page int) Call {
	return findContacts("email", email, page)
}

// FindContactsNamed searches by display name. The rows have to be compared again.
func FindContactsNamed(name string, page int) Call {
	return findContacts("contact_name", name, page)
}

func findContacts(by, value string, page int) Call {
	return Call{
		Endpoint: read("contacts.READ", "find customers"), Path: "/contacts",
		Query: paged(page, by, value),
	}
}

// ReadContact reads one.
func ReadContact(id string) Call {
	return Call{Endpoint: read("contacts.READ", "read a customer"), Path: "/contacts/" + element(id)}
}

// CreateContact makes a customer.
func CreateContact(body NewContact) Call {
	return Call{
		Endpoint: write(http.MethodPost, "contacts.CREATE", "create a customer"), Path: "/contacts", Body: body,
	}
}

// ListAddresses lists the addresses of a customer.
func ListAddresses(id string) Call {
	return Call{
		Endpoint: read("contacts.READ", "list addresses"), Path: "/contacts/" + element(id) + "/address",
	}
}

// CreateAddress adds one to a customer.
func CreateAddress(id string, body Address) Call {
	return Call{
		Endpoint: write(http.MethodPost, "contacts.UPDATE", "add an address"),
		Path:     "/contacts/" + element(id) + "/address", Body: body,
	}
}

// Contacts are those of an answer.
func (e Envelope) Contacts() []Contact { return list[Contact](e, "contacts", "contact") }

// Contact is the one of an answer.
func (e Envelope) Contact() (Contact, bool) { return one[Contact](e, "contact", "contacts") }

// Addresses are those of an answer.
func (e Envelope) Addresses() []Address { return list[Address](e, "addresses", "address") }

// AddressID is the id of an address that was made (section 4).
func (e Envelope) AddressID() string {
	made, _ := one[Address](e, "address_info", "address")
	return string(made.ID)
}
