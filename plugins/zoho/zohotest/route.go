package zohotest

import (
	"net/http"
	"net/url"
	"strings"
)

// route is one call that is served (Zoho Inventory reference, sections 3.1, 4, 5 and
// 6; scopes in section 1.4).
type route struct {
	method, endpoint string
	scope            string
	handle           func(*Server, *call) *reply
	// free calls need no organization_id.
	free bool
	// fields of the body; nil for a call without one.
	fields []field
	// filters are the query parameters that have an effect.
	filters []string
}

func routes() []route {
	return []route{
		{method: "GET", endpoint: "/organizations", scope: "settings.READ", handle: (*Server).listOrganisations, free: true},
		{
			method: "GET", endpoint: "/organizations/{id}", scope: "settings.READ",
			handle: (*Server).showOrganisation, free: true,
		},
		{method: "GET", endpoint: "/settings/currencies", scope: "settings.READ", handle: (*Server).listCurrencies},
		{method: "GET", endpoint: "/settings/taxes", scope: "settings.READ", handle: (*Server).listTaxes},

		{
			method: "GET", endpoint: "/items", scope: "items.READ", handle: (*Server).listItems,
			filters: itemFilters(),
		},
		{method: "POST", endpoint: "/items", scope: "items.CREATE", handle: (*Server).createItem, fields: itemFields()},
		{method: "GET", endpoint: "/items/{id}", scope: "items.READ", handle: (*Server).showItem},
		{
			method: "GET", endpoint: "/itemdetails", scope: "items.READ", handle: (*Server).itemDetails,
			filters: []string{"item_ids"},
		},

		{
			method: "GET", endpoint: "/contacts", scope: "contacts.READ", handle: (*Server).listContacts,
			filters: contactFilters(),
		},
		{
			method: "POST", endpoint: "/contacts", scope: "contacts.CREATE", handle: (*Server).createContact,
			fields: contactFields(),
		},
		{method: "GET", endpoint: "/contacts/{id}", scope: "contacts.READ", handle: (*Server).showContact},
		{
			method: "PUT", endpoint: "/contacts/{id}", scope: "contacts.UPDATE", handle: (*Server).updateContact,
			fields: contactFields(),
		},
		{method: "GET", endpoint: "/contacts/{id}/address", scope: "contacts.READ", handle: (*Server).listAddresses},
		{
			method: "POST", endpoint: "/contacts/{id}/address", scope: "contacts.UPDATE",
			handle: (*Server).addAddress, fields: addressFields(),
		},
		{method: "POST", endpoint: "/contacts/{id}/active", scope: "contacts.CREATE", handle: (*Server).activateContact},
		{method: "POST", endpoint: "/contacts/{id}/inactive", scope: "contacts.CREATE", handle: (*Server).retireContact},

		{
			method: "GET", endpoint: "/salesorders", scope: "salesorders.READ", handle: (*Server).listOrders,
			filters: orderFilters(),
		},
		{
			method: "POST", endpoint: "/salesorders", scope: "salesorders.CREATE", handle: (*Server).createOrder,
			fields: orderFields(), filters: []string{"ignore_auto_number_generation"},
		},
		{method: "GET", endpoint: "/salesorders/{id}", scope: "salesorders.READ", handle: (*Server).showOrder},
		{
			method: "PUT", endpoint: "/salesorders/{id}", scope: "salesorders.UPDATE", handle: (*Server).updateOrder,
			fields: orderFields(), filters: []string{"ignore_auto_number_generation"},
		},
		{
			method: "POST", endpoint: "/salesorders/{id}/status/confirmed", scope: "salesorders.CREATE",
			handle: (*Server).confirmOrder,
		},
		{
			method: "POST", endpoint: "/salesorders/{id}/status/void", scope: "salesorders.CREATE",
			handle: (*Server).voidOrder,
		},

		{method: "GET", endpoint: "/packages", scope: "packages.READ", handle: (*Server).listPackages},
		{
			method: "POST", endpoint: "/packages", scope: "packages.CREATE", handle: (*Server).createPackage,
			fields: packageFields(), filters: []string{"salesorder_id", "ignore_auto_number_generation"},
		},
		{method: "GET", endpoint: "/packages/{id}", scope: "packages.READ", handle: (*Server).showPackage},
		{method: "DELETE", endpoint: "/packages/{id}", scope: "packages.DELETE", handle: (*Server).deletePackage},

		{
			method: "POST", endpoint: "/shipmentorders", scope: "shipmentorders.CREATE",
			handle: (*Server).createShipment, fields: shipmentFields(), filters: shipmentParameters(),
		},
		{method: "GET", endpoint: "/shipmentorders/{id}", scope: "shipmentorders.READ", handle: (*Server).showShipment},
		{
			method: "PUT", endpoint: "/shipmentorders/{id}", scope: "shipmentorders.UPDATE",
			handle: (*Server).updateShipment, fields: shipmentFields(), filters: shipmentParameters(),
		},
		{
			method: "DELETE", endpoint: "/shipmentorders/{id}", scope: "shipmentorders.DELETE",
			handle: (*Server).deleteShipment,
		},
		{
			method: "POST", endpoint: "/shipmentorders/{id}/status/delivered", scope: "shipmentorders.CREATE",
			handle: (*Server).deliverShipment, fields: []field{{name: "delivered_date", undeclared: true}},
		},
	}
}

// find tells the endpoint of a path and, for a method that it has, the route.
func (s *Server) find(method, escaped string) (endpoint, argument string, found *route) {
	path, ok := strings.CutPrefix(escaped, Root)
	if !ok {
		return "", "", nil
	}
	for _, r := range s.routes {
		arg, fits := match(r.endpoint, path)
		if !fits {
			continue
		}
		endpoint, argument = r.endpoint, arg
		if r.method == method {
			return endpoint, argument, &r
		}
	}
	return endpoint, argument, nil
}

// match compares a path with a pattern that has at most one "{id}".
func match(pattern, path string) (argument string, fits bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return "", false
	}
	for i := range want {
		if want[i] != "{id}" {
			if want[i] != got[i] {
				return "", false
			}
			continue
		}
		part, err := url.PathUnescape(got[i])
		if err != nil || part == "" {
			return "", false
		}
		argument = part
	}
	return argument, true
}

// takesBody says whether a method carries one.
func takesBody(method string) bool { return method == http.MethodPost || method == http.MethodPut }
