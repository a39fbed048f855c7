package zohotest

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
)

// Package is what was packed of a sales order.
type Package struct {
	ID     string `json:"package_id"`
	Number string `json:"package_number"`
	// OrderID is empty for a record that was left unlinked.
	OrderID string        `json:"salesorder_id"`
	Date    string        `json:"date"`
	Notes   string        `json:"notes"`
	Lines   []PackageLine `json:"line_items"`
	// ShipmentID of its shipment, if any.
	ShipmentID string `json:"shipment_id"`
	// Received is the body of its creation, byte for byte.
	Received json.RawMessage `json:"received,omitempty"`
}

// PackageLine is a quantity of an order's line.
type PackageLine struct {
	ID          string  `json:"line_item_id"`
	OrderLineID string  `json:"so_line_item_id"`
	ItemID      string  `json:"item_id"`
	SKU         string  `json:"sku"`
	Quantity    Decimal `json:"quantity"`
}

// packageFields are what a package is made with (Zoho Inventory reference, section
// 6).
func packageFields() []field {
	return []field{
		{name: "date", shape: date, required: true},
		{name: "package_number", most: 100},
		{name: "notes"},
		{name: "line_items", shape: objects, required: true, of: []field{
			{name: "so_line_item_id", shape: id, required: true},
			{name: "quantity", shape: number, required: true},
			{name: "mapped_items", shape: anything, idle: true},
		}},
		{name: "salesorder_id", shape: id, misplaced: true},
	}
}

