package zohotest

import (
	"net/http"
	"slices"
	"strings"
)

// Item is something that an organisation sells.
type Item struct {
	// ID is given by the stand-in if empty.
	ID string `json:"item_id"`
	// SKU is unique in an organisation, its case included.
	SKU string `json:"sku"`
	// Name is the SKU if empty.
	Name string `json:"name"`
	// Rate is the price without tax.
	Rate Decimal `json:"rate"`
	// Unit such as "pcs".
	Unit string `json:"unit"`
	// TaxID of the tax that belongs to the item, if any.
	TaxID string `json:"tax_id"`
	// Inactive items cannot be sold.
	Inactive bool `json:"inactive"`
	// Kit is a composite item.
	Kit bool `json:"kit"`
}

// itemFields are what POST /items takes (Zoho Inventory reference, section 5).
func itemFields() []field {
	return []field{
		{name: "name", required: true, most: 100},
		{name: "sku", most: 100},
		{name: "rate", shape: number},
		{name: "unit"},
		{name: "tax_id", shape: id},
		{name: "item_type", idle: true},
		{name: "product_type", idle: true},
		{name: "description", idle: true},
		{name: "upc", idle: true},
		{name: "ean", idle: true},
	}
}

func itemFilters() []string {
	return append(variants("sku", "name"), "search_text", "status", "filter_by", "sort_column", "sort_order")
}

func (s *Server) putItem(o *organisation, i Item) *Item {
	if i.ID == "" {
		i.ID = s.newID()
	}
	if i.Name == "" {
		i.Name = i.SKU
	}
	o.items = append(o.items, &i)
	return &i
}

func (o *organisation) item(id string) *Item {
	for _, i := range o.items {
		if i.ID == id {
			return i
		}
	}
	return nil
}

func activity(inactive bool) string {
	if inactive {
		return "inactive"
	}
	return "active"
}

func (i *Item) render() map[string]any {
	return map[string]any{
		"item_id": i.ID, "name": i.Name, "item_name": i.Name, "sku": i.SKU, "status": activity(i.Inactive),
		"rate": i.Rate.json(), "unit": i.Unit, "tax_id": i.TaxID, "is_combo_product": i.Kit,
		"product_type": "goods", "item_type": "inventory", "upc": "", "ean": "",
	}
}

// listItems serves GET /items. The filter by SKU is exact, but how it treats case is
// not known; it folds, so that a client has to compare (section 5).
func (s *Server) listItems(c *call) *reply {
	rows := only(s, c.org.items, func(i *Item) bool {
		words := c.query("search_text")
		return passes(c, map[string][]string{"sku": {i.SKU}, "name": {i.Name}}) &&
			(words == "" || strings.Contains(fold(i.SKU+" "+i.Name), fold(words))) &&
			activeAsAsked(c, activity(i.Inactive))
	})
	return page(c, "items", rows, (*Item).render)
}

// activeAsAsked applies status and filter_by.
func activeAsAsked(c *call, status string) bool {
	wanted := c.query("status")
	if by, ok := strings.CutPrefix(c.query("filter_by"), "Status."); ok && wanted == "" {
		wanted = fold(by)
	}
	return wanted != "active" && wanted != "inactive" || wanted == status
}

// itemDetails serves GET /itemdetails: up to 100 ids at once (section 5).
func (s *Server) itemDetails(c *call) *reply {
	ids := strings.Split(c.query("item_ids"), ",")
	if c.query("item_ids") == "" || len(ids) > 100 || !allIDs(ids) {
		return failed(invalidParameter("item_ids"))
	}
	rows := only(s, c.org.items, func(i *Item) bool { return slices.Contains(ids, i.ID) })
	return page(c, "items", rows, (*Item).render)
}

func allIDs(ids []string) bool {
	return !slices.ContainsFunc(ids, func(one string) bool { return one == "" || !isID(one) })
}

func (s *Server) showItem(c *call) *reply {
	i := c.org.item(c.argument)
	if i == nil {
		return failed(s.unknown("Item"))
	}
	c.recordID, c.number = i.ID, i.SKU
	return shown("item", i.render())
}

// createItem serves POST /items: 1001 for a name that exists (section 5); the same
// for a SKU that exists is our reading.
func (s *Server) createItem(c *call) *reply {
	rate, _ := decimalOf(c.body, "rate")
	made := Item{
		SKU: textOf(c.body, "sku"), Name: textOf(c.body, "name"), Rate: rate, Unit: textOf(c.body, "unit"),
		TaxID: textOf(c.body, "tax_id"),
	}
	for _, other := range c.org.items {
		if strings.EqualFold(other.Name, made.Name) || made.SKU != "" && strings.EqualFold(other.SKU, made.SKU) {
			return failed(badRequest(1001, "Item %q already exists", made.Name))
		}
	}
	i := s.putItem(c.org, made)
	c.recordID, c.number = i.ID, i.SKU
	return success(http.StatusCreated, "The item has been added.", "item", i.render())
}
