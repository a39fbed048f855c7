package validation

import (
	"strconv"
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
	c.orderID(shipment.GetOrderId(), prefix, ".order_id")
	c.country(shipment.GetDestination().GetCountryCode(), prefix, ".destination.country_code")
	for i, parcel := range shipment.GetParcels() {
		if NumberKey(parcel.GetTrackingNumber()) == "" {
			c.add("must be more than spaces", prefix, ".parcels[", strconv.Itoa(i), "].tracking_number")
		}
		c.date(parcel.GetShipDate(), prefix, ".parcels[", strconv.Itoa(i), "].ship_date")
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
