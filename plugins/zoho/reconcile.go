package zoho

import (
	"context"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// reconcile compares a shipment that is there with the parcel, and brings it up to date
// where it may: what Spurline made, or anybody's if the merchant chose so.
func (s *shipping) reconcile(
	ctx context.Context, order inventory.SalesOrder, packed inventory.Package,
) (sdk.Result, error) {
	mine := s.mine(packed)
	there := inventory.Shipment{
		ID: packed.ShipmentID, Status: packed.ShipmentStatus,
		TrackingNumber: packed.TrackingNumber, Date: packed.ShipmentDate,
	}
	if s.p.carrier != "" || !s.same(there) {
		var err error
		if there, err = s.readShipment(ctx, packed.ShipmentID); err != nil {
			return sdk.Result{}, err
		}
	}
	names := s.differing(there)
	if !mine && (len(names) == 0 || !s.c.rules.UpdateExisting) {
		return s.present(order, there, names), nil
	}
	if len(names) > 0 {
		if err := s.rewrite(ctx, order, there, s.corrected(there)); err != nil {
			return sdk.Result{}, err
		}
	}
	if !mine {
		return s.shipped(sdk.Delivered(string(there.ID)), order), nil
	}
	s.own(order, packed)
	return s.delivered(ctx, order, there)
}

// present is the end of a trip that met somebody else's shipment, and left it as it is.
func (s *shipping) present(order inventory.SalesOrder, there inventory.Shipment, names []string) sdk.Result {
	hint := "Zoho already has a shipment with this tracking number and the same facts"
	if len(names) > 0 {
		hint = "Zoho already has a shipment with this tracking number, made by somebody else; it was left as it is: turn " +
			"on update_existing and retry to write our facts to it"
	}
	s.kept = memory{}
	return s.shipped(sdk.AlreadyPresent(string(there.ID), names...), order).WithHint(hint)
}

// readShipment reads a shipment that the sales order just showed.
func (s *shipping) readShipment(ctx context.Context, id inventory.Text) (inventory.Shipment, error) {
	a, err := s.write(ctx, inventory.ReadShipment(string(id)))
	if err != nil {
		return inventory.Shipment{}, err
	}
	there, ok := a.Envelope.Shipment()
	if !ok || there.ID == "" {
		return inventory.Shipment{}, stopWith(sdk.Retry("SHIPMENT_UNREADABLE", "Zoho showed no shipment where one was asked "+
			"for; it is tried again"))
	}
	return there, nil
}

// differing names the facts of a shipment that are not those of the parcel. What is not
// known of the parcel is not compared.
func (s *shipping) differing(there inventory.Shipment) []string {
	var names []string
	if s.p.carrier != "" && s.p.carrier != string(there.DeliveryMethod) {
		names = append(names, "delivery_method")
	}
	if s.p.shipped != "" && s.p.shipped != string(there.Date) {
		names = append(names, "date")
	}
	if squash(string(there.TrackingNumber)) != s.p.number {
		names = append(names, "tracking_number")
	}
	return names
}

// same says that nothing differs.
func (s *shipping) same(there inventory.Shipment) bool { return len(s.differing(there)) == 0 }

// corrected is a shipment with the facts of the parcel in place of its own.
func (s *shipping) corrected(there inventory.Shipment) inventory.ShipmentBody {
	body := there.Body()
	if s.p.carrier != "" {
		body.DeliveryMethod = s.p.carrier
	}
	if s.p.shipped != "" {
		body.Date = s.p.shipped
	}
	if squash(body.TrackingNumber) != s.p.number {
		body.TrackingNumber = s.p.tracking
	}
	return body
}

// rewrite changes a shipment, which keeps all of its packages.
func (s *shipping) rewrite(
	ctx context.Context, order inventory.SalesOrder, there inventory.Shipment, body inventory.ShipmentBody,
) error {
	var packages []string
	for _, p := range order.Packages {
		if p.ShipmentID == there.ID {
			packages = append(packages, string(p.ID))
		}
	}
	_, err := s.write(ctx, inventory.UpdateShipment(string(there.ID), string(order.ID), packages, body))
	return err
}
