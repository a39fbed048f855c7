package zohotest

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// nameTaken is 3062 unless the organisation allows equal names (Zoho Inventory
// reference, section 4).
func (o *organisation) nameTaken(name string, by *Contact) *apiError {
	if o.DuplicateNames {
		return nil
	}
	for _, other := range o.contacts {
		if other != by && sameName(other.Name, name) {
			return badRequest(3062, "The contact %q already exists.", name)
		}
	}
	return nil
}

func (s *Server) createContact(c *call) *reply {
	made := &Contact{Type: "customer", CurrencyID: c.org.Currencies[0].ID, Created: s.clock()}
	if refused := s.fillContact(c, made); refused != nil {
		return failed(refused)
	}
	made.ID = s.newID()
	c.org.contacts = append(c.org.contacts, made)
	c.recordID, c.number = made.ID, made.Name
	return success(http.StatusCreated, "The contact has been added.", "contact", made.render())
}

func (s *Server) updateContact(c *call) *reply {
	there := c.org.contact(c.argument)
	if there == nil {
		return failed(s.unknown("Contact"))
	}
	changed := *there
	changed.Persons = slices.Clone(there.Persons)
	if refused := s.fillContact(c, &changed); refused != nil {
		return failed(refused)
	}
	if refused := c.org.nameTaken(changed.Name, there); refused != nil {
		return failed(refused)
	}
	*there = changed
	c.recordID, c.number = there.ID, there.Name
	return shown("contact", there.render())
}

// fillContact takes over what the body has. What it does not have stays, as far as
// known; a list of persons or an address that is sent replaces the old one.
func (s *Server) fillContact(c *call, into *Contact) *apiError {
	body := c.body
	into.Name = textOf(body, "contact_name")
	if strings.TrimSpace(into.Name) == "" {
		return invalidField("contact_name")
	}
	if into.ID == "" {
		if refused := c.org.nameTaken(into.Name, nil); refused != nil {
			return refused
		}
	}
	for name, field := range map[string]*string{
		"company_name": &into.Company, "contact_type": &into.Type, "customer_sub_type": &into.SubType,
		"currency_id": &into.CurrencyID, "notes": &into.Notes,
	} {
		if words, sent := body[name].(string); sent {
			*field = words
		}
	}
	currency, ok := c.org.currency(into.CurrencyID)
	if !ok {
		return invalidField("currency_id")
	}
	into.CurrencyCode = currency.Code
	for name, address := range map[string]*Address{"billing_address": &into.Billing, "shipping_address": &into.Shipping} {
		id := address.ID
		if o, sent := body[name].(map[string]any); sent {
			*address = addressOf(o)
		}
		address.ID = id
	}
	s.nameAddresses(into)
	if _, sent := body["contact_persons"]; sent {
		persons, refused := s.persons(body, into.Persons)
		if refused != nil {
			return refused
		}
		into.Persons = persons
	}
	into.Received = bytes.Clone(c.raw)
	return nil
}

// nameAddresses gives the default addresses their ids.
func (s *Server) nameAddresses(c *Contact) {
	for _, a := range []*Address{&c.Billing, &c.Shipping} {
		if a.ID == "" {
			a.ID = s.newID()
		}
	}
}

// persons reads contact_persons; one with an id must be there already.
func (s *Server) persons(body map[string]any, before []Person) ([]Person, *apiError) {
	var all []Person
	for _, o := range objectsOf(body, "contact_persons") {
		p := Person{
			ID: textOf(o, "contact_person_id"), FirstName: textOf(o, "first_name"), LastName: textOf(o, "last_name"),
			Email: textOf(o, "email"), Phone: textOf(o, "phone"), Mobile: textOf(o, "mobile"),
		}
		p.Primary, _ = o["is_primary_contact"].(bool)
		if p.Email != "" && (strings.Count(p.Email, "@") != 1 || strings.ContainsAny(p.Email, " <>,;")) {
			return nil, invalidField("contact_persons.email")
		}
		switch {
		case p.ID == "":
			p.ID = s.newID()
		case !slices.ContainsFunc(before, func(b Person) bool { return b.ID == p.ID }):
			return nil, s.unknown("Contact person")
		}
		all = append(all, p)
	}
	return all, nil
}

func (s *Server) showContact(c *call) *reply {
	there := c.org.contact(c.argument)
	if there == nil {
		return failed(s.unknown("Contact"))
	}
	c.recordID, c.number = there.ID, there.Name
	return shown("contact", there.render())
}

func (s *Server) activateContact(c *call) *reply { return s.setInactive(c, false) }

func (s *Server) retireContact(c *call) *reply { return s.setInactive(c, true) }

func (s *Server) setInactive(c *call, inactive bool) *reply {
	there := c.org.contact(c.argument)
	if there == nil {
		return failed(s.unknown("Contact"))
	}
	there.Inactive = inactive
	c.recordID, c.number = there.ID, there.Name
	return success(http.StatusOK, "The contact has been marked as "+activity(inactive)+".", "", nil)
}

func contactFilters() []string {
	return append(
		variants("email", "contact_name", "company_name", "phone", "first_name", "last_name", "address"),
		"search_text", "filter_by", "sort_column", "sort_order",
	)
}

// listContacts serves GET /contacts. The filter by e-mail looks at every person of a
// contact, while the row shows that of the primary one (section 4).
func (s *Server) listContacts(c *call) *reply {
	if refused := tooLong(c, contactFilters()); refused != nil {
		return failed(refused)
	}
	now := s.clock()
	visible := slices.DeleteFunc(slices.Clone(c.org.contacts), func(one *Contact) bool {
		return now.Sub(one.Created) < s.searchDelay
	})
	rows := only(s, visible, func(one *Contact) bool {
		values := map[string][]string{
			"contact_name": {one.Name}, "company_name": {one.Company},
			"address": {one.Billing.Address, one.Shipping.Address},
		}
		for _, p := range one.Persons {
			values["first_name"] = append(values["first_name"], p.FirstName)
			values["last_name"] = append(values["last_name"], p.LastName)
			values["phone"] = append(values["phone"], p.Phone, p.Mobile)
			values["email"] = append(values["email"], p.Email)
		}
		for _, name := range []string{"first_name", "last_name", "phone", "email"} {
			if values[name] == nil {
				values[name] = []string{""}
			}
		}
		if s.quirks[EmailFilterIgnored] {
			delete(values, "email")
		}
		words := fold(c.query("search_text"))
		return passes(c, values) && activeAsAsked(c, activity(one.Inactive)) &&
			strings.Contains(fold(one.Name+" "+one.Notes), words)
	})
	return page(c, "contacts", rows, (*Contact).row)
}

// listAddresses serves GET /contacts/{id}/address.
func (s *Server) listAddresses(c *call) *reply {
	there := c.org.contact(c.argument)
	if there == nil {
		return failed(s.unknown("Contact"))
	}
	all := []any{}
	for _, a := range append([]Address{there.Billing, there.Shipping}, there.Addresses...) {
		all = append(all, a.render())
	}
	c.recordID = there.ID
	return shown("addresses", all)
}

// addAddress serves POST /contacts/{id}/address.
func (s *Server) addAddress(c *call) *reply {
	there := c.org.contact(c.argument)
	if there == nil {
		return failed(s.unknown("Contact"))
	}
	a := addressOf(c.body)
	a.ID = s.newID()
	there.Addresses = append(there.Addresses, a)
	c.recordID, c.number = there.ID, there.Name
	return success(http.StatusCreated, "The address has been added.", "address_info", a.render())
}
