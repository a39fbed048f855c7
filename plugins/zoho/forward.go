package zoho

import (
	"context"
	"errors"
	"slices"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// ForwardTracking brings a parcel to Zoho: a package with its shipment order, a change
// of those that are there, or their end if the label of the parcel was voided.
func (c *Copier) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	s := c.shipping(d)
	s.hide(d.Record.GetOrder())
	return s.end(s.forward(ctx))
}

// shipping is the trip of a parcel.
type shipping struct {
	*trip
	p parcelFacts
	// left says that what an earlier send made is taken back, so that the remote id
	// names nothing any more.
	left bool
	// doubtful says that an earlier send may have arrived although nothing told so.
	doubtful bool
}

func (c *Copier) shipping(d *sdk.TrackingDelivery) *shipping {
	s := &shipping{trip: c.trip(d.Delivery), p: gatherParcel(d.Record)}
	s.warnings, s.doubtful = s.p.warnings, s.mayHaveArrived()
	return s
}

// remoteID is the shipment that an earlier send of this record made, met, or noted the
// number in; empty if there is none.
func (s *shipping) remoteID() string {
	if s.kept.Removed || s.left {
		return ""
	}
	return s.delivery.RemoteID
}

// outdated is a refusal that comes from what was read before: somebody deleted or made
// something in the meantime. The trip begins anew once.
type outdated struct{ error }

// Unwrap returns the end of the trip if it does not help.
func (o outdated) Unwrap() error { return o.error }

func (s *shipping) forward(ctx context.Context) (sdk.Result, error) {
	switch {
	case s.p.number == "" && s.p.voided():
		return parcelSkipped("the parcel was voided, and it has no tracking number"), nil
	case s.p.number == "":
		return sdk.Result{}, stopWith(rejected("TRACKING_NUMBER_INVALID", "correct the tracking number of the parcel: it is "+
			"blank", inventory.FixRecord))
	}
	run := s.bring
	if s.p.voided() {
		run = s.withdraw
	}
	result, err := run(ctx)
	if _, old := errors.AsType[outdated](err); old {
		s.c.shared.orders.drop(s.c.key(fold(s.orderNumber())))
		result, err = run(ctx)
	}
	return result, err
}

// orderNumber is the number of the sales order of the parcel.
func (s *shipping) orderNumber() string {
	return s.c.orderNumber(s.p.record.GetOrderId(), s.p.record.GetOrder().GetOrderNumber())
}

// bring sees to it that the sales order has the parcel.
func (s *shipping) bring(ctx context.Context) (sdk.Result, error) {
	order, found, err := s.findOrder(ctx, s.p.record.GetOrderId(), s.orderNumber())
	switch {
	case err != nil:
		return sdk.Result{}, err
	case !found:
		return sdk.Result{}, stopWith(s.orphan())
	}
	if err := s.leave(ctx, order); err != nil {
		return sdk.Result{}, err
	}
	there, known := s.packageOf(order)
	if known && there.ShipmentID != "" && !s.mine(there) {
		if err := s.leaveNotes(ctx, order); err != nil {
			return sdk.Result{}, err
		}
	}
	switch {
	case !known:
		return s.send(ctx, order)
	case !s.sameContents(there):
		return s.repack(ctx, order, there)
	case there.ShipmentID == "":
		return s.ship(ctx, order, there)
	default:
		return s.reconcile(ctx, order, there)
	}
}

// renumbered says that there are sales orders with the order id as their reference, but
// of another number.
func (s *shipping) renumbered() string {
	var numbers []string
	for _, row := range s.last.Envelope.Orders() {
		if string(row.Reference) == s.p.record.GetOrderId() {
			numbers = append(numbers, string(row.Number))
		}
	}
	if len(numbers) == 0 {
		return ""
	}
	return "; a sales order with this reference has the number " + named(numbers) + ": if it is the one, " +
		"order_number_prefix or sales_order_number was changed since, so change it back, or submit the order with an edit"
}

