package zohotest

import (
	"net/http"
	"slices"
	"strings"
)

// createOrder serves POST /salesorders (Zoho Inventory reference, sections 3.2 to
// 3.4).
func (s *Server) createOrder(c *call) *reply {
	now := s.clock()
	made := &Order{
		Date: s.today(c.org), DiscountType: "entity_level", DiscountBeforeTax: true, ExchangeRate: "1",
		CustomFields: map[string]string{}, Invoices: []string{}, Created: now, Modified: now,
	}
	number, refused := s.takeNumber(c, "salesorder_number", "SO", func(number string) *apiError {
		for _, other := range c.org.orders {
			if s.sameNumber(other.Number, number) {
				return badRequest(36004, "This sales order number already exists.")
			}
		}
		return nil
	})
	if refused != nil {
		return failed(refused)
	}
	made.Number = number
	if refused := s.fillOrder(c, made); refused != nil {
		return failed(refused)
	}
	made.ID = s.newID()
	c.org.orders = append(c.org.orders, made)
	c.org.settle(made)
	c.recordID, c.number = made.ID, made.Number
	return success(http.StatusCreated, "Sales order has been created.", "salesorder", c.org.renderOrder(made))
}

// takeNumber is the number of a new document. With auto-numbering on, one that is
// sent needs the flag, else 4097 (section 3.4); with auto-numbering off one must be
// sent, else 6 (section 6 for packages; that the others do the same is our reading).
func (s *Server) takeNumber(c *call, name, prefix string, free func(string) *apiError) (string, *apiError) {
	number := textOf(c.body, name)
	c.number = number
	ignoring := c.query("ignore_auto_number_generation")
	if ignoring != "" && ignoring != "true" && ignoring != "false" {
		return "", invalidParameter("ignore_auto_number_generation")
	}
	switch {
	case strings.TrimSpace(number) != "":
		if !c.org.ManualNumbers && ignoring != "true" {
			return "", badRequest(4097, "The number is generated; ignore_auto_number_generation is missing")
		}
		return number, free(number)
	case c.org.ManualNumbers || ignoring == "true":
		return "", badRequest(6, "The mandatory field %s is missing", name)
	}
	for {
		number = c.org.serial(prefix)
		if free(number) == nil {
			return number, nil
		}
	}
}

func (s *Server) showOrder(c *call) *reply {
	order := c.org.order(c.argument)
	if order == nil {
		return failed(s.unknown("Sales order"))
	}
	c.recordID, c.number = order.ID, order.Number
	return shown("salesorder", c.org.renderOrder(order))
}

// updateOrder serves PUT /salesorders/{id} (section 3.5).
func (s *Server) updateOrder(c *call) *reply {
	order := c.org.order(c.argument)
	if order == nil {
		return failed(s.unknown("Sales order"))
	}
	c.recordID, c.number = order.ID, order.Number
	if order.Void {
		if refused := s.refuse(EditVoid, "The sales order is void"); refused != nil {
			return failed(refused)
		}
	}
	changed := order.copied()
	if number, sent := c.body["salesorder_number"].(string); sent && number != order.Number {
		if strings.TrimSpace(number) == "" {
			return failed(invalidField("salesorder_number"))
		}
		for _, other := range c.org.orders {
			if other != order && s.sameNumber(other.Number, number) {
				return failed(badRequest(36004, "This sales order number already exists."))
			}
		}
		changed.Number = number
	}
	if refused := s.fillOrder(c, &changed); refused != nil {
		return failed(refused)
	}
	changed.Modified = s.clock()
	*order = changed
	c.org.settle(order)
	c.number = order.Number
	return success(http.StatusOK, "Sales order has been updated.", "salesorder", c.org.renderOrder(order))
}

// confirmOrder serves POST /salesorders/{id}/status/confirmed.
func (s *Server) confirmOrder(c *call) *reply {
	order := c.org.order(c.argument)
	if order == nil {
		return failed(s.unknown("Sales order"))
	}
	c.recordID, c.number = order.ID, order.Number
	rule, refuses := ConfirmTwice, order.Confirmed
	if order.Void {
		rule, refuses = ConfirmVoid, true
	}
	if refuses {
		if refused := s.refuse(rule, "The sales order cannot be confirmed"); refused != nil {
			return failed(refused)
		}
	}
	order.Confirmed, order.Void, order.Modified = true, false, s.clock()
	c.org.settle(order)
	return success(http.StatusOK, "Sales Order has been marked as confirmed.", "", nil)
}

// voidOrder serves POST /salesorders/{id}/status/void.
func (s *Server) voidOrder(c *call) *reply {
	order := c.org.order(c.argument)
	if order == nil {
		return failed(s.unknown("Sales order"))
	}
	c.recordID, c.number = order.ID, order.Number
	packages := c.org.packagesOf(order)
	for _, of := range []struct {
		rule    Rule
		refuses bool
	}{
		{VoidTwice, order.Void},
		{VoidInvoiced, len(order.Invoices) > 0},
		{VoidShipped, slices.ContainsFunc(packages, func(p *Package) bool { return p.ShipmentID != "" })},
		{VoidPacked, len(packages) > 0},
	} {
		if !of.refuses {
			continue
		}
		if refused := s.refuse(of.rule, "The sales order cannot be void"); refused != nil {
			return failed(refused)
		}
	}
	order.Void, order.Modified = true, s.clock()
	c.org.settle(order)
	return success(http.StatusOK, "Sales Order has been marked as void.", "", nil)
}

func (o *Order) copied() Order {
	c := *o
	c.Lines = slices.Clone(o.Lines)
	c.Invoices = slices.Clone(o.Invoices)
	fields := map[string]string{}
	for name, value := range o.CustomFields {
		fields[name] = value
	}
	c.CustomFields = fields
	return c
}
