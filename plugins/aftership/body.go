package aftership

// omission leaves optional facts out of a body that AfterShip refused with them
// (AfterShip API reference, section 7.2).
type omission struct {
	shipDate bool
	country  bool
	slug     bool
}

// createBody is the body of POST /trackings in a generation's names (AfterShip
// API reference, sections 3 and 5).
func (g generation) createBody(sent facts, without omission) object {
	var o object
	o.add("tracking_number", sent.number)
	g.addFacts(&o, sent, without)
	return g.wrap(o)
}

// updateBody is the body of PUT /trackings/{id}: the same facts but the number,
// which cannot change (section 9). A fact that is absent stays as it is there.
func (g generation) updateBody(sent facts, without omission) object {
	var o object
	g.addFacts(&o, sent, without)
	return g.wrap(o)
}

func (g generation) addFacts(o *object, sent facts, without omission) {
	if !without.slug {
		o.add("slug", sent.slug)
	}
	o.add("order_id", sent.orderID)
	o.add("order_number", sent.orderNumber)
	if sent.shipDate.known() && !without.shipDate {
		o.add("tracking_ship_date", sent.shipDate.format(g.shipDate))
	}
	if !without.country {
		for _, name := range g.countries {
			o.add(name, sent.country)
		}
	}
	g.addContact(o, sent.contact)
	var custom object
	custom.add("order_source", sent.orderSource)
	custom.add("uploaded_by", uploadedBy)
	*o = append(*o, member{"custom_fields", custom})
}

// addContact writes the recipient: one entry of customers since 2025-01, three
// fields before (section 2.3).
func (g generation) addContact(o *object, c contact) {
	o.add("language", c.language)
	if c.empty() {
		return
	}
	if g.customers {
		var customer object
		customer.add("name", c.name)
		customer.add("email", c.email)
		customer.add("phone_number", c.phone)
		*o = append(*o, member{"customers", []object{customer}})
		return
	}
	o.add("customer_name", c.name)
	if c.email != "" {
		*o = append(*o, member{"emails", []string{c.email}})
	}
	if c.phone != "" {
		*o = append(*o, member{"smses", []string{c.phone}})
	}
}

func (g generation) wrap(o object) object {
	if g.wrapped {
		return object{{"tracking", o}}
	}
	return o
}
