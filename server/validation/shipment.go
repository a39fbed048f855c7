package validation

import (
	"fmt"
	"strings"
	"unicode"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/fault"
)

// Shipment checks what the rules of its proto cannot say: codes that ISO
// assigns, days that exist, order ids and tracking numbers that are more than
// spaces. The shipment keeps the rules of its proto. Paths begin with prefix; a
// list that is too long for an error is cut. Parcels that share a number are not
// judged here: intake joins them.
func Shipment(shipment *commercev1.Shipment, prefix string) []fault.Violation {
	c := &checker{}
	c.orderID(prefix+".order_id", shipment.GetOrderId())
	c.country(prefix+".destination.country_code", shipment.GetDestination().GetCountryCode())
	for i, parcel := range shipment.GetParcels() {
		if NumberKey(parcel.GetTrackingNumber()) == "" {
			c.add(fmt.Sprintf("%s.parcels[%d].tracking_number", prefix, i), "must be more than spaces")
		}
		if parcel.GetShipDate() != "" {
			c.date(fmt.Sprintf("%s.parcels[%d].ship_date", prefix, i), parcel.GetShipDate())
		}
	}
	return bounded(c.violations, prefix)
}

// NumberKey returns a tracking number as numbers are compared: without spaces and
// invisible characters, in upper case.
func NumberKey(number string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Z, unicode.C) {
			return -1
		}
		return r
	}, number))
}
