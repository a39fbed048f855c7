package zoho

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// full deals with a parcel for which nothing is left to pack, as others took it all. One
// package without a shipment must be its own, packed by hand. Otherwise the number goes
// into the notes of the last shipment, as Zoho has no shipment without contents.
func (s *shipping) full(ctx context.Context, order inventory.SalesOrder) (sdk.Result, error) {
	if open := s.unshipped(order); len(open) == 1 {
		if err := s.leaveNotes(ctx, order); err != nil {
			return sdk.Result{}, err
		}
		return s.ship(ctx, order, open[0])
	}
	shipments := shipmentsOf(order)
	if len(shipments) == 0 {
		return sdk.Result{}, stopWith(s.shipped(rejected("NOTHING_TO_PACK", "nothing of the sales order is left to pack, "+
			"and no package of it can be told to be this parcel: ship the packages at Zoho, or delete those that were made by "+
			"hand, and retry", inventory.FixSettings), order))
	}
	there, err := s.shipmentToNote(ctx, shipments)
	if err != nil {
		return sdk.Result{}, err
	}
	s.kept = memory{Noted: true, Order: string(order.ID), Unsure: s.kept.Unsure}
	if notes := s.noted(string(there.Notes)); notes != string(there.Notes) {
		body := there.Body()
		body.Notes = &notes
		if err := s.rewrite(ctx, order, there, body); err != nil {
			return sdk.Result{}, err
		}
	}
	result := sdk.Delivered(string(there.ID)).WithReason("NOTED").WithHint("other parcels took all that was left to " +
		"pack, and Zoho has no shipment without contents, so the tracking number is in the notes of the shipment " +
		string(there.Number))
	return s.shipped(result, order), nil
}

// shipmentToNote is the shipment whose notes get the number: the one that has it, or else
// the newest. A send that told nothing may have noted it before others were shipped, and
// the shipment that has it may have been made anew.
func (s *shipping) shipmentToNote(ctx context.Context, shipments []inventory.Text) (inventory.Shipment, error) {
	if known := inventory.Text(s.remoteID()); s.kept.Noted && slices.Contains(shipments, known) {
		return s.readShipment(ctx, known)
	}
	newest, err := s.readShipment(ctx, shipments[0])
	if err != nil || !s.kept.Noted && !s.mayHaveArrived() {
		return newest, err
	}
	for i, id := range shipments[:min(len(shipments), mostSearched)] {
		there := newest
		if i > 0 {
			if there, err = s.readShipment(ctx, id); err != nil {
				return inventory.Shipment{}, err
			}
		}
		if _, place := s.withoutLine(string(there.Notes)); place >= 0 {
			return there, nil
		}
	}
	return newest, nil
}

// unshipped are packages without a shipment that are not of another parcel.
func (s *shipping) unshipped(order inventory.SalesOrder) []inventory.Package {
	siblings := squashed(s.p.record.GetSiblingTrackingNumbers())
	return slices.DeleteFunc(slices.Clone(order.Packages), func(p inventory.Package) bool {
		return p.ShipmentID != "" || siblings[squash(string(p.Number))]
	})
}

// shipmentsOf are the ids of the order's shipments, the newest first: ids grow, and in
// which order Zoho lists packages nobody tells.
func shipmentsOf(order inventory.SalesOrder) []inventory.Text {
	var ids []inventory.Text
	for _, p := range order.Packages {
		if p.ShipmentID != "" && !slices.Contains(ids, p.ShipmentID) {
			ids = append(ids, p.ShipmentID)
		}
	}
	slices.SortFunc(ids, func(a, b inventory.Text) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(b, a))
	})
	return ids
}

// furtherNumber begins a line of notes that has the number of a further parcel, after
// its carrier.
const furtherNumber = "Further tracking number: "

// noted are notes with the number of the parcel on a line of its own.
func (s *shipping) noted(notes string) string {
	line := furtherNumber + strings.Join(strings.Fields(s.p.carrier+" "+s.p.number), " ")
	rest, place := s.withoutLine(notes)
	lines := []string{line}
	if rest != "" {
		lines = slices.Insert(strings.Split(rest, "\n"), max(place, 0), line)
		if place < 0 {
			lines = append(strings.Split(rest, "\n"), line)
		}
	}
	return strings.Join(lines, "\n")
}

// withoutLine are notes without the number of the parcel, and the place that its line
// had, -1 for none.
func (s *shipping) withoutLine(notes string) (rest string, place int) {
	lines := strings.Split(notes, "\n")
	place = slices.IndexFunc(lines, func(line string) bool {
		words := strings.Fields(line)
		return strings.HasPrefix(line, furtherNumber) && squash(words[len(words)-1]) == s.p.number
	})
	if place >= 0 {
		lines = slices.Delete(lines, place, place+1)
	}
	return strings.Join(lines, "\n"), place
}

// mostSearched is how many shipments of an order are searched for a number.
const mostSearched = 10

// mayBeNoted says that an earlier send noted the number, or may have if it told nothing: a
// parcel whose contents are known never is, but those of now may not be those of then.
func (s *shipping) mayBeNoted() bool {
	return s.kept.Noted || s.mayHaveArrived() && (s.p.digest == "" || s.delivery.Revision > 1)
}

// leaveNotes takes the number out of the notes before the parcel gets a shipment of its own.
func (s *shipping) leaveNotes(ctx context.Context, order inventory.SalesOrder) error {
	if !s.mayBeNoted() {
		return nil
	}
	_, err := s.unnote(ctx, order)
	return err
}

// unnote takes the number of the parcel out of the notes that it is in: those of the
// remote id, or those of any shipment if that does not tell.
func (s *shipping) unnote(ctx context.Context, order inventory.SalesOrder) (id string, err error) {
	shipments := shipmentsOf(order)
	if known := inventory.Text(s.remoteID()); s.kept.Noted && slices.Contains(shipments, known) {
		shipments = []inventory.Text{known}
	}
	for _, id := range shipments[:min(len(shipments), mostSearched)] {
		there, err := s.readShipment(ctx, id)
		if err != nil {
			return "", err
		}
		rest, place := s.withoutLine(string(there.Notes))
		if place < 0 {
			continue
		}
		body := there.Body()
		body.Notes = &rest
		return string(id), s.rewrite(ctx, order, there, body)
	}
	return "", nil
}

// furtherNumbers are the numbers of other parcels that notes have.
func furtherNumbers(notes string) []string {
	var numbers []string
	for line := range strings.SplitSeq(notes, "\n") {
		if number, ok := strings.CutPrefix(line, furtherNumber); ok {
			numbers = append(numbers, number)
		}
	}
	return numbers
}
