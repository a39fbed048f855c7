package zoho

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	"github.com/spurline/spurline/plugins/zoho/internal/pricing"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// Most characters of texts of a sales order, in a cautious reading. An item has its own
// name at Zoho, so the shop's may be cut.
const (
	longestNotes       = 5000
	longestLineName    = 100
	longestMethod      = 100
	longestDescription = 100
)

// orderBody is a sales order of an order: everything but its addresses. Items are
// those of the lines, in their order; the date is the order's, empty if it has none.
func (c *Copier) orderBody(f facts, customer string, items []string, date string) inventory.OrderBody {
	body := inventory.OrderBody{
		CustomerID: customer, Number: f.number, Reference: f.order.GetOrderId(),
		Date: date, ShipmentDate: f.order.GetRequestedShipDate(),
		DeliveryMethod: cutTo(f.order.GetShippingMethod(), longestMethod), CustomFields: c.customFieldsOf(f.order),
	}
	if notes := notesOf(f.order); notes != "" {
		body.Notes = &notes
	}
	for i, line := range f.order.GetLineItems() {
		ours := inventory.LineBody{
			ItemID: items[i], Name: cutTo(line.GetName(), longestLineName), Description: c.descriptionOf(line),
			Rate: f.figures.Lines[i].Rate, Quantity: f.figures.Lines[i].Quantity, Discount: f.figures.Lines[i].Discount,
		}
		if tax := f.figures.Lines[i].TaxID; tax != "" {
			ours.TaxID = &tax
		}
		body.Lines = append(body.Lines, ours)
	}
	c.price(&body, f)
	return body
}

// price puts the figures beside the lines into a body. Those that the order does not
// have are 0, so that an edit takes away what was there.
func (c *Copier) price(body *inventory.OrderBody, f facts) {
	body.ShippingCharge = cmp.Or(f.figures.ShippingCharge, json.Number("0"))
	body.Adjustment = cmp.Or(f.figures.Adjustment, json.Number("0"))
	body.AdjustmentDescription = cutTo(f.figures.AdjustmentDescription, longestDescription)
	if !f.figures.Priced {
		return
	}
	inclusive := false
	body.InclusiveTax = &inclusive
	body.DiscountBeforeTax = &f.figures.DiscountBeforeTax
	body.DiscountType = cmp.Or(f.figures.DiscountType, pricing.EntityLevel)
	if body.DiscountType == pricing.EntityLevel {
		body.Discount = cmp.Or(f.figures.Discount, json.Number("0"))
	}
}

// descriptionOf tells the shop's SKU where another item stands for it.
func (c *Copier) descriptionOf(line *commercev1.LineItem) string {
	if line.GetSku() != "" && (c.mapped(line.GetSku()) != line.GetSku() || c.rules.skus[anySKU] != "") {
		return "SKU " + line.GetSku()
	}
	return ""
}

// notesOf are the notes of an order, each with who it is for, and where it came from.
func notesOf(order *commercev1.Order) string {
	var parts []string
	for _, note := range order.GetNotes() {
		label := ""
		switch note.GetKind() {
		case commercev1.NoteKind_NOTE_KIND_CUSTOMER:
			label = "Customer: "
		case commercev1.NoteKind_NOTE_KIND_INTERNAL:
			label = "Internal: "
		case commercev1.NoteKind_NOTE_KIND_GIFT:
			label = "Gift: "
		case commercev1.NoteKind_NOTE_KIND_UNSPECIFIED:
		}
		parts = append(parts, label+note.GetText())
	}
	if order.GetOrderSource() != "" {
		parts = append(parts, "Order source: "+order.GetOrderSource())
	}
	return cutTo(strings.Join(parts, "\n"), longestNotes)
}

// customFieldsOf are the custom fields that the settings ask for. A fact that the order
// does not have is left out.
func (c *Copier) customFieldsOf(order *commercev1.Order) []inventory.CustomField {
	var fields []inventory.CustomField
	for _, pair := range c.rules.customFields {
		if value := factOf(order, pair.Name); value != "" {
			fields = append(fields, inventory.CustomField{APIName: pair.Value, Value: value})
		}
	}
	return fields
}

