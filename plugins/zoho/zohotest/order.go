package zohotest

import (
	"encoding/json"
	"math/big"
	"time"
)

// Order is a sales order.
type Order struct {
	ID string `json:"salesorder_id"`
	// Number is unique in an organisation, Reference is not.
	Number    string `json:"salesorder_number"`
	Reference string `json:"reference_number"`
	// Confirmed and Void are what was asked for; Status follows from them and from
	// the shipments.
	Confirmed bool `json:"confirmed"`
	Void      bool `json:"void"`
	// Status and ShippedStatus as the API shows them.
	Status        string `json:"status"`
	ShippedStatus string `json:"shipped_status"`
	// Date and ShipmentDate are yyyy-mm-dd.
	Date         string `json:"date"`
	ShipmentDate string `json:"shipment_date"`
	CustomerID   string `json:"customer_id"`
	// Currency is that of the customer.
	Currency     string  `json:"currency_code"`
	ExchangeRate Decimal `json:"exchange_rate"`
	Lines        []Line  `json:"line_items"`

	DiscountType          string `json:"discount_type"`
	Discount              string `json:"discount"`
	DiscountBeforeTax     bool   `json:"is_discount_before_tax"`
	InclusiveTax          bool   `json:"is_inclusive_tax"`
	ShippingChargeTaxID   string `json:"shipping_charge_tax_id"`
	AdjustmentDescription string `json:"adjustment_description"`

	// Amounts, in the currency. DiscountTotal is that of the whole order; discounts of
	// lines are in Line.Total.
	ShippingCharge Decimal `json:"shipping_charge"`
	Adjustment     Decimal `json:"adjustment"`
	SubTotal       Decimal `json:"sub_total"`
	DiscountTotal  Decimal `json:"discount_total"`
	TaxTotal       Decimal `json:"tax_total"`
	Total          Decimal `json:"total"`

	DeliveryMethod string `json:"delivery_method"`
	Notes          string `json:"notes"`
	Terms          string `json:"terms"`
	// CustomFields by api_name.
	CustomFields map[string]string `json:"custom_fields"`
	// BillingAddressID and ShippingAddressID name addresses of the customer.
	BillingAddressID  string `json:"billing_address_id"`
	ShippingAddressID string `json:"shipping_address_id"`
	// Billing and Shipping are the addresses as they were then.
	Billing  Address `json:"billing_address"`
	Shipping Address `json:"shipping_address"`
	// Invoices are numbers.
	Invoices []string  `json:"invoices"`
	Created  time.Time `json:"created_time"`
	Modified time.Time `json:"last_modified_time"`
	// Received is the body of its last write, byte for byte.
	Received json.RawMessage `json:"received,omitempty"`

	currency Currency
}

