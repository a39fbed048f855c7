package zohotest

import "slices"

// Org is an organisation in the hand of a test: what a merchant sees and does on the
// web page. Its methods may be called at once; what they return is a copy.
type Org struct {
	server *Server
	of     *organisation
}

// Org finds an organisation by id; the empty id is the first one. An id that does not
// exist adds an organisation with that id.
func (s *Server) Org(id string) Org {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == "" && len(s.organisations) > 0 {
		return Org{server: s, of: s.organisations[0]}
	}
	o := s.organisation(id)
	if o == nil {
		o = s.organise(Organisation{ID: id})
		s.organisations = append(s.organisations, o)
	}
	return Org{server: s, of: o}
}

// ID of the organisation.
func (o Org) ID() string { return o.of.ID }

// lock holds the state for one method.
func (o Org) lock() func() {
	o.server.mu.Lock()
	return o.server.mu.Unlock
}

// AddItem adds an item and returns it with its id.
func (o Org) AddItem(i Item) Item {
	defer o.lock()()
	return *o.server.putItem(o.of, i)
}

// AddContact adds a contact and returns it with its ids. A currency code that the
// organisation does not have is the base currency.
func (o Org) AddContact(c Contact) Contact {
	defer o.lock()()
	return o.server.putContact(o.of, c).copied()
}

func (s *Server) putContact(o *organisation, c Contact) *Contact {
	if c.ID == "" {
		c.ID = s.newID()
	}
	if c.Type == "" {
		c.Type = "customer"
	}
	if c.Created.IsZero() {
		c.Created = s.clock().Add(-s.searchDelay)
	}
	c.Persons, c.Addresses = slices.Clone(c.Persons), slices.Clone(c.Addresses)
	for i := range c.Persons {
		if c.Persons[i].ID == "" {
			c.Persons[i].ID = s.newID()
		}
	}
	for i := range c.Addresses {
		if c.Addresses[i].ID == "" {
			c.Addresses[i].ID = s.newID()
		}
	}
	s.nameAddresses(&c)
	at := max(slices.IndexFunc(o.Currencies, func(of Currency) bool {
		return of.ID == c.CurrencyID || c.CurrencyID == "" && of.Code == c.CurrencyCode
	}), 0)
	c.CurrencyID, c.CurrencyCode = o.Currencies[at].ID, o.Currencies[at].Code
	o.contacts = append(o.contacts, &c)
	return &c
}

// SetItemStatus makes an item active or inactive, by SKU or id; it says whether there
// is one.
func (o Org) SetItemStatus(item string, active bool) bool {
	defer o.lock()()
	found := false
	for _, i := range o.of.items {
		if i.ID == item || i.SKU == item {
			i.Inactive, found = !active, true
		}
	}
	return found
}

// SetContactStatus makes a contact active or inactive, by name or id; it says whether
// there is one.
func (o Org) SetContactStatus(contact string, active bool) bool {
	defer o.lock()()
	found := false
	for _, c := range o.of.contacts {
		if c.ID == contact || c.Name == contact {
			c.Inactive, found = !active, true
		}
	}
	return found
}

// SetAutoNumbers switches auto-numbering on or off.
func (o Org) SetAutoNumbers(on bool) {
	defer o.lock()()
	o.of.ManualNumbers = !on
}

// Invoice writes an invoice for everything on an order, by number; its lines are
// locked from then on (Zoho Inventory reference, section 3.5). It says whether there
// is such an order.
func (o Org) Invoice(number string) bool {
	defer o.lock()()
	for _, order := range o.of.orders {
		if order.Number != number {
			continue
		}
		for i := range order.Lines {
			order.Lines[i].Invoiced = order.Lines[i].Quantity
		}
		order.Invoices = append(order.Invoices, o.of.serial("INV"))
		return true
	}
	return false
}

// Orders are the sales orders, oldest first.
func (o Org) Orders() []Order {
	defer o.lock()()
	return copies(o.of.orders, (*Order).copied)
}

// Order finds a sales order by its exact number.
func (o Org) Order(number string) (Order, bool) {
	for _, order := range o.Orders() {
		if order.Number == number {
			return order, true
		}
	}
	return Order{}, false
}

// Items are the items, oldest first.
func (o Org) Items() []Item {
	defer o.lock()()
	return copies(o.of.items, func(i *Item) Item { return *i })
}

// Contacts are the contacts, oldest first.
func (o Org) Contacts() []Contact {
	defer o.lock()()
	return copies(o.of.contacts, (*Contact).copied)
}

// Packages are the packages, oldest first.
func (o Org) Packages() []Package {
	defer o.lock()()
	return copies(o.of.packages, func(p *Package) Package {
		c := *p
		c.Lines = slices.Clone(p.Lines)
		return c
	})
}

// Shipments are the shipment orders, oldest first.
func (o Org) Shipments() []Shipment {
	defer o.lock()()
	return copies(o.of.shipments, func(s *Shipment) Shipment {
		c := *s
		c.PackageIDs = slices.Clone(s.PackageIDs)
		return c
	})
}

// Currencies are the currencies, the base currency first.
func (o Org) Currencies() []Currency {
	defer o.lock()()
	return slices.Clone(o.of.Currencies)
}

// CurrencyID is the id of a currency, empty if the organisation does not have it.
func (o Org) CurrencyID(code string) string {
	for _, c := range o.Currencies() {
		if c.Code == code {
			return c.ID
		}
	}
	return ""
}

// Taxes are the taxes.
func (o Org) Taxes() []Tax {
	defer o.lock()()
	return slices.Clone(o.of.Taxes)
}

func (c *Contact) copied() Contact {
	one := *c
	one.Persons, one.Addresses = slices.Clone(c.Persons), slices.Clone(c.Addresses)
	return one
}

func copies[R any](of []*R, copied func(*R) R) []R {
	all := make([]R, 0, len(of))
	for _, r := range of {
		all = append(all, copied(r))
	}
	return all
}
