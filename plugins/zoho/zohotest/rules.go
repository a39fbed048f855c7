package zohotest

import "net/http"

// Rule is a refusal whose code, or even existence, nobody has seen (Zoho Inventory
// reference, section 12). WithRefusal and WithoutRefusal change it.
type Rule string

const (
	// ResourceUnknown is an order, contact, item or package that does not exist; 404
	// with code 1002, though 400 is possible (section 7).
	ResourceUnknown Rule = "resource_unknown"
	// CustomerInactive is a sales order for an inactive customer (section 4).
	CustomerInactive Rule = "customer_inactive"
	// ItemInactive is a line with an inactive item (section 5).
	ItemInactive Rule = "item_inactive"
	// LineWithoutItem is a line that names no item (section 5).
	LineWithoutItem Rule = "line_without_item"
	// CustomFieldUnknown is a custom field that the organisation does not have.
	CustomFieldUnknown Rule = "custom_field_unknown"
	// ConfirmTwice is confirming what is confirmed, or further (section 3.3).
	ConfirmTwice Rule = "confirm_twice"
	// ConfirmVoid is confirming a void order.
	ConfirmVoid Rule = "confirm_void"
	// VoidTwice is voiding a void order.
	VoidTwice Rule = "void_twice"
	// VoidPacked is voiding an order with packages of which none is shipped. Accepted
	// unless configured.
	VoidPacked Rule = "void_packed"
	// VoidShipped is voiding an order with a shipment (section 3.5).
	VoidShipped Rule = "void_shipped"
	// VoidInvoiced is voiding an order with an invoice.
	VoidInvoiced Rule = "void_invoiced"
	// EditVoid is changing a void order.
	EditVoid Rule = "edit_void"
	// EditPacked is taking away, or reducing below what is packed, a line.
	EditPacked Rule = "edit_packed"
	// PackDraft is packing an order that is not confirmed (section 12).
	PackDraft Rule = "pack_draft"
	// PackVoid is packing a void order.
	PackVoid Rule = "pack_void"
	// OverPack is packing more than is left of a line (section 6).
	OverPack Rule = "over_pack"
	// ShipTwice is a package that has a shipment gets another one.
	ShipTwice Rule = "ship_twice"
	// ShipForeign is a package of another order gets into a shipment (section 6).
	ShipForeign Rule = "ship_foreign"
	// CarrierMissing is a shipment without delivery_method or tracking_number
	// (section 6).
	CarrierMissing Rule = "carrier_missing"
	// DeleteShipped is deleting a package that has a shipment (section 6).
	DeleteShipped Rule = "delete_shipped"
	// NumberRepeated is a package or shipment number that exists (section 7, 1001).
	NumberRepeated Rule = "number_repeated"
	// AmountInvalid is a discount above what it is of, a negative total, rate or
	// quantity.
	AmountInvalid Rule = "amount_invalid"
)

// Refusal is how a rule refuses; the zero Refusal accepts.
type Refusal struct {
	// Status of HTTP.
	Status int
	// Code in the envelope.
	Code int
}

// defaultRefusals has made-up codes where none is known, so that no client can rely
// on one.
func defaultRefusals() map[Rule]Refusal {
	known := map[Rule]Refusal{
		ResourceUnknown: {Status: http.StatusNotFound, Code: 1002},
		NumberRepeated:  {Status: http.StatusBadRequest, Code: 1001},
		AmountInvalid:   {Status: http.StatusBadRequest, Code: 4},
		CarrierMissing:  {Status: http.StatusBadRequest, Code: 4},
	}
	for i, rule := range []Rule{
		CustomerInactive, ItemInactive, LineWithoutItem, CustomFieldUnknown, ConfirmTwice, ConfirmVoid, VoidTwice,
		VoidShipped, VoidInvoiced, EditVoid, EditPacked, PackDraft, PackVoid, OverPack, ShipTwice, ShipForeign,
		DeleteShipped,
	} {
		known[rule] = Refusal{Status: http.StatusBadRequest, Code: 990001 + i}
	}
	return known
}

// refuse is the refusal of a rule, nil if it is taken away.
func (s *Server) refuse(rule Rule, message string) *apiError {
	r := s.rules[rule]
	if r == (Refusal{}) {
		return nil
	}
	return &apiError{status: r.Status, code: r.Code, message: message}
}
