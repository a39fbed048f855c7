package aftership

import (
	"slices"
	"strings"
)

// differing names, in the generation's words, the facts we send that a tracking
// at AfterShip does not have. What we do not send is not compared.
func (g generation) differing(sent facts, there remoteTracking) []string {
	var names []string
	compare := func(name, ours, theirs string) {
		if ours != "" && ours != theirs {
			names = append(names, name)
		}
	}
	compare("slug", sent.slug, there.slug)
	compare("order_id", sent.orderID, there.orderID)
	compare("order_number", sent.orderNumber, there.orderNumber)
	if shown, ok := shownDate(there.shipDate); sent.shipDate.known() && (!ok || shown != sent.shipDate) {
		names = append(names, "tracking_ship_date")
	}
	compare(g.countries[0], sent.country, there.country)
	compare("custom_fields.order_source", sent.orderSource, there.orderSource)
	compare("custom_fields.uploaded_by", uploadedBy, there.uploadedBy)
	if !sent.contact.among(there) {
		name := "customers"
		if !g.customers {
			name = "customer_name, emails, smses"
		}
		names = append(names, name)
	}
	return names
}

// among says that what is known of the recipient is known there too.
func (c contact) among(there remoteTracking) bool {
	has := func(list []string, value string) bool {
		return value == "" || slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, value) })
	}
	return has(there.names, c.name) && has(there.emails, c.email) && has(there.phones, c.phone)
}
