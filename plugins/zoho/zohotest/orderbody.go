package zohotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// fillOrder takes over what a body has. What it does not have stays, as far as known
// (Zoho Inventory reference, section 3.5); the lines are replaced as a whole.
func (s *Server) fillOrder(c *call, into *Order) *apiError {
	if refused := s.fillCustomer(c, into); refused != nil {
		return refused
	}
	body := c.body
	for name, field := range map[string]*string{
		"reference_number": &into.Reference, "date": &into.Date, "shipment_date": &into.ShipmentDate,
		"discount_type": &into.DiscountType, "delivery_method": &into.DeliveryMethod, "notes": &into.Notes,
		"terms": &into.Terms, "adjustment_description": &into.AdjustmentDescription,
		"shipping_charge_tax_id": &into.ShippingChargeTaxID,
	} {
		if words, sent := body[name].(string); sent {
			*field = words
		}
	}
	for name, field := range map[string]*bool{
		"is_discount_before_tax": &into.DiscountBeforeTax, "is_inclusive_tax": &into.InclusiveTax,
	} {
		if on, sent := body[name].(bool); sent {
			*field = on
		}
	}
	for name, field := range map[string]*Decimal{
		"shipping_charge": &into.ShippingCharge, "adjustment": &into.Adjustment, "exchange_rate": &into.ExchangeRate,
	} {
		if d, sent := decimalOf(body, name); sent {
			*field = d
		}
	}
	if given, sent := discountText(body); sent {
		into.Discount = given
		if into.DiscountType == "item_level" {
			c.ignore("discount")
		}
	}
	if into.ShippingCharge.rat().Sign() < 0 || into.ExchangeRate.rat().Sign() <= 0 {
		if refused := s.refuse(AmountInvalid, "An amount is negative"); refused != nil {
			return refused
		}
	}
	if _, ok := c.org.tax(into.ShippingChargeTaxID); !ok && into.ShippingChargeTaxID != "" {
		return invalidField("shipping_charge_tax_id")
	}
	if refused := s.checkLocations(c); refused != nil {
		return refused
	}
	if refused := s.fillCustomFields(c, into); refused != nil {
		return refused
	}
	if refused := s.fillLines(c, into); refused != nil {
		return refused
	}
	into.Received = bytes.Clone(c.raw)
	return s.compute(c.org, into)
}

// fillCustomer takes the customer, his currency and his addresses (section 4).
func (s *Server) fillCustomer(c *call, into *Order) *apiError {
	customer := c.org.contact(textOf(c.body, "customer_id"))
	if customer == nil || customer.Type != "customer" {
		return s.unknown("Customer")
	}
	if customer.Inactive && into.CustomerID != customer.ID {
		if refused := s.refuse(CustomerInactive, "The customer is inactive"); refused != nil {
			return refused
		}
	}
	into.CustomerID = customer.ID
	into.currency, _ = c.org.currency(customer.CurrencyID)
	into.Currency = into.currency.Code
	for _, side := range []struct {
		name     string
		id       *string
		address  *Address
		fallback Address
	}{
		{"billing_address", &into.BillingAddressID, &into.Billing, customer.Billing},
		{"shipping_address", &into.ShippingAddressID, &into.Shipping, customer.Shipping},
	} {
		if given, sent := c.body[side.name+"_id"].(string); sent {
			*side.id = given
		}
		*side.address = side.fallback
		if *side.id != "" {
			stored, ok := customer.address(*side.id)
			if !ok {
				return s.unknown("Address")
			}
			*side.address = stored
		}
		if o, sent := c.body[side.name].(map[string]any); sent {
			if s.quirks[InlineAddresses] {
				*side.address = addressOf(o)
			} else {
				c.ignore(side.name)
			}
		}
	}
	return nil
}

// checkLocations refuses a location that the organisation does not have.
func (s *Server) checkLocations(c *call) *apiError {
	for _, o := range append([]map[string]any{c.body}, objectsOf(c.body, "line_items")...) {
		if id := textOf(o, "location_id"); id != "" && !slices.Contains(c.org.Locations, id) {
			return s.unknown("Location")
		}
	}
	return nil
}

// fillCustomFields takes each of custom_fields by id, label or api_name. One that is not
// sent stays, and an empty one is taken away, as with other members.
func (s *Server) fillCustomFields(c *call, into *Order) *apiError {
	if _, sent := c.body["custom_fields"]; !sent {
		return nil
	}
	values := maps.Clone(into.CustomFields)
	for _, o := range objectsOf(c.body, "custom_fields") {
		named := slices.IndexFunc(c.org.CustomFields, func(f CustomField) bool { return f.named(o) })
		if named < 0 {
			if refused := s.refuse(CustomFieldUnknown, "The custom field is not known"); refused != nil {
				return refused
			}
			c.ignore("custom_fields")
			continue
		}
		values[c.org.CustomFields[named].APIName] = fmt.Sprint(o["value"])
		if o["value"] == "" {
			delete(values, c.org.CustomFields[named].APIName)
		}
	}
	into.CustomFields = values
	return nil
}

