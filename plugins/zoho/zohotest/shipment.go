package zohotest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Shipment is a shipment order.
type Shipment struct {
	ID     string `json:"shipment_id"`
	Number string `json:"shipment_number"`
	// OrderID and PackageIDs are empty for a record that was left unlinked.
	OrderID        string   `json:"salesorder_id"`
	PackageIDs     []string `json:"package_ids"`
	Date           string   `json:"date"`
	DeliveryMethod string   `json:"delivery_method"`
	TrackingNumber string   `json:"tracking_number"`
	TrackingLink   string   `json:"tracking_link"`
	Reference      string   `json:"reference_number"`
	Notes          string   `json:"notes"`
	ShippingCharge Decimal  `json:"shipping_charge"`
	Delivered      bool     `json:"delivered"`
	// Received is the body of its last write, byte for byte.
	Received json.RawMessage `json:"received,omitempty"`
}

// shipmentFields are what a shipment order is written with (Zoho Inventory
// reference, section 6).
func shipmentFields() []field {
	return []field{
		{name: "shipment_number", most: 100},
		{name: "date", shape: date, required: true},
		{name: "delivery_method", required: true, most: 100},
		{name: "tracking_number", required: true, most: 100},
		{name: "reference_number", most: 100},
		{name: "shipping_charge", shape: number},
		{name: "exchange_rate", shape: number, idle: true},
		{name: "notes"},
		{name: "shipmentorder_custom_fields", shape: objects, of: customFieldFields(), idle: true},
		{name: "tracking_link", undeclared: true},
		{name: "aftership_carrier_code", undeclared: true, idle: true},
		{name: "salesorder_id", shape: id, misplaced: true},
		{name: "package_ids", shape: anything, misplaced: true},
	}
}

// shipmentParameters have an effect, or are seen to be sent without harm.
func shipmentParameters() []string {
	return []string{
		"salesorder_id", "package_ids", "ignore_auto_number_generation", "send_notification", "is_tracking_required",
	}
}

func (o *organisation) shipment(id string) *Shipment {
	for _, s := range o.shipments {
		if s.ID == id && id != "" {
			return s
		}
	}
	return nil
}

// createShipment serves POST /shipmentorders. Keys that are not in the query leave
// the record unlinked (section 6).
func (s *Server) createShipment(c *call) *reply {
	made := &Shipment{}
	number, refused := s.takeNumber(c, "shipment_number", "SHP", func(number string) *apiError {
		return s.shipmentNumberTaken(c, number, nil)
	})
	if refused != nil {
		return failed(refused)
	}
	made.Number = number
	packages, refused := s.packagesToShip(c, made)
	if refused != nil {
		return failed(refused)
	}
	if refused := s.fillShipment(c, made); refused != nil {
		return failed(refused)
	}
	made.ID = s.newID()
	c.org.shipments = append(c.org.shipments, made)
	s.link(c.org, made, packages)
	c.recordID, c.number = made.ID, made.Number
	return success(http.StatusCreated, "Shipment order created", "shipmentorder", made.render())
}

func (s *Server) shipmentNumberTaken(c *call, number string, by *Shipment) *apiError {
	for _, other := range c.org.shipments {
		if other != by && s.sameNumber(other.Number, number) {
			return s.refuse(NumberRepeated, "This shipment number already exists.")
		}
	}
	return nil
}

// packagesToShip are the packages of the query for a shipment, which may have some of
// them already.
func (s *Server) packagesToShip(c *call, of *Shipment) ([]*Package, *apiError) {
	orderID, given := c.query("salesorder_id"), c.query("package_ids")
	if orderID == "" || given == "" {
		c.violate("?salesorder_id, ?package_ids", "missing, so the shipment order is left unlinked")
		return nil, nil
	}
	if c.org.order(orderID) == nil {
		return nil, s.unknown("Sales order")
	}
	ids := strings.Split(given, ",")
	if !allIDs(ids) {
		return nil, invalidParameter("package_ids")
	}
	var all []*Package
	for _, one := range ids {
		p := c.org.pack(one)
		if p == nil {
			return nil, s.unknown("Package")
		}
		rule, refuses := ShipForeign, p.OrderID != orderID
		if p.ShipmentID != "" && p.ShipmentID != of.ID {
			rule, refuses = ShipTwice, true
		}
		if refuses {
			if refused := s.refuse(rule, "The package cannot be shipped"); refused != nil {
				return nil, refused
			}
		}
		all = append(all, p)
	}
	of.OrderID = orderID
	return all, nil
}