// packageOf is the package of the parcel, if the sales order has one: best one that
// Spurline made, otherwise one that is shipped under the tracking number. One of our
// number without a shipment was left by an earlier send.
func (s *shipping) packageOf(order inventory.SalesOrder) (inventory.Package, bool) {
	for _, fits := range []func(inventory.Package) bool{
		func(p inventory.Package) bool { return p.ShipmentID != "" && s.mine(p) },
		func(p inventory.Package) bool {
			return p.ShipmentID != "" && squash(string(p.TrackingNumber)) == s.p.number
		},
		s.begun,
	} {
		for _, p := range order.Packages {
			if fits(p) {
				return p, true
			}
		}
	}
	return inventory.Package{}, false
}

// begun says that a package is ours and has no shipment yet.
func (s *shipping) begun(p inventory.Package) bool {
	return p.ShipmentID == "" && squash(string(p.Number)) == s.p.number
}

// mine says that Spurline made the shipment of a package for this record: the memory
// tells so, or it has all of our numbers and an earlier send may have made it. The remote id
// alone does not tell, as it may be that of a shipment that was met.
func (s *shipping) mine(p inventory.Package) bool {
	known := s.remoteID() != "" && string(p.ShipmentID) == s.remoteID()
	switch {
	case s.kept.Made && (string(p.ID) == s.kept.Package || known && s.kept.Package == ""):
		return true
	case squash(string(p.TrackingNumber)) != s.p.number:
		return false
	case squash(string(p.Number)) != s.p.number && squash(string(p.ShipmentNumber)) != s.p.number:
		return false
	default:
		return s.kept.Made || s.mayHaveArrived() || known
	}
}

// leave takes the parcel back from the sales order that it was in before an edit moved
// it to another order, and from all that a send that told nothing may have put it into.
func (s *shipping) leave(ctx context.Context, now inventory.SalesOrder) error {
	var before []inventory.SalesOrder
	kept := s.kept.Order != "" && s.kept.Order != string(now.ID) && !s.kept.Removed
	if kept {
		order, found, err := s.readOrder(ctx, s.kept.Order)
		if err != nil {
			return err
		}
		if found {
			before = append(before, order)
		}
	}
	before, err := s.withEarlier(ctx, before)
	if err != nil {
		return err
	}
	for _, order := range before {
		if order.ID == now.ID {
			continue
		}
		if _, err := s.takeBack(ctx, order); err != nil {
			return err
		}
	}
	if kept {
		s.kept, s.left = memory{Unsure: s.kept.Unsure}, true
	}
	return nil
}

// withEarlier adds the sales orders of the orders that the parcel belonged to before, if a
// send of that time may have arrived although nothing told so. What is there is not looked
// for again.
func (s *shipping) withEarlier(
	ctx context.Context, orders []inventory.SalesOrder,
) ([]inventory.SalesOrder, error) {
	if !s.mayHaveArrived() {
		return orders, nil
	}
	for _, id := range s.p.record.GetEarlierOrderIds() {
		its := func(there inventory.SalesOrder) bool { return s.c.numbers(there, id) }
		if slices.ContainsFunc(orders, its) {
			continue
		}
		rows, err := s.searchOrders(ctx, id, its)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			order, found, err := s.readOrder(ctx, string(row.ID))
			if err != nil {
				return nil, err
			}
			if found {
				orders = append(orders, order)
			}
		}
	}
	return orders, nil
}

// sameContents says that what was packed is what the parcel has, as far as that is known
// without looking into the package. Contents that are not known contradict nothing, and
// neither do those of a package that somebody else packed. What is kept is of one package:
// a send that told nothing may have made another one since.
func (s *shipping) sameContents(there inventory.Package) bool {
	switch {
	case s.p.digest == "", s.ownPackage(there) == "", there.ShipmentID != "" && !s.mine(there):
		return true
	case s.kept.Package == string(there.ID):
		return s.kept.Contents == s.p.digest
	default:
		return s.delivery.Revision <= 1 // Made by a send that told nothing, of the same facts.
	}
}