// factOf is a fact of an order by its name in the settings.
func factOf(order *commercev1.Order, name string) string {
	switch name {
	case "order_source":
		return order.GetOrderSource()
	case "order_number":
		return order.GetOrderNumber()
	case "customer_id":
		return order.GetCustomer().GetCustomerId()
	case "shipping_method":
		return order.GetShippingMethod()
	case "promised_delivery_date":
		return order.GetPromisedDeliveryDate()
	default:
		return order.GetExtraFields()[name]
	}
}

// edited is a body that changes a sales order: its lines are kept, and what the order does
// not have any more is taken away, as Zoho leaves alone what is not sent. Notes of somebody
// else's are not.
func (t *trip) edited(body inventory.OrderBody, there inventory.SalesOrder) inventory.OrderBody {
	body.Lines = keepLines(body.Lines, there.Lines)
	for i := range body.Lines {
		if body.DiscountType == pricing.ItemLevel {
			body.Lines[i].Discount = cmp.Or(body.Lines[i].Discount, json.Number("0"))
		}
	}
	if body.Notes == nil && t.mine(there) {
		body.Notes = new(string)
	}
	return body
}

// cleared is a body that also takes away the taxes and custom fields that the settings name
// and that the order does not have any more.
func (t *trip) cleared(body inventory.OrderBody, there inventory.SalesOrder) inventory.OrderBody {
	if !t.mine(there) {
		return body
	}
	for i, line := range body.Lines {
		kept := func(o inventory.OrderLine) bool { return line.LineID != "" && string(o.ID) == line.LineID }
		at := slices.IndexFunc(there.Lines, kept)
		if line.TaxID == nil && at >= 0 && t.c.rules.taxes.Have(string(there.Lines[at].TaxID)) {
			body.Lines[i].TaxID = new(string)
		}
	}
	body.CustomFields = t.c.clearedFields(body.CustomFields, there)
	return body
}

// clearedFields adds the custom fields of the settings that are there and that the order
// has no fact for any more.
func (c *Copier) clearedFields(fields []inventory.CustomField, there inventory.SalesOrder) []inventory.CustomField {
	fields = slices.Clone(fields)
	for _, pair := range c.rules.customFields {
		filled := slices.ContainsFunc(there.CustomFields, func(f inventory.FieldOf) bool {
			return string(f.APIName) == pair.Value && f.Value != ""
		})
		sent := slices.ContainsFunc(fields, func(f inventory.CustomField) bool { return f.APIName == pair.Value })
		if filled && !sent {
			fields = append(fields, inventory.CustomField{APIName: pair.Value})
		}
	}
	return fields
}

// keepLines gives the lines of a body the ids of those that are there: lines without
// are new ones, and those there without a line here are removed (section 3.5). A line
// keeps its id by item, best with the same quantity.
func keepLines(lines []inventory.LineBody, there []inventory.OrderLine) []inventory.LineBody {
	lines, left := slices.Clone(lines), slices.Clone(there)
	for _, alike := range []func(inventory.LineBody, inventory.OrderLine) bool{
		func(l inventory.LineBody, o inventory.OrderLine) bool {
			return l.ItemID == string(o.ItemID) && sameAmount(string(l.Quantity), string(o.Quantity))
		},
		func(l inventory.LineBody, o inventory.OrderLine) bool { return l.ItemID == string(o.ItemID) },
	} {
		for i := range lines {
			if lines[i].LineID != "" {
				continue
			}
			at := slices.IndexFunc(left, func(o inventory.OrderLine) bool { return alike(lines[i], o) })
			if at >= 0 {
				lines[i].LineID = string(left[at].ID)
				left = slices.Delete(left, at, at+1)
			}
		}
	}
	return lines
}
