package app_test

import (
	"fmt"
	"maps"
	"math/big"
	"strings"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// checkBooks checks that the merchant's organisation at Zoho has each order once, with
// the facts of its last revision, each parcel that was not voided once, and nothing
// else (promises P2 and P3).
func (w *crashWorld) checkBooks(c *customer) {
	w.t.Helper()
	if c.books == nil {
		return
	}
	organisation := c.books.Org(c.organisation())
	there := map[string][]zohotest.Order{}
	for _, order := range organisation.Orders() {
		there[order.Reference] = append(there[order.Reference], order)
	}
	ends := w.orderEnds(c)
	ids := map[string]string{}
	for _, o := range c.orders {
		found := there[o.id]
		delete(there, o.id)
		skipped := o.cancelled && stateOf(ends[o.id]) == "SKIPPED"
		switch {
		case skipped && len(found) == 0:
		case skipped || len(found) != 1:
			w.t.Errorf("promise P3: %s is at Zoho %d times: %v", o.id, len(found), ends[o.id])
		default:
			ids[o.id] = found[0].ID
			w.checkSalesOrder(o, found[0])
		}
	}
	for id := range there {
		w.t.Errorf("promise P3: %s is at Zoho and was never submitted", id)
	}
	w.checkContacts(c, organisation)
	w.checkPackages(c, organisation, ids)
}

// orderEnds are the last deliveries of the orders, each of which made one for each of
// its revisions and ended as it has to.
func (w *crashWorld) orderEnds(c *customer) map[string]*apiv1.Delivery {
	w.t.Helper()
	ends, made := map[string]*apiv1.Delivery{}, map[string]uint64{}
	for _, d := range w.deliveriesOf(c) {
		if d.GetKind() != apiv1.RecordKind_RECORD_KIND_ORDER || !strings.HasSuffix(d.GetConnection(), "/zoho") {
			continue
		}
		made[d.GetOrderId()]++
		if ends[d.GetOrderId()].GetRevision() < d.GetRevision() {
			ends[d.GetOrderId()] = d
		}
	}
	for _, o := range c.orders {
		d := ends[o.id]
		switch {
		case d.GetRevision() != o.revision || made[o.id] != o.revision:
			w.t.Errorf("promise P2: %s was acknowledged in revision %d, its last delivery of %d is of %d",
				o.id, o.revision, made[o.id], d.GetRevision())
		case !o.endsInBooks(stateOf(d)):
			w.t.Errorf("promise P3: %s ended %s (%s: %s)", o.id, stateOf(d), d.GetReason(), d.GetHint())
		}
	}
	return ends
}

func (w *crashWorld) checkSalesOrder(o *soldOrder, there zohotest.Order) {
	w.t.Helper()
	if there.Void != o.cancelled {
		w.t.Errorf("promise P3: %s is %s, cancelled: %v", o.id, there.Status, o.cancelled)
	}
	if o.cancelled {
		return // It has the facts that it had when it was void.
	}
	quantities := map[string]int64{}
	for _, line := range o.lines() {
		quantities[line.sku] = line.quantity
	}
	have := map[string]int64{}
	for _, line := range there.Lines {
		have[line.SKU] += wholeOf(line.Quantity)
	}
	facts := []struct {
		name       string
		have, want any
	}{
		{"number", there.Number, o.id},
		{"confirmed", there.Confirmed, true},
		{"lines", fmt.Sprint(len(there.Lines), have), fmt.Sprint(len(o.lines()), quantities)},
		{"total", rational(there.Total).FloatString(4), big.NewRat(o.total(), 100).FloatString(4)},
		{"currency", there.Currency, o.currency()},
		{"notes", there.Notes, fmt.Sprintf("Internal: version %d\nOrder source: %s", o.version, cart(o.facts))},
		{"method", there.DeliveryMethod, fmt.Sprintf("method %d", o.edits)},
		{"country", there.Shipping.Country, crashCountryNames[o.facts%len(crashCountryNames)]},
	}
	for _, fact := range facts {
		if fact.have != fact.want {
			w.t.Errorf("promise P3: %s: %s is %v, want %v", o.id, fact.name, fact.have, fact.want)
		}
	}
}

// crashCountryNames are crashCountries as Zoho has them.
var crashCountryNames = []string{"Germany", "France", "United States"}

// rational reads a number of the stand-in.
func rational(d zohotest.Decimal) *big.Rat {
	r, ok := new(big.Rat).SetString(string(d))
	if !ok {
		return new(big.Rat)
	}
	return r
}

func wholeOf(d zohotest.Decimal) int64 {
	r := rational(d)
	if !r.IsInt() {
		return -1
	}
	return r.Num().Int64()
}

// checkContacts checks that no customer is there twice, and that each is of an order.
func (w *crashWorld) checkContacts(c *customer, organisation zohotest.Org) {
	w.t.Helper()
	known := map[string]bool{}
	for _, o := range c.orders {
		known[o.buyer()+" "+o.currency()] = true
	}
	seen := map[string]bool{}
	for _, contact := range organisation.Contacts() {
		who := contact.Persons[0].Email + " " + contact.CurrencyCode
		if seen[who] || !known[who] {
			w.t.Errorf("promise P3: %s is a customer of %s twice, or was never submitted", who, c.name)
		}
		seen[who] = true
	}
}

// checkPackages checks that each parcel that was not voided has one package with one
// shipment. Ids are those of the sales orders.
func (w *crashWorld) checkPackages(c *customer, organisation zohotest.Org, ids map[string]string) {
	w.t.Helper()
	shipments := map[string][]zohotest.Shipment{}
	for _, s := range organisation.Shipments() {
		shipments[s.TrackingNumber] = append(shipments[s.TrackingNumber], s)
	}
	packages := map[string]zohotest.Package{}
	for _, p := range organisation.Packages() {
		packages[p.ID] = p
	}
	for _, p := range c.parcels {
		found := shipments[p.number]
		delete(shipments, p.number)
		switch {
		case p.voided && len(found) == 0:
			continue
		case p.voided || len(found) != 1 || len(found[0].PackageIDs) != 1:
			w.t.Errorf("promise P3: %s has the shipments %+v, voided: %v", p.number, found, p.voided)
			continue
		}
		of := packages[found[0].PackageIDs[0]]
		delete(packages, of.ID)
		have := map[string]int64{}
		for _, line := range of.Lines {
			have[line.SKU] += wholeOf(line.Quantity)
		}
		order := ids[p.order.id]
		if found[0].OrderID != order || of.OrderID != order || found[0].Date != shipDay(p.content) ||
			found[0].DeliveryMethod != p.carrier || !maps.Equal(have, p.packed()) {
			w.t.Errorf("promise P3: %s has the shipment %+v and the package %+v, want %s of sales order %s, %s, with %v",
				p.number, found[0], of, shipDay(p.content), order, p.carrier, p.packed())
		}
	}
	for number := range shipments {
		w.t.Errorf("promise P3: %s is shipped and was never submitted", number)
	}
	for _, p := range packages {
		w.t.Errorf("promise P3: the package %s is there without a parcel", p.Number)
	}
}

// reportBooks tells what went on at Zoho.
func (w *crashWorld) reportBooks() {
	w.t.Helper()
	requests, faults := map[string]int{}, map[string]int{}
	tired := 0
	for _, b := range w.books {
		add(requests, b.requests)
		add(faults, b.misbehaviour.faults)
		tired += b.tired
	}
	if len(w.books) == 0 {
		return
	}
	w.t.Logf("requests at Zoho: %s; tokens ended %d times, orders void by hand: %d", listed(requests), tired,
		w.voidsByHand)
	w.t.Logf("faults of Zoho: %s", listed(faults))
}
