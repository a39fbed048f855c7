package zohotest

import (
	"encoding/json"
	"maps"
	"strings"
	"time"
)

// Contact is a customer or vendor of an organisation.
type Contact struct {
	// ID is given by the stand-in if empty.
	ID string `json:"contact_id"`
	// Name is contact_name.
	Name string `json:"contact_name"`
	// Company is company_name.
	Company string `json:"company_name"`
	// Type is customer or vendor; empty means customer.
	Type string `json:"contact_type"`
	// SubType is individual or business.
	SubType string `json:"customer_sub_type"`
	// Inactive contacts get no orders.
	Inactive bool `json:"inactive"`
	// CurrencyID is the one currency of the contact; empty means the base currency.
	CurrencyID string `json:"currency_id"`
	// CurrencyCode belongs to it; a seed may give it in place of CurrencyID.
	CurrencyCode string `json:"currency_code"`
	// Persons: the first one that is primary gives the contact its e-mail.
	Persons []Person `json:"contact_persons"`
	// Billing and Shipping are the default addresses, Addresses further ones.
	Billing   Address   `json:"billing_address"`
	Shipping  Address   `json:"shipping_address"`
	Addresses []Address `json:"addresses"`
	// Notes are free text.
	Notes string `json:"notes"`
	// Created is when.
	Created time.Time `json:"created_time"`
	// Received is the body of its last write, byte for byte.
	Received json.RawMessage `json:"received,omitempty"`
}

// Person is one of a contact's.
type Person struct {
	ID        string `json:"contact_person_id"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
	Phone     string `json:"phone"`
	Mobile    string `json:"mobile"`
	Primary   bool   `json:"is_primary_contact"`
}

// Address of a contact.
type Address struct {
	ID        string `json:"address_id"`
	Attention string `json:"attention"`
	Address   string `json:"address"`
	Street2   string `json:"street2"`
	City      string `json:"city"`
	State     string `json:"state"`
	Zip       string `json:"zip"`
	Country   string `json:"country"`
	Phone     string `json:"phone"`
	Fax       string `json:"fax"`
}

// addressFields are those of the reference, section 4; phone, fax and state_code
// are of the sister product.
func addressFields() []field {
	return []field{
		{name: "attention"},
		{name: "address", most: 500},
		{name: "street2", most: 255},
		{name: "city"},
		{name: "state"},
		{name: "zip"},
		{name: "country"},
		{name: "phone", undeclared: true},
		{name: "fax", undeclared: true},
		{name: "state_code", undeclared: true, idle: true},
	}
}

// contactFields are what a contact is written with (section 4).
func contactFields() []field {
	return []field{
		{name: "contact_name", required: true, most: 200},
		{name: "company_name", most: 200},
		{name: "contact_type", oneOf: []string{"customer", "vendor"}},
		{name: "customer_sub_type", oneOf: []string{"individual", "business"}, undeclared: true},
		{name: "currency_id", shape: id},
		{name: "billing_address", shape: object, of: addressFields()},
		{name: "shipping_address", shape: object, of: addressFields()},
		{name: "contact_persons", shape: objects, of: []field{
			{name: "contact_person_id", shape: id},
			{name: "first_name", most: 100},
			{name: "last_name", most: 100},
			{name: "email", most: 100},
			{name: "phone", most: 50},
			{name: "mobile", most: 50},
			{name: "salutation", idle: true},
			{name: "is_primary_contact", shape: flag},
		}},
		{name: "notes"},
		{name: "website", idle: true},
		{name: "custom_fields", shape: objects, of: customFieldFields(), idle: true},
	}
}

func (o *organisation) contact(id string) *Contact {
	for _, c := range o.contacts {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Primary is the person whose e-mail the contact shows; the zero Person without any.
func (c *Contact) primary() Person {
	for _, p := range c.Persons {
		if p.Primary {
			return p
		}
	}
	if len(c.Persons) > 0 {
		return c.Persons[0]
	}
	return Person{}
}

// address finds one by id.
func (c *Contact) address(id string) (Address, bool) {
	for _, a := range append([]Address{c.Billing, c.Shipping}, c.Addresses...) {
		if a.ID == id && id != "" {
			return a, true
		}
	}
	return Address{}, false
}

func (a Address) render() map[string]any {
	return map[string]any{
		"address_id": a.ID, "attention": a.Attention, "address": a.Address, "street2": a.Street2, "city": a.City,
		"state": a.State, "zip": a.Zip, "country": a.Country, "phone": a.Phone, "fax": a.Fax,
	}
}

// addressOf reads an address of a body.
func addressOf(o map[string]any) Address {
	return Address{
		Attention: textOf(o, "attention"), Address: textOf(o, "address"), Street2: textOf(o, "street2"),
		City: textOf(o, "city"), State: textOf(o, "state"), Zip: textOf(o, "zip"), Country: textOf(o, "country"),
		Phone: textOf(o, "phone"), Fax: textOf(o, "fax"),
	}
}

// row is the contact in a list.
func (c *Contact) row() map[string]any {
	p := c.primary()
	return map[string]any{
		"contact_id": c.ID, "contact_name": c.Name, "company_name": c.Company, "contact_type": c.Type,
		"customer_sub_type": c.SubType, "status": activity(c.Inactive), "email": p.Email, "phone": p.Phone,
		"first_name": p.FirstName, "last_name": p.LastName, "currency_id": c.CurrencyID,
		"currency_code": c.CurrencyCode, "created_time": stamp(c.Created),
	}
}

// render is the contact as a whole.
func (c *Contact) render() map[string]any {
	persons, addresses := []any{}, []any{}
	for _, p := range c.Persons {
		persons = append(persons, map[string]any{
			"contact_person_id": p.ID, "first_name": p.FirstName, "last_name": p.LastName, "email": p.Email,
			"phone": p.Phone, "mobile": p.Mobile, "is_primary_contact": p.Primary,
		})
	}
	for _, a := range c.Addresses {
		addresses = append(addresses, a.render())
	}
	whole := c.row()
	maps.Copy(whole, map[string]any{
		"primary_contact_id": c.primary().ID, "billing_address": c.Billing.render(),
		"shipping_address": c.Shipping.render(), "addresses": addresses, "contact_persons": persons, "notes": c.Notes,
	})
	return whole
}

// stamp is a time as the API writes it: the offset has no colon (section 1.2).
func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05-0700") }

// sameName compares display names as unique (section 4); that blanks and case do not
// count is the stricter reading.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}