// fillLines replaces the lines: one with an id is kept and changed, one without is
// new, one that is left out goes (section 3.5).
func (s *Server) fillLines(c *call, into *Order) *apiError {
	before := into.Lines
	var after []Line
	seen := map[string]bool{}
	for i, o := range objectsOf(c.body, "line_items") {
		l := Line{ID: textOf(o, "line_item_id"), Packed: "0", Shipped: "0", Invoiced: "0", Rate: "0", Quantity: "1"}
		if l.ID != "" {
			there := slices.IndexFunc(before, func(b Line) bool { return b.ID == l.ID })
			if there < 0 || seen[l.ID] {
				return s.unknown("Line item")
			}
			seen[l.ID] = true
			l = before[there]
		} else {
			l.ID = s.newID()
		}
		if refused := s.fillLine(c, into, o, &l, fmt.Sprintf("line_items[%d]", i)); refused != nil {
			return refused
		}
		after = append(after, l)
	}
	if refused := s.checkLocked(before, after); refused != nil {
		return refused
	}
	into.Lines = after
	return nil
}

func (s *Server) fillLine(c *call, of *Order, o map[string]any, l *Line, path string) *apiError {
	if given, sent := o["item_id"].(string); sent {
		l.ItemID = given
	}
	i := c.org.item(l.ItemID)
	anew := i != nil && l.SKU != i.SKU // A new line, or another item.
	switch {
	case l.ItemID == "":
		if refused := s.refuse(LineWithoutItem, path+" has no item"); refused != nil {
			return refused
		}
	case i == nil:
		return s.unknown("Item")
	case i.Inactive && anew:
		if refused := s.refuse(ItemInactive, "The item of "+path+" is inactive"); refused != nil {
			return refused
		}
	}
	if anew {
		l.SKU, l.Name, l.Rate, l.Unit = i.SKU, i.Name, plain(i.Rate.rat()), i.Unit
		if s.quirks[ItemTax] {
			l.TaxID = i.TaxID
		}
	}
	for name, field := range map[string]*string{
		"name": &l.Name, "description": &l.Description, "unit": &l.Unit, "tax_id": &l.TaxID,
	} {
		if words, sent := o[name].(string); sent {
			*field = words
		}
	}
	if d, sent := decimalOf(o, "rate"); sent {
		l.Rate = Decimal(trimZeros(string(fixed(d.rat(), c.org.RateDecimals))))
	}
	if d, sent := decimalOf(o, "quantity"); sent {
		l.Quantity = d
	}
	if given, sent := discountText(o); sent {
		l.Discount = given
		if of.DiscountType != "item_level" {
			c.ignore(path + ".discount")
		}
	}
	if l.Rate.rat().Sign() < 0 || l.Quantity.rat().Sign() <= 0 {
		if refused := s.refuse(AmountInvalid, path+" has a negative amount or no quantity"); refused != nil {
			return refused
		}
	}
	t, ok := c.org.tax(l.TaxID)
	if !ok && l.TaxID != "" {
		return invalidField(path + ".tax_id")
	}
	l.taxName, l.TaxPercentage = t.Name, t.Percentage
	return nil
}

// checkLocked keeps what is invoiced (36023, section 3.5) and what is packed.
func (s *Server) checkLocked(before, after []Line) *apiError {
	for _, b := range before {
		at := slices.IndexFunc(after, func(a Line) bool { return a.ID == b.ID })
		invoiced, packed := b.Invoiced.rat(), b.Packed.rat()
		changed := at < 0 || after[at].ItemID != b.ItemID || after[at].Quantity != b.Quantity ||
			after[at].Rate != b.Rate || after[at].Discount != b.Discount || after[at].TaxID != b.TaxID
		if invoiced.Sign() > 0 && changed {
			return badRequest(36023, "The line is invoiced already and cannot be changed")
		}
		left := new(big.Rat)
		if at >= 0 && after[at].ItemID == b.ItemID {
			left = after[at].Quantity.rat()
		}
		if packed.Cmp(left) > 0 {
			if refused := s.refuse(EditPacked, "More of the line is packed"); refused != nil {
				return refused
			}
		}
	}
	return nil
}

// discountText is a discount as it is kept: "10" or "10%".
func discountText(o map[string]any) (string, bool) {
	switch v := o["discount"].(type) {
	case string:
		return v, true
	case json.Number:
		return strings.TrimSpace(string(v)), true
	default:
		return "", false
	}
}