func (o *organisation) pack(id string) *Package {
	for _, p := range o.packages {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// createPackage serves POST /packages. Without salesorder_id in the query the record
// is left unlinked (section 6).
func (s *Server) createPackage(c *call) *reply {
	made := &Package{Date: textOf(c.body, "date"), Notes: textOf(c.body, "notes"), Received: slices.Clone(c.raw)}
	number, refused := s.takeNumber(c, "package_number", "PKG", func(number string) *apiError {
		for _, other := range c.org.packages {
			if s.sameNumber(other.Number, number) {
				return s.refuse(NumberRepeated, "This package number already exists.")
			}
		}
		return nil
	})
	if refused != nil {
		return failed(refused)
	}
	made.Number = number
	order, refused := s.orderToPack(c)
	if refused != nil {
		return failed(refused)
	}
	if refused := s.packLines(c, order, made); refused != nil {
		return failed(refused)
	}
	made.ID = s.newID()
	c.org.packages = append(c.org.packages, made)
	if order != nil {
		made.OrderID = order.ID
		order.Modified = s.clock()
		c.org.settle(order)
	}
	c.recordID, c.number = made.ID, made.Number
	return success(http.StatusCreated, "Package created", "package", c.org.renderPackage(made))
}

// orderToPack is the order of the query, nil if the query names none.
func (s *Server) orderToPack(c *call) (*Order, *apiError) {
	given := c.query("salesorder_id")
	if given == "" {
		c.violate("?salesorder_id", "missing, so the package is left unlinked")
		return nil, nil
	}
	order := c.org.order(given)
	switch {
	case order == nil:
		return nil, s.unknown("Sales order")
	case order.Void:
		return order, s.refuse(PackVoid, "The sales order is void")
	case !order.Confirmed:
		return order, s.refuse(PackDraft, "The sales order is not confirmed")
	}
	return order, nil
}

// packLines takes the lines of a package and refuses more than is left of each.
func (s *Server) packLines(c *call, order *Order, into *Package) *apiError {
	taken := map[string]*big.Rat{}
	for i, o := range objectsOf(c.body, "line_items") {
		quantity, _ := decimalOf(o, "quantity")
		l := PackageLine{ID: s.newID(), OrderLineID: textOf(o, "so_line_item_id"), Quantity: quantity}
		if quantity.rat().Sign() <= 0 {
			return invalidField(fmt.Sprintf("line_items[%d].quantity", i))
		}
		if order != nil {
			at := slices.IndexFunc(order.Lines, func(of Line) bool { return of.ID == l.OrderLineID })
			if at < 0 {
				return s.unknown("Line item")
			}
			of := order.Lines[at]
			l.ItemID, l.SKU = of.ItemID, of.SKU
			if taken[of.ID] == nil {
				taken[of.ID] = of.Packed.rat()
			}
			taken[of.ID].Add(taken[of.ID], quantity.rat())
			if taken[of.ID].Cmp(of.Quantity.rat()) > 0 {
				if refused := s.refuse(OverPack, "More is packed than was ordered"); refused != nil {
					return refused
				}
			}
		}
		into.Lines = append(into.Lines, l)
	}
	return nil
}

// listPackages serves GET /packages, whose filters have no effect (section 6).
func (s *Server) listPackages(c *call) *reply {
	return page(c, "packages", c.org.packages, c.org.renderPackage)
}

func (s *Server) showPackage(c *call) *reply {
	p := c.org.pack(c.argument)
	if p == nil {
		return failed(s.unknown("Package"))
	}
	c.recordID, c.number = p.ID, p.Number
	return shown("package", c.org.renderPackage(p))
}

// deletePackage serves DELETE /packages/{id}: the shipment goes first (section 6).
func (s *Server) deletePackage(c *call) *reply {
	p := c.org.pack(c.argument)
	if p == nil {
		return failed(s.unknown("Package"))
	}
	c.recordID, c.number = p.ID, p.Number
	if p.ShipmentID != "" {
		if refused := s.refuse(DeleteShipped, "The package has a shipment"); refused != nil {
			return failed(refused)
		}
	}
	c.org.packages = slices.DeleteFunc(c.org.packages, func(other *Package) bool { return other == p })
	if order := c.org.order(p.OrderID); order != nil {
		order.Modified = s.clock()
		c.org.settle(order)
	}
	return success(http.StatusOK, "The package has been deleted.", "", nil)
}

// packageStatus is how far a package has come.
func (o *organisation) packageStatus(p *Package) string {
	shipment := o.shipment(p.ShipmentID)
	switch {
	case shipment == nil:
		return "not_shipped"
	case shipment.Delivered:
		return "delivered"
	default:
		return "shipped"
	}
}

func (o *organisation) renderPackage(p *Package) map[string]any {
	lines := []any{}
	for _, l := range p.Lines {
		lines = append(lines, map[string]any{
			"line_item_id": l.ID, "so_line_item_id": l.OrderLineID, "item_id": l.ItemID, "sku": l.SKU,
			"quantity": l.Quantity.json(),
		})
	}
	whole := map[string]any{
		"package_id": p.ID, "package_number": p.Number, "salesorder_id": p.OrderID, "date": p.Date,
		"status": o.packageStatus(p), "notes": p.Notes, "line_items": lines,
	}
	if shipment := o.shipment(p.ShipmentID); shipment != nil {
		whole["shipment_id"], whole["shipment_order"] = shipment.ID, shipment.render()
	}
	return whole
}

// packageOfOrder is a package as a sales order shows it (section 3.3). carrier and
// service are of Zoho's own integrations with carriers, so they are empty (section 6).
func (o *organisation) packageOfOrder(p *Package) map[string]any {
	row := map[string]any{
		"package_id": p.ID, "package_number": p.Number, "status": o.packageStatus(p), "detailed_status": "",
		"status_message": "", "shipment_id": "", "shipment_number": "", "shipment_status": "", "carrier": "",
		"service": "", "tracking_number": "", "shipment_date": "", "delivery_days": 0, "delivery_guarantee": false,
	}
	if shipment := o.shipment(p.ShipmentID); shipment != nil {
		row["shipment_id"], row["shipment_number"] = shipment.ID, shipment.Number
		row["shipment_status"] = o.packageStatus(p)
		row["tracking_number"], row["shipment_date"] = shipment.TrackingNumber, shipment.Date
	}
	return row
}
