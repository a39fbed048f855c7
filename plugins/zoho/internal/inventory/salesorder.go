package inventory

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// SalesOrder is what is read of one (section 3.3).
type SalesOrder struct {
	ID                    Text              `json:"salesorder_id"`
	Number                Text              `json:"salesorder_number"`
	Reference             Text              `json:"reference_number"`
	Status                Text              `json:"status"`
	Date                  Text              `json:"date"`
	ShipmentDate          Text              `json:"shipment_date"`
	CustomerID            Text              `json:"customer_id"`
	CurrencyCode          Text              `json:"currency_code"`
	Total                 Text              `json:"total"`
	ShippingCharge        Text              `json:"shipping_charge"`
	Adjustment            Text              `json:"adjustment"`
	AdjustmentDescription Text              `json:"adjustment_description"`
	DeliveryMethod        Text              `json:"delivery_method"`
	Notes                 Text              `json:"notes"`
	Lines                 listOf[OrderLine] `json:"line_items"`
	Packages              listOf[Package]   `json:"packages"`
	Invoices              listOf[Invoice]   `json:"invoices"`
	CustomFields          listOf[FieldOf]   `json:"custom_fields"`
}

// FieldOf is a custom field of a sales order that is there, if it has a value.
type FieldOf struct {
	APIName Text `json:"api_name"`
	Value   Text `json:"value"`
}

// Invoice is one of a sales order.
type Invoice struct {
	ID Text `json:"invoice_id"`
}

// OrderLine is a line of a sales order that is there.
type OrderLine struct {
	ID       Text `json:"line_item_id"`
	ItemID   Text `json:"item_id"`
	SKU      Text `json:"sku"`
	Name     Text `json:"name"`
	Rate     Text `json:"rate"`
	Quantity Text `json:"quantity"`
	Packed   Text `json:"quantity_packed"`
	Shipped  Text `json:"quantity_shipped"`
	Discount Text `json:"discount"`
	TaxID    Text `json:"tax_id"`
}

// Statuses of a sales order that are acted on (section 3.3).
const (
	StatusDraft           = "draft"
	StatusPendingApproval = "pending_approval"
	StatusApproved        = "approved"
	StatusVoid            = "void"
)

// Unconfirmed says that the order is still to be confirmed.
func (o SalesOrder) Unconfirmed() bool {
	return o.Status == StatusDraft || o.Status == StatusPendingApproval || o.Status == StatusApproved
}

// OrderBody is what a sales order is made or changed with (section 3.2).
type OrderBody struct {
	CustomerID            string        `json:"customer_id"`
	Number                string        `json:"salesorder_number"`
	Reference             string        `json:"reference_number"`
	Date                  string        `json:"date,omitempty"`
	ShipmentDate          string        `json:"shipment_date,omitempty"`
	Lines                 []LineBody    `json:"line_items"`
	ShippingCharge        json.Number   `json:"shipping_charge"`
	Adjustment            json.Number   `json:"adjustment"`
	AdjustmentDescription string        `json:"adjustment_description,omitempty"`
	Discount              json.Number   `json:"discount,omitempty"`
	DiscountType          string        `json:"discount_type,omitempty"`
	DiscountBeforeTax     *bool         `json:"is_discount_before_tax,omitempty"`
	InclusiveTax          *bool         `json:"is_inclusive_tax,omitempty"`
	DeliveryMethod        string        `json:"delivery_method,omitempty"`
	Notes                 *string       `json:"notes,omitempty"` // An empty one takes away what is there.
	CustomFields          []CustomField `json:"custom_fields,omitempty"`
	BillingAddressID      string        `json:"billing_address_id,omitempty"`
	ShippingAddressID     string        `json:"shipping_address_id,omitempty"`
	BillingAddress        *Address      `json:"billing_address,omitempty"`
	ShippingAddress       *Address      `json:"shipping_address,omitempty"`
}

// LineBody is a line to make, or to keep if it has an id.
type LineBody struct {
	LineID      string      `json:"line_item_id,omitempty"`
	ItemID      string      `json:"item_id"`
	Name        string      `json:"name,omitempty"`
	Description string      `json:"description,omitempty"`
	Rate        json.Number `json:"rate,omitempty"`
	Quantity    json.Number `json:"quantity"`
	Discount    json.Number `json:"discount,omitempty"`
	TaxID       *string     `json:"tax_id,omitempty"` // An empty one takes away what is there.
}

// CustomField is a field that the merchant made at Zoho.
type CustomField struct {
	APIName string `json:"api_name"`
	Value   string `json:"value"`
}

// CreateOrder makes a sales order with the number of its body (section 3.4).
func CreateOrder(body OrderBody) Call {
	return Call{
		Endpoint: writeRecord(http.MethodPost, "salesorders.CREATE", "create a sales order"),
		Path:     "/salesorders", Query: ownNumber(), Body: body,
	}
}

// UpdateOrder replaces a sales order. Lines without their ids are new ones, lines
// that are left out are removed (section 3.5).
func UpdateOrder(id string, body OrderBody) Call {
	return Call{
		Endpoint: writeRecord(http.MethodPut, "salesorders.UPDATE", "change a sales order"),
		Path:     "/salesorders/" + element(id), Query: ownNumber(), Body: body,
	}
}

// ownNumber says that the number is ours (section 3.1).
func ownNumber() url.Values { return url.Values{"ignore_auto_number_generation": {"true"}} }

// FindOrders searches by reference number. The rows have to be compared again.
func FindOrders(reference string, page int) Call {
	return Call{
		Endpoint: read("salesorders.READ", "find sales orders"), Path: "/salesorders",
		Query: paged(page, "reference_number", reference),
	}
}

// FindOrdersNumbered searches by number, as a part of other words too (section 3.4).
// The rows have to be compared again.
func FindOrdersNumbered(number string, page int) Call {
	return Call{
		Endpoint: read("salesorders.READ", "find sales orders"), Path: "/salesorders",
		Query: paged(page, "search_text", number),
	}
}

// ReadOrder reads one, with its packages.
func ReadOrder(id string) Call {
	return Call{
		Endpoint: read("salesorders.READ", "read a sales order"), Path: "/salesorders/" + element(id),
	}
}

// ConfirmOrder commits a draft.
func ConfirmOrder(id string) Call {
	return Call{
		Endpoint: write(http.MethodPost, "salesorders.CREATE", "confirm a sales order"),
		Path:     "/salesorders/" + element(id) + "/status/confirmed",
	}
}

// VoidOrder cancels one.
func VoidOrder(id string) Call {
	return Call{
		Endpoint: write(http.MethodPost, "salesorders.CREATE", "void a sales order"),
		Path:     "/salesorders/" + element(id) + "/status/void",
	}
}

// Orders are those of an answer.
func (e Envelope) Orders() []SalesOrder {
	return list[SalesOrder](e, "salesorders", "sales_orders", "salesorder", "sales_order")
}

// Order is the one of an answer.
func (e Envelope) Order() (SalesOrder, bool) { return one[SalesOrder](e, "salesorder", "sales_order") }