// Line of a sales order.
type Line struct {
	ID          string  `json:"line_item_id"`
	ItemID      string  `json:"item_id"`
	SKU         string  `json:"sku"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Rate        Decimal `json:"rate"`
	Quantity    Decimal `json:"quantity"`
	Unit        string  `json:"unit"`
	// Discount as sent, of the line and not of a piece.
	Discount      string  `json:"discount"`
	TaxID         string  `json:"tax_id"`
	TaxPercentage Decimal `json:"tax_percentage"`
	// Total is item_total.
	Total Decimal `json:"item_total"`
	// Packed, Shipped and Invoiced are quantities.
	Packed   Decimal `json:"quantity_packed"`
	Shipped  Decimal `json:"quantity_shipped"`
	Invoiced Decimal `json:"quantity_invoiced"`

	taxName string
}

// customFieldFields are the members of one custom field (Zoho Inventory reference,
// section 3.2).
func customFieldFields() []field {
	return []field{
		{name: "customfield_id", shape: id},
		{name: "label"},
		{name: "api_name", undeclared: true},
		{name: "value", shape: anything, required: true},
	}
}

// orderFields are what a sales order is written with (section 3.2). The limits of
// notes and terms are not known; those of numbers are our reading.
func orderFields() []field {
	address := addressFields()
	return []field{
		{name: "customer_id", shape: id, required: true},
		{name: "salesorder_number", most: 100},
		{name: "reference_number", most: 100},
		{name: "date", shape: date},
		{name: "shipment_date", shape: date},
		{name: "line_items", shape: objects, required: true, of: lineFields()},
		{name: "shipping_charge", shape: number},
		{name: "shipping_charge_tax_id", shape: id, undeclared: true},
		{name: "adjustment", shape: number},
		{name: "adjustment_description", most: 100},
		{name: "discount", shape: amountOrPercent},
		{name: "discount_type", oneOf: []string{"entity_level", "item_level"}},
		{name: "is_discount_before_tax", shape: flag},
		{name: "is_inclusive_tax", shape: flag},
		{name: "exchange_rate", shape: number},
		{name: "delivery_method", most: 100},
		{name: "notes"},
		{name: "terms"},
		{name: "custom_fields", shape: objects, of: customFieldFields()},
		{name: "billing_address_id", shape: id},
		{name: "shipping_address_id", shape: id},
		{name: "billing_address", shape: object, of: address, undeclared: true},
		{name: "shipping_address", shape: object, of: address, undeclared: true},
		{name: "location_id", shape: id},
		{name: "salesperson_id", shape: id, idle: true},
		{name: "pricebook_id", shape: id, idle: true},
		{name: "template_id", shape: id, idle: true},
		{name: "documents", shape: anything, idle: true},
		{name: "contact_persons_associated", shape: anything, idle: true},
		{name: "place_of_supply", idle: true},
		{name: "gst_treatment", idle: true},
		{name: "gst_no", idle: true},
	}
}

// lineFields are the members of a line. There is no sku (section 3.2). What Zoho
// computes itself has no effect; that the description ends at 2000 is our reading.
func lineFields() []field {
	return []field{
		{name: "line_item_id", shape: id},
		{name: "item_id", shape: id},
		{name: "name", most: 200},
		{name: "description", most: 2000},
		{name: "rate", shape: number},
		{name: "quantity", shape: number},
		{name: "unit", most: 100},
		{name: "tax_id", shape: id},
		{name: "tax_name", idle: true},
		{name: "tax_type", idle: true},
		{name: "tax_percentage", shape: number, idle: true},
		{name: "item_total", shape: number, idle: true},
		{name: "discount", shape: amountOrPercent},
		{name: "location_id", shape: id},
		{name: "item_custom_fields", shape: anything, idle: true},
		{name: "hsn_or_sac", idle: true},
		{name: "mapped_items", shape: anything, idle: true},
	}
}

func (o *organisation) order(id string) *Order {
	for _, order := range o.orders {
		if order.ID == id {
			return order
		}
	}
	return nil
}

// packagesOf are the packages of an order.
func (o *organisation) packagesOf(order *Order) []*Package {
	var of []*Package
	for _, p := range o.packages {
		if p.OrderID == order.ID {
			of = append(of, p)
		}
	}
	return of
}

// settle brings the quantities and the status of an order up to date.
func (o *organisation) settle(order *Order) {
	packed, shipped, delivered := map[string]*big.Rat{}, map[string]*big.Rat{}, map[string]*big.Rat{}
	add := func(to map[string]*big.Rat, line string, quantity Decimal) {
		if to[line] == nil {
			to[line] = new(big.Rat)
		}
		to[line].Add(to[line], quantity.rat())
	}
	for _, p := range o.packagesOf(order) {
		shipment := o.shipment(p.ShipmentID)
		for _, l := range p.Lines {
			add(packed, l.OrderLineID, l.Quantity)
			if shipment != nil {
				add(shipped, l.OrderLineID, l.Quantity)
			}
			if shipment != nil && shipment.Delivered {
				add(delivered, l.OrderLineID, l.Quantity)
			}
		}
	}
	all, some, arrived := true, false, true
	for i := range order.Lines {
		l := &order.Lines[i]
		l.Packed, l.Shipped = quantityOf(packed[l.ID]), quantityOf(shipped[l.ID])
		wanted := l.Quantity.rat()
		all = all && l.Shipped.rat().Cmp(wanted) >= 0
		some = some || l.Shipped.rat().Sign() > 0
		arrived = arrived && quantityOf(delivered[l.ID]).rat().Cmp(wanted) >= 0
	}
	order.Status, order.ShippedStatus = statusOf(order, all, some, arrived)
}

// statusOf is the pair of section 3.3.
func statusOf(order *Order, all, some, arrived bool) (status, shipped string) {
	switch {
	case order.Void:
		return "void", "pending"
	case arrived && some:
		return "fulfilled", "fulfilled"
	case all && some:
		return "shipped", "shipped"
	case some:
		return "partially_shipped", "partially_shipped"
	case order.Confirmed:
		return "confirmed", "pending"
	default:
		return "draft", "pending"
	}
}

func quantityOf(r *big.Rat) Decimal {
	if r == nil {
		return "0"
	}
	return plain(r)
}
