package zoho

import (
	"context"
	"errors"
	"slices"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// repack makes the package and the shipment anew as the contents of the parcel changed:
// lines of a package cannot be changed (section 6). If Zoho does not let go of them any
// more, they stay, and the result names the contents as differing.
func (s *shipping) repack(
	ctx context.Context, order inventory.SalesOrder, there inventory.Package,
) (sdk.Result, error) {
	switch same, err := s.compareContents(ctx, order, there); {
	case err != nil:
		return sdk.Result{}, err
	case same && there.ShipmentID == "":
		return s.ship(ctx, order, there)
	case same:
		return s.reconcile(ctx, order, there)
	}
	var shipment inventory.Shipment
	if there.ShipmentID != "" {
		var err error
		if shipment, err = s.readShipment(ctx, there.ShipmentID); err != nil {
			return sdk.Result{}, err
		}
		s.p.notes = string(shipment.Notes)
		err = s.remove(ctx, inventory.DeleteShipment(string(there.ShipmentID)), "shipment")
		if refusedBack(err) {
			return s.unchangeable(order, shipment, "the contents of the parcel changed, but Zoho does not take the shipment "+
				"back, mostly as it is delivered or invoiced: change it there by hand if need be"), nil
		}
		if err != nil {
			return sdk.Result{}, err
		}
	}
	err := s.unpack(ctx, there)
	if refusedBack(err) {
		return s.shipAsItIs(ctx, order, there)
	}
	if err != nil {
		return sdk.Result{}, err
	}
	now, found, err := s.readOrder(ctx, string(order.ID))
	switch {
	case err != nil:
		return sdk.Result{}, err
	case !found:
		return sdk.Result{}, outdated{stopWith(sdk.Retry("ORDER_NOT_FOUND",
			"the sales order is gone at Zoho; it is looked for").RecordOnly())}
	}
	return s.send(ctx, now)
}

// compareContents says whether a package has the contents of the parcel: they may have
// become known only now. It tells beforehand what is wrong with them, so that nothing is
// taken back in vain. If Zoho does not show what is in the package, that is told later.
func (s *shipping) compareContents(
	ctx context.Context, order inventory.SalesOrder, there inventory.Package,
) (same bool, err error) {
	a, err := s.write(ctx, inventory.ReadPackage(string(there.ID)))
	if err != nil {
		return false, err
	}
	whole, _ := a.Envelope.Package()
	silent := slices.ContainsFunc(whole.Lines, func(line inventory.PackageLine) bool { return line.OrderLineID == "" })
	if len(whole.Lines) == 0 || silent {
		return false, nil
	}
	planned, err := s.plan(ctx, order, whole.Lines)
	if err != nil || !sameQuantities(planned, whole.Lines) {
		return false, err
	}
	s.own(order, there)
	s.kept.Contents = s.p.digest
	return true, nil
}

// sameQuantities says that a package has what is planned, line by line.
func sameQuantities(planned []inventory.PackageLineBody, there []inventory.PackageLine) bool {
	left := sums(there)
	for _, line := range planned {
		if left[line.OrderLineID] == nil {
			return false
		}
		left[line.OrderLineID].Sub(left[line.OrderLineID], quantityOf(string(line.Quantity)))
	}
	for _, quantity := range left {
		if quantity.Sign() != 0 {
			return false
		}
	}
	return true
}

func refusedBack(err error) bool {
	s, ok := errors.AsType[stop](err)
	return ok && s.result.Reason() == withdrawRefused
}

// shipAsItIs gives a package that Zoho does not let go of its shipment again.
func (s *shipping) shipAsItIs(
	ctx context.Context, order inventory.SalesOrder, there inventory.Package,
) (sdk.Result, error) {
	result, err := s.ship(ctx, order, there)
	if err != nil {
		return sdk.Result{}, err
	}
	s.kept.Contents = "" // Those of the parcel it has not.
	return s.unchangeable(order, inventory.Shipment{ID: inventory.Text(result.RemoteID())},
		"the contents of the parcel changed, but Zoho does not take the package back, so it was shipped as it is: change it "+
			"there by hand if need be"), nil
}

// unchangeable is the end of a trip whose contents differ and stay so.
func (s *shipping) unchangeable(order inventory.SalesOrder, there inventory.Shipment, hint string) sdk.Result {
	names := []string{"contents"}
	if there.TrackingNumber != "" {
		names = append(names, s.differing(there)...)
	}
	return s.shipped(sdk.AlreadyPresent(string(there.ID), names...), order).WithHint(hint)
}