// fillShipment takes over what the body has.
func (s *Server) fillShipment(c *call, into *Shipment) *apiError {
	for name, field := range map[string]*string{
		"date": &into.Date, "delivery_method": &into.DeliveryMethod, "tracking_number": &into.TrackingNumber,
		"tracking_link": &into.TrackingLink, "reference_number": &into.Reference, "notes": &into.Notes,
	} {
		if words, sent := c.body[name].(string); sent {
			*field = words
		}
	}
	if d, sent := decimalOf(c.body, "shipping_charge"); sent {
		into.ShippingCharge = d
	}
	into.Received = bytes.Clone(c.raw)
	if strings.TrimSpace(into.DeliveryMethod) == "" || strings.TrimSpace(into.TrackingNumber) == "" {
		return s.refuse(CarrierMissing, "delivery_method and tracking_number must not be empty")
	}
	return nil
}

// link puts exactly these packages into a shipment.
func (s *Server) link(o *organisation, shipment *Shipment, packages []*Package) {
	for _, p := range o.packages {
		if p.ShipmentID == shipment.ID {
			p.ShipmentID = ""
		}
	}
	shipment.PackageIDs = nil
	for _, p := range packages {
		p.ShipmentID = shipment.ID
		shipment.PackageIDs = append(shipment.PackageIDs, p.ID)
	}
	if order := o.order(shipment.OrderID); order != nil {
		order.Modified = s.clock()
		o.settle(order)
	}
}

func (s *Server) showShipment(c *call) *reply {
	there := c.org.shipment(c.argument)
	if there == nil {
		return failed(s.unknown("Shipment order"))
	}
	c.recordID, c.number = there.ID, there.Number
	return shown("shipmentorder", there.render())
}

// updateShipment serves PUT /shipmentorders/{id}. Both keys must be in the query; what
// happens without them is not known, so it is refused.
func (s *Server) updateShipment(c *call) *reply {
	there := c.org.shipment(c.argument)
	if there == nil {
		return failed(s.unknown("Shipment order"))
	}
	c.recordID, c.number = there.ID, there.Number
	changed := *there
	if number, sent := c.body["shipment_number"].(string); sent && number != there.Number {
		if refused := s.shipmentNumberTaken(c, number, there); refused != nil {
			return failed(refused)
		}
		changed.Number = number
	}
	packages, refused := s.packagesToShip(c, &changed)
	if refused != nil {
		return failed(refused)
	}
	if packages == nil {
		return failed(invalidParameter("package_ids"))
	}
	if refused := s.fillShipment(c, &changed); refused != nil {
		return failed(refused)
	}
	*there = changed
	s.link(c.org, there, packages)
	return success(http.StatusOK, "Shipment order updated", "shipmentorder", there.render())
}

// deleteShipment serves DELETE /shipmentorders/{id}: its packages are there again to
// be shipped or deleted.
func (s *Server) deleteShipment(c *call) *reply {
	there := c.org.shipment(c.argument)
	if there == nil {
		return failed(s.unknown("Shipment order"))
	}
	c.recordID, c.number = there.ID, there.Number
	c.org.shipments = slices.DeleteFunc(c.org.shipments, func(other *Shipment) bool { return other == there })
	s.link(c.org, there, nil)
	return success(http.StatusOK, "The shipment order has been deleted.", "", nil)
}

// deliverShipment serves POST /shipmentorders/{id}/status/delivered; 37135 the second
// time (section 6).
func (s *Server) deliverShipment(c *call) *reply {
	there := c.org.shipment(c.argument)
	if there == nil {
		return failed(s.unknown("Shipment order"))
	}
	c.recordID, c.number = there.ID, there.Number
	if there.Delivered {
		return failed(badRequest(37135, "The shipment order is delivered already"))
	}
	there.Delivered = true
	if order := c.org.order(there.OrderID); order != nil {
		order.Modified = s.clock()
		c.org.settle(order)
	}
	return success(http.StatusOK, "Shipment order has been marked as delivered.", "", nil)
}

func (s *Shipment) render() map[string]any {
	status := "shipped"
	if s.Delivered {
		status = "delivered"
	}
	return map[string]any{
		"shipment_id": s.ID, "shipment_number": s.Number, "salesorder_id": s.OrderID, "date": s.Date,
		"status": status, "carrier": "", "delivery_method": s.DeliveryMethod,
		"tracking_number": s.TrackingNumber, "tracking_link": s.TrackingLink, "reference_number": s.Reference,
		"shipping_charge": s.ShippingCharge.json(), "notes": s.Notes, "package_ids": strings.Join(s.PackageIDs, ","),
	}
}
