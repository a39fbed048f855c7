package zoho

import (
	"cmp"
	"context"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// otherCarrier stands for a carrier that is not known: Zoho wants one (section 6).
const otherCarrier = "Other"

// write is call for what changes a package or a shipment: a refusal ends the trip, or
// has it begin anew if what was read does not hold any more.
func (s *shipping) write(ctx context.Context, call inventory.Call) (inventory.Answer, error) {
	a := s.call(ctx, call)
	if a.OK() {
		return a, nil
	}
	if a.Failure == nil && !a.Unreadable() && a.Rule().Class == inventory.Missing {
		return a, outdated{stopWith(sdk.Retry("NOT_FOUND", "Zoho does not have any more what it showed just before; it is "+
			"looked at again").RecordOnly())}
	}
	return a, s.refused(a)
}

// send packs and ships the parcel.
func (s *shipping) send(ctx context.Context, order inventory.SalesOrder) (sdk.Result, error) {
	if order.Status == inventory.StatusVoid {
		return sdk.Result{}, stopWith(s.shipped(rejected("ORDER_VOID", "the sales order is void at Zoho, and nothing of it "+
			"can be shipped: correct the order of the parcel, void the parcel, or convert the sales order to open there and "+
			"retry", inventory.FixRecord), order))
	}
	lines, err := s.plan(ctx, order, nil)
	switch {
	case err != nil:
		return sdk.Result{}, err
	case len(lines) == 0:
		return s.full(ctx, order)
	}
	if err := s.leaveNotes(ctx, order); err != nil {
		return sdk.Result{}, err
	}
	if order.Unconfirmed() {
		if err := s.confirm(ctx, order); err != nil {
			return sdk.Result{}, err
		}
	}
	there, err := s.pack(ctx, order, lines)
	if err != nil {
		return sdk.Result{}, err
	}
	return s.ship(ctx, order, there)
}

// pack makes the package. What it is of is noted before, in case its answer is lost.
func (s *shipping) pack(
	ctx context.Context, order inventory.SalesOrder, lines []inventory.PackageLineBody,
) (inventory.Package, error) {
	date, err := s.date(ctx)
	if err != nil {
		return inventory.Package{}, err
	}
	s.kept = memory{Order: string(order.ID), Unsure: s.kept.Unsure}
	a, err := s.write(ctx, inventory.CreatePackage(string(order.ID), inventory.PackageBody{
		Number: s.p.number, Date: date, Lines: lines,
	}))
	if err != nil {
		return inventory.Package{}, s.taken(a, err, "package")
	}
	made, ok := a.Envelope.Package()
	if !ok || made.ID == "" {
		return inventory.Package{}, s.unnamed("PACKAGE_WITHOUT_ID",
			"Zoho made a package without saying its id; it is looked for")
	}
	made.Number = inventory.Text(s.p.number)
	s.own(order, made)
	return made, nil
}

// ship gives a package its shipment: one that was made just now, that an earlier send
// left, or that somebody packed by hand.
func (s *shipping) ship(
	ctx context.Context, order inventory.SalesOrder, packed inventory.Package,
) (sdk.Result, error) {
	date, err := s.date(ctx)
	if err != nil {
		return sdk.Result{}, err
	}
	a, err := s.write(ctx, inventory.CreateShipment(string(order.ID), string(packed.ID), s.shipmentBody(date)))
	if err != nil {
		return sdk.Result{}, s.taken(a, err, "shipment")
	}
	made, ok := a.Envelope.Shipment()
	if !ok || made.ID == "" {
		return sdk.Result{}, s.unnamed("SHIPMENT_WITHOUT_ID", "Zoho made a shipment without saying its id; it is looked for")
	}
	s.own(order, packed)
	return s.delivered(ctx, order, made)
}

func (s *shipping) shipmentBody(date string) inventory.ShipmentBody {
	body := inventory.ShipmentBody{
		Number: s.p.number, Date: date, DeliveryMethod: cmp.Or(s.p.carrier, otherCarrier), TrackingNumber: s.p.tracking,
	}
	if s.p.notes != "" {
		body.Notes = &s.p.notes
	}
	return body
}

// ownPackage is the id of a package that bears our number, empty for one that somebody
// packed by hand: that is never unpacked.
func (s *shipping) ownPackage(packed inventory.Package) string {
	if squash(string(packed.Number)) != s.p.number {
		return ""
	}
	return string(packed.ID)
}

// own notes that package and shipment are ours, with the contents of the parcel.
func (s *shipping) own(order inventory.SalesOrder, packed inventory.Package) {
	if id := s.ownPackage(packed); id == "" || id != s.kept.Package {
		s.kept.Contents, s.kept.Package = s.p.digest, id
	}
	s.kept.Order, s.kept.Made, s.kept.Noted, s.kept.Removed = string(order.ID), true, false, false
}

// delivered is the end of a trip that brought everything there. A shipment is marked as
// arrived if the merchant chose so.
func (s *shipping) delivered(
	ctx context.Context, order inventory.SalesOrder, there inventory.Shipment,
) (sdk.Result, error) {
	if s.c.rules.MarkDelivered && there.Status != inventory.StatusDelivered {
		if err := s.markDelivered(ctx, there); err != nil {
			return sdk.Result{}, err
		}
	}
	return s.shipped(sdk.Delivered(string(there.ID)), order), nil
}

func (s *shipping) markDelivered(ctx context.Context, there inventory.Shipment) error {
	a := s.call(ctx, inventory.MarkDelivered(string(there.ID)))
	if a.OK() {
		return nil
	}
	if a.Failure == nil && !a.Unreadable() {
		switch r := a.Rule(); r.Class {
		case inventory.Exists:
			return nil
		case inventory.Refused, inventory.Late, inventory.Missing:
			s.warn("Zoho did not mark the shipment as delivered: %s", r.Hint)
			return nil
		case inventory.Again, inventory.Limited, inventory.Locked:
		}
	}
	return s.refused(a)
}

// shipped adds the page of the sales order, which shows its shipments.
func (s *shipping) shipped(r sdk.Result, order inventory.SalesOrder) sdk.Result {
	return r.WithRemoteURL(s.c.page(string(order.ID)))
}

// taken explains that Zoho has something else of our number. An earlier send that is not
// shown yet may have made it; so the sales order is read once more.
func (s *shipping) taken(a inventory.Answer, refusal error, what string) error {
	if a.OK() || a.Failure != nil || a.Unreadable() || a.Rule().Reason != "NAME_TAKEN" {
		return refusal
	}
	hint := "Zoho has another " + what + " with the number " + s.p.number + ", in another sales order or not shown: " +
		"delete it there or give it another number, and retry"
	if s.doubtful {
		return outdated{stopWith(sdk.Retry("NUMBER_TAKEN", hint).RecordOnly())}
	}
	return outdated{stopWith(rejected("NUMBER_TAKEN", hint, inventory.FixSettings))}
}

// date is the day that the parcel left, or else that the host accepted it, where the
// organisation is.
func (s *shipping) date(ctx context.Context) (string, error) {
	if s.p.shipped != "" {
		return s.p.shipped, nil
	}
	at := s.delivery.CreateTime
	if at.IsZero() {
		at = s.c.clock.Now()
	}
	return s.day(ctx, at)
}
