package zoho

import (
	"math/big"
	"slices"
	"strings"
	"time"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// parcelFacts are what a package and its shipment are made of, as far as nobody has to be
// asked.
type parcelFacts struct {
	record *pluginv1.TrackingRecord
	// tracking is the tracking number as submitted.
	tracking string
	// number is that of our package and shipment: the tracking number as it is compared.
	// It follows from the record alone, so that a package is found again by it.
	number string
	// carrier is empty if it is not known.
	carrier string
	// shipped is the calendar date, empty if none was submitted.
	shipped string
	// contents are what is in it, by SKU; none if that is not known.
	contents []content
	// unknown names contents that are no line of the order.
	unknown []string
	// digest names the contents, empty if they are not known.
	digest string
	// notes go into the shipment that is made.
	notes string
	// warnings are facts that cannot go.
	warnings []string
}

// content is a quantity of one of the shop's SKUs, empty for lines without one.
type content struct {
	sku      string
	quantity *big.Rat
}

// name is how a content is named to humans.
func (c content) name() string {
	if c.sku == "" {
		return "a line without a SKU"
	}
	return c.sku
}

// gatherParcel reads the facts of a parcel. A number of blanks only is none.
func gatherParcel(record *pluginv1.TrackingRecord) parcelFacts {
	of := record.GetParcel()
	p := parcelFacts{
		record: record, tracking: strings.TrimSpace(of.GetTrackingNumber()), number: squash(of.GetTrackingNumber()),
		carrier: strings.TrimSpace(of.GetCarrier()), shipped: strings.TrimSpace(of.GetShipDate()),
	}
	if _, err := time.Parse(time.DateOnly, p.shipped); p.shipped != "" && err != nil {
		p.shipped = ""
		p.warnings = append(p.warnings, "the ship date of the parcel is no date, so that of its acceptance was taken")
	}
	for _, item := range of.GetContents() {
		p.add(item, record.GetOrder().GetLineItems())
	}
	if len(p.contents)+len(p.unknown) > 0 {
		parts := slices.Clone(p.unknown)
		for _, c := range p.contents {
			parts = append(parts, c.sku+"\x01"+c.quantity.RatString())
		}
		slices.Sort(parts)
		p.digest = digest(parts...)
	}
	return p
}

// add notes one item of the contents: those of one SKU are added up, and a quantity of
// zero is nothing.
func (p *parcelFacts) add(item *commercev1.ParcelItem, lines []*commercev1.LineItem) {
	quantity := quantityOf(item.GetQuantity())
	if quantity.Sign() <= 0 {
		return
	}
	sku, known := item.GetSku(), item.GetSku() != ""
	if id := item.GetLineId(); id != "" {
		at := slices.IndexFunc(lines, func(line *commercev1.LineItem) bool { return line.GetLineId() == id })
		switch {
		case at >= 0 && (lines[at].GetSku() != "" || !known):
			sku, known = lines[at].GetSku(), true
		case at < 0 && !known:
			p.unknown = append(p.unknown, "line "+id)
			return
		}
	}
	if !known {
		p.unknown = append(p.unknown, "an item without line and SKU")
		return
	}
	at := slices.IndexFunc(p.contents, func(c content) bool { return c.sku == sku })
	if at < 0 {
		p.contents = append(p.contents, content{sku, new(big.Rat)})
		at = len(p.contents) - 1
	}
	p.contents[at].quantity.Add(p.contents[at].quantity, quantity)
}

// voided says that the parcel's label was voided.
func (p parcelFacts) voided() bool {
	return p.record.GetParcel().GetStatus() == commercev1.ParcelStatus_PARCEL_STATUS_VOIDED
}

// squash is the form in which tracking numbers are compared: without spaces and case.
func squash(number string) string { return strings.ToUpper(strings.Join(strings.Fields(number), "")) }
