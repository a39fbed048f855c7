package zoho

import (
	"context"
	"errors"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// withdraw takes the package and the shipment of a voided label back, so that Zoho does
// not count as shipped what did not leave. Only what Spurline made is deleted; what was
// never sent is skipped.
func (s *shipping) withdraw(ctx context.Context) (sdk.Result, error) {
	sent := s.remoteID() != "" || s.kept.Made || s.kept.Noted
	if !sent && !s.mayHaveArrived() {
		return parcelSkipped("the parcel was voided before this connection sent it" + s.leftUnpacked()), nil
	}
	orders, err := s.ordersOfVoided(ctx)
	if err != nil {
		return sdk.Result{}, err
	}
	if orders, err = s.withEarlier(ctx, orders); err != nil {
		return sdk.Result{}, err
	}
	var taken takenBack
	for _, order := range orders {
		one, err := s.takeBack(ctx, order)
		if err != nil {
			return sdk.Result{}, err
		}
		if one.id != "" {
			taken = one
		}
	}
	switch made := s.kept.Made || s.kept.Noted; {
	case taken.foreign:
		return parcelSkipped("the parcel was voided; the shipment at Zoho was not made by Spurline and was left alone: " +
			"delete it there if nobody needs it").WithRemoteID(taken.id).WithRemoteURL(s.c.page(taken.order)), nil
	case taken.id == "" && !made:
		return parcelSkipped("the parcel was voided, and Zoho has no shipment of it"), nil
	}
	s.kept = memory{Removed: true}
	s.warn("the parcel was voided, so its package and shipment, or the note of its number, were taken back at Zoho")
	return sdk.Delivered(taken.id).WithReason("WITHDRAWN").WithRemoteURL(s.c.page(taken.order)), nil
}

// leftUnpacked tells of the piece that parcels without contents leave for one to come. With
// which of them it left after all, if it did, nobody knows.
func (s *shipping) leftUnpacked() string {
	if len(s.p.record.GetSiblingTrackingNumbers()) == 0 {
		return ""
	}
	return "; parcels without contents that were sent before left a piece unpacked for it: if it left with one of them, " +
		"submit the contents of that one, or pack it at Zoho"
}

func parcelSkipped(hint string) sdk.Result { return sdk.Skipped("PARCEL_VOIDED", hint) }

// ordersOfVoided are the sales orders that the parcel may be in: the one it was put into,
// as the edit that voided it may have moved it as well, and that of the record, if it is
// not known whether it was moved there.
func (s *shipping) ordersOfVoided(ctx context.Context) ([]inventory.SalesOrder, error) {
	var orders []inventory.SalesOrder
	if s.kept.Order != "" {
		order, found, err := s.readOrder(ctx, s.kept.Order)
		if err != nil {
			return nil, err
		}
		if found {
			orders = append(orders, order)
		}
		if !s.mayHaveArrived() || found && isOf(order, s.p.record.GetOrderId(), s.orderNumber()) {
			return orders, nil
		}
	}
	order, found, err := s.findOrder(ctx, s.p.record.GetOrderId(), s.orderNumber())
	if found {
		orders = append(orders, order)
	}
	return orders, err
}

// takenBack is what was taken back, or met.
type takenBack struct {
	// id of the shipment, or of the package if it had none; empty for nothing.
	id string
	// order is the id of the sales order.
	order string
	// foreign means that it was left alone, as somebody else made it.
	foreign bool
}

// takeBack removes from a sales order what Spurline made of the parcel. That nothing is
// there is as good.
func (s *shipping) takeBack(ctx context.Context, order inventory.SalesOrder) (takenBack, error) {
	there, known := s.packageOf(order)
	switch {
	case !known && s.mayBeNoted():
		id, err := s.unnote(ctx, order)
		return takenBack{id: id, order: string(order.ID)}, err
	case !known:
		return takenBack{}, nil
	case there.ShipmentID != "" && !s.mine(there):
		return takenBack{string(there.ShipmentID), string(order.ID), true}, nil
	case there.ShipmentID == "":
		return takenBack{id: string(there.ID), order: string(order.ID)}, s.unpack(ctx, there)
	}
	if number := numberOf(there); number != s.p.number { // It waited without a shipment, and another took it.
		s.warn("its package had been shipped under the number %s, so if that is another parcel, send it again",
			named([]string{number}))
	}
	if s.toCome(order) > 0 { // The number of another parcel may be in the notes.
		shipment, err := s.readShipment(ctx, there.ShipmentID)
		if err != nil {
			return takenBack{}, err
		}
		if numbers := furtherNumbers(string(shipment.Notes)); len(numbers) > 0 {
			s.warn("with the shipment went its notes, which had the numbers of further parcels, so send these again: %s",
				named(numbers))
		}
	}
	if err := s.remove(ctx, inventory.DeleteShipment(string(there.ShipmentID)), "shipment"); err != nil {
		return takenBack{}, err
	}
	return takenBack{id: string(there.ShipmentID), order: string(order.ID)}, s.unpack(ctx, there)
}

// unpack deletes a package that bears our number. One that was packed by hand stays.
func (s *shipping) unpack(ctx context.Context, there inventory.Package) error {
	id := s.ownPackage(there)
	if id == "" {
		return nil
	}
	return s.remove(ctx, inventory.DeletePackage(id), "package")
}

// remove deletes something. That it is gone is as good.
func (s *shipping) remove(ctx context.Context, call inventory.Call, what string) error {
	a := s.call(ctx, call)
	if a.OK() {
		return nil
	}
	refusal := s.refused(a)
	if a.Failure != nil || a.Unreadable() {
		return refusal
	}
	switch a.Rule().Class {
	case inventory.Missing:
		return nil
	case inventory.Refused, inventory.Late, inventory.Exists:
		hint := ""
		if of, ok := errors.AsType[stop](refusal); ok {
			hint = "; " + of.result.Hint()
		}
		return stopWith(rejected(withdrawRefused, "Zoho does not take the "+what+" back, mostly as it is delivered or "+
			"invoiced: undo that there, or delete it by hand, and retry"+hint, inventory.FixSettings))
	default:
		return refusal
	}
}

// withdrawRefused is the reason of what Zoho does not take back.
const withdrawRefused = "WITHDRAW_REFUSED"
