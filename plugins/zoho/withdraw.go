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
		return parcelSkipped("the parcel was voided before this connection sent it"), nil
	}
	order, found, err := s.orderOfVoided(ctx)
	if err != nil {
		return sdk.Result{}, err
	}
	var taken takenBack
	if found {
		if taken, err = s.takeBack(ctx, order); err != nil {
			return sdk.Result{}, err
		}
	}
	switch made := s.kept.Made || s.kept.Noted; {
	case taken.foreign:
		return s.shipped(parcelSkipped("the parcel was voided; the shipment at Zoho was not made by Spurline and was left "+
			"alone: delete it there if nobody needs it"), order).WithRemoteID(taken.id), nil
	case taken.id == "" && !made:
		return parcelSkipped("the parcel was voided, and Zoho has no shipment of it"), nil
	}
	s.kept = memory{Removed: true}
	s.warn("the parcel was voided, so its package and shipment, or the note of its number, were taken back at Zoho")
	return s.shipped(sdk.Delivered(taken.id), order).WithReason("WITHDRAWN"), nil
}

func parcelSkipped(hint string) sdk.Result { return sdk.Skipped("PARCEL_VOIDED", hint) }

// orderOfVoided is the sales order that the parcel was put into: the edit that voided it
// may have moved it to another order as well.
func (s *shipping) orderOfVoided(ctx context.Context) (inventory.SalesOrder, bool, error) {
	if s.kept.Order != "" {
		return s.readOrder(ctx, s.kept.Order)
	}
	return s.findOrder(ctx, s.p.record.GetOrderId(), s.orderNumber())
}

// takenBack is what was taken back, or met.
type takenBack struct {
	// id of the shipment, or of the package if it had none; empty for nothing.
	id string
	// foreign means that it was left alone, as somebody else made it.
	foreign bool
}

// takeBack removes from a sales order what Spurline made of the parcel. That nothing is
// there is as good.
func (s *shipping) takeBack(ctx context.Context, order inventory.SalesOrder) (takenBack, error) {
	there, known := s.packageOf(order)
	switch {
	case !known && (s.kept.Noted || s.mayHaveArrived() && s.p.digest == ""):
		id, err := s.unnote(ctx, order)
		return takenBack{id: id}, err
	case !known:
		return takenBack{}, nil
	case there.ShipmentID != "" && !s.mine(there):
		return takenBack{string(there.ShipmentID), true}, nil
	case there.ShipmentID == "":
		return takenBack{id: string(there.ID)}, s.unpack(ctx, there)
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
	return takenBack{id: string(there.ShipmentID)}, s.unpack(ctx, there)
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
