package inventory

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// Package is a package of a sales order, with its shipment if it has one
// (sections 3.3 and 6).
type Package struct {
	ID             Text                `json:"package_id"`
	Number         Text                `json:"package_number"`
	Status         Text                `json:"status"`
	ShipmentID     Text                `json:"shipment_id"`
	ShipmentNumber Text                `json:"shipment_number"`
	ShipmentStatus Text                `json:"shipment_status"`
	Carrier        Text                `json:"carrier"`
	DeliveryMethod Text                `json:"delivery_method"`
	TrackingNumber Text                `json:"tracking_number"`
	ShipmentDate   Text                `json:"shipment_date"`
	Lines          listOf[PackageLine] `json:"line_items"`
}

// PackageLine is a line of a package.
type PackageLine struct {
	OrderLineID Text `json:"so_line_item_id"`
	Quantity    Text `json:"quantity"`
}

// Shipment is a shipment order.
type Shipment struct {
	ID             Text `json:"shipment_id"`
	Number         Text `json:"shipment_number"`
	Reference      Text `json:"reference_number"`
	Status         Text `json:"status"`
	Carrier        Text `json:"carrier"`
	DeliveryMethod Text `json:"delivery_method"`
	TrackingNumber Text `json:"tracking_number"`
	ShippingCharge Text `json:"shipping_charge"`
	Date           Text `json:"date"`
	Notes          Text `json:"notes"`
	OrderID        Text `json:"salesorder_id"`
}

// StatusDelivered is that of a shipment that arrived (section 6).
const StatusDelivered = "delivered"

// PackageBody makes a package.
type PackageBody struct {
	Number string            `json:"package_number,omitempty"`
	Date   string            `json:"date"`
	Lines  []PackageLineBody `json:"line_items"`
}

// PackageLineBody is what of a line is packed.
type PackageLineBody struct {
	OrderLineID string      `json:"so_line_item_id"`
	Quantity    json.Number `json:"quantity"`
}

// ShipmentBody makes or changes a shipment order.
type ShipmentBody struct {
	Number         string      `json:"shipment_number"`
	Reference      string      `json:"reference_number,omitempty"`
	Date           string      `json:"date"`
	DeliveryMethod string      `json:"delivery_method"`
	TrackingNumber string      `json:"tracking_number"`
	ShippingCharge json.Number `json:"shipping_charge,omitempty"`
	// Notes are left out if nil; an empty text takes away those that are there.
	Notes *string `json:"notes,omitempty"`
}

// Body is a shipment as it is, to change one of its facts: whether a member that is
// left out stays as it is, nobody tells.
func (s Shipment) Body() ShipmentBody {
	body := ShipmentBody{
		Number: string(s.Number), Reference: string(s.Reference), Date: string(s.Date),
		DeliveryMethod: string(s.DeliveryMethod), TrackingNumber: string(s.TrackingNumber),
	}
	if charge := json.Number(s.ShippingCharge); json.Valid([]byte(charge)) {
		body.ShippingCharge = charge
	}
	if s.Notes != "" {
		notes := string(s.Notes)
		body.Notes = &notes
	}
	return body
}

// CreatePackage packs lines of a sales order. The order goes in the query: in the
// body Zoho ignores it (section 6).
func CreatePackage(orderID string, body PackageBody) Call {
	query := ownNumber()
	query.Set("salesorder_id", orderID)
	return Call{
		Endpoint: write(http.MethodPost, "packages.CREATE", "create a package"),
		Path:     "/packages", Query: query, Body: body,
	}
}

// ReadPackage reads one, with its lines.
func ReadPackage(id string) Call {
	return Call{Endpoint: read("packages.READ", "read a package"), Path: "/packages/" + element(id)}
}

// DeletePackage unpacks. Its shipment has to be gone.
func DeletePackage(id string) Call {
	return Call{
		Endpoint: write(http.MethodDelete, "packages.DELETE", "delete a package"), Path: "/packages/" + element(id),
	}
}

// CreateShipment ships a package.
func CreateShipment(orderID, packageID string, body ShipmentBody) Call {
	return Call{
		Endpoint: writeRecord(http.MethodPost, "shipmentorders.CREATE", "create a shipment"),
		Path:     "/shipmentorders", Query: shipmentKeys(orderID, packageID), Body: body,
	}
}

// UpdateShipment changes a shipment. It has exactly these packages from then on.
func UpdateShipment(id, orderID string, packageIDs []string, body ShipmentBody) Call {
	return Call{
		Endpoint: writeRecord(http.MethodPut, "shipmentorders.UPDATE", "change a shipment"),
		Path:     "/shipmentorders/" + element(id), Query: shipmentKeys(orderID, packageIDs...), Body: body,
	}
}

// shipmentKeys are the keys that Zoho takes from the query only, and the flag without
// which a number is refused while Zoho numbers by itself (sections 3.4 and 6).
func shipmentKeys(orderID string, packageIDs ...string) url.Values {
	query := ownNumber()
	query.Set("salesorder_id", orderID)
	query.Set("package_ids", strings.Join(packageIDs, ","))
	return query
}

// ReadShipment reads one.
func ReadShipment(id string) Call {
	return Call{
		Endpoint: read("shipmentorders.READ", "read a shipment"), Path: "/shipmentorders/" + element(id),
	}
}

// DeleteShipment takes one back.
func DeleteShipment(id string) Call {
	return Call{
		Endpoint: write(http.MethodDelete, "shipmentorders.DELETE", "delete a shipment"),
		Path:     "/shipmentorders/" + element(id),
	}
}

// MarkDelivered says that a shipment arrived.
func MarkDelivered(id string) Call {
	return Call{
		Endpoint: write(http.MethodPost, "shipmentorders.CREATE", "mark a shipment as delivered"),
		Path:     "/shipmentorders/" + element(id) + "/status/delivered",
	}
}

// Package is the one of an answer.
func (e Envelope) Package() (Package, bool) { return one[Package](e, "package", "packages") }

// Shipment is the one of an answer.
func (e Envelope) Shipment() (Shipment, bool) {
	return one[Shipment](e, "shipmentorder", "shipment_order")
}
