package zoho

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// What stands in a preview for ids that Zoho has to be asked for.
const (
	someOrder    = "SALESORDER_ID"
	somePackage  = "PACKAGE_ID"
	someShipment = "SHIPMENT_ID"
)

// PreviewTracking shows the package and the shipment that ForwardTracking would send. It
// calls nobody, so ids and lines of Zoho have words in their place.
func (c *Copier) PreviewTracking(d *sdk.TrackingDelivery) (sdk.Preview, error) {
	s := c.shipping(d)
	sent := s.remoteID() != "" || s.kept.Made || s.kept.Noted || s.mayHaveArrived()
	switch {
	case s.p.voided() && !sent:
		return sdk.Preview{Notes: []string{"Nothing is sent: the parcel was voided before it was sent."}}, nil
	case s.p.number == "":
		return sdk.Preview{Notes: []string{"Nothing is sent: the tracking number is blank."}}, nil
	case s.p.voided():
		return s.previewWithdrawal(), nil
	}
	notes := []string{"The sales order " + s.orderNumber() + " is looked for first, with its packages."}
	if s.mayHaveArrived() {
		notes = append(notes, "An earlier send may have arrived: what is there already is not made again.")
	}
	for _, warning := range s.warnings {
		notes = append(notes, warning+".")
	}
	if s.kept.Made && s.remoteID() != "" {
		if s.p.digest != "" && s.p.digest != s.kept.Contents {
			notes = append(notes, "The contents changed: the package and the shipment are deleted and made anew, if Zoho "+
				"lets go of them.")
		} else {
			return s.previewed([]inventory.Call{s.previewUpdate()}, append(notes, "The shipment is read first, and written "+
				"only if a fact differs; what it has besides stays.")), nil
		}
	}
	calls, more := s.previewNew()
	return s.previewed(calls, append(notes, more...)), nil
}

// previewed shows calls. The token goes with each of them.
func (s *shipping) previewed(calls []inventory.Call, notes []string) sdk.Preview {
	var all sdk.Preview
	for _, call := range calls {
		one := s.c.previewed(call, notes...)
		all.Requests, all.Notes = append(all.Requests, one.Requests...), one.Notes
	}
	return all
}

func (s *shipping) previewWithdrawal() sdk.Preview {
	switch {
	case s.kept.Noted:
		return s.previewed([]inventory.Call{inventory.ReadShipment(cmp.Or(s.remoteID(), someShipment))}, []string{
			"The parcel was voided: its number is taken out of the notes of this shipment.",
		})
	case s.kept.Made && s.remoteID() != "":
		calls := []inventory.Call{inventory.DeleteShipment(s.remoteID())}
		if s.kept.Package != "" {
			calls = append(calls, inventory.DeletePackage(s.kept.Package))
		}
		return s.previewed(calls, []string{"The parcel was voided: its shipment and its package are looked for and deleted."})
	default:
		return s.previewed([]inventory.Call{inventory.ReadOrder(cmp.Or(s.kept.Order, someOrder))}, []string{
			"The parcel was voided: its shipment and its package are deleted if Spurline made them.",
		})
	}
}

// previewDate is the date as far as nobody is asked for the organisation's time zone.
func (s *shipping) previewDate() string {
	at := s.delivery.CreateTime
	if at.IsZero() {
		at = s.c.clock.Now()
	}
	return cmp.Or(s.p.shipped, at.UTC().Format(time.DateOnly))
}

func (s *shipping) previewUpdate() inventory.Call {
	return inventory.UpdateShipment(s.remoteID(), cmp.Or(s.kept.Order, someOrder),
		[]string{cmp.Or(s.kept.Package, somePackage)}, s.shipmentBody(s.previewDate()))
}

// previewNew are the calls that make a package and its shipment.
func (s *shipping) previewNew() (calls []inventory.Call, notes []string) {
	body := inventory.PackageBody{Number: s.p.number, Date: s.previewDate()}
	for _, c := range s.p.contents {
		body.Lines = append(body.Lines, previewLine(c.name(), decimal(c.quantity)))
	}
	for _, name := range s.p.unknown {
		notes = append(notes, "The sales order can have no line for "+name+", so the parcel would be rejected.")
	}
	if s.p.digest == "" {
		for _, line := range s.p.record.GetOrder().GetLineItems() {
			name := content{sku: line.GetSku()}.name()
			body.Lines = append(body.Lines, previewLine(name, decimal(quantityOf(line.GetQuantity()))))
		}
		notes = append(notes, fmt.Sprintf("The contents are not known: the parcel takes all that is not packed yet, but one "+
			"piece for each of the other parcels that Zoho does not have; the order has %d.",
			max(int(s.p.record.GetParcelCount()), len(s.p.record.GetSiblingTrackingNumbers())+1)-
				len(s.p.record.GetVoidedSiblingTrackingNumbers())))
	}
	order := cmp.Or(s.kept.Order, someOrder)
	calls = []inventory.Call{
		inventory.CreatePackage(order, body),
		inventory.CreateShipment(order, somePackage, s.shipmentBody(s.previewDate())),
	}
	if s.c.rules.MarkDelivered {
		calls = append(calls, inventory.MarkDelivered(someShipment))
	}
	return calls, append(notes, "A sales order that is not confirmed yet is confirmed first.")
}

func previewLine(name, quantity string) inventory.PackageLineBody {
	return inventory.PackageLineBody{OrderLineID: "<line of " + name + ">", Quantity: json.Number(quantity)}
}
