package inventory

import (
	"net/http"
	"net/url"
)

// Organisation is one that the user of the token belongs to.
type Organisation struct {
	ID       Text `json:"organization_id"`
	Name     Text `json:"name"`
	Plan     Text `json:"plan_name"`
	TimeZone Text `json:"time_zone"`
	Currency Text `json:"currency_code"`
}

// Currency is one that is active in the organisation.
type Currency struct {
	ID   Text `json:"currency_id"`
	Code Text `json:"currency_code"`
}

// ListOrganisations lists those of the user (section 1.2).
func ListOrganisations() Call {
	return Call{Endpoint: read("settings.READ", "list organisations"), Path: "/organizations"}
}

// Organisations are those of an answer.
func (e Envelope) Organisations() []Organisation {
	return list[Organisation](e, "organizations", "organization")
}

// ListCurrencies lists the currencies (section 4).
func ListCurrencies() Call {
	return Call{Endpoint: read("settings.READ", "list currencies"), Path: "/settings/currencies"}
}

// Currencies are those of an answer.
func (e Envelope) Currencies() []Currency { return list[Currency](e, "currencies", "currency") }

// read is an endpoint that changes nothing.
func read(scope, does string) Endpoint {
	return Endpoint{Method: http.MethodGet, Scope: scope, Does: does}
}

// write is an endpoint that changes something.
func write(method, scope, does string) Endpoint {
	return Endpoint{Method: method, Scope: scope, Does: does}
}

// writeRecord is an endpoint that writes the record itself.
func writeRecord(method, scope, does string) Endpoint {
	return Endpoint{Method: method, Scope: scope, Does: does, Record: true}
}

// Probes are calls that read one row of each list that the plugin needs.
func Probes() []Call {
	row := url.Values{"page": {"1"}, "per_page": {"1"}}
	return []Call{
		{Endpoint: read("salesorders.READ", "read sales orders"), Path: "/salesorders", Query: row},
		{Endpoint: read("contacts.READ", "read customers"), Path: "/contacts", Query: row},
		{Endpoint: read("items.READ", "read items"), Path: "/items", Query: row},
		{Endpoint: read("packages.READ", "read packages"), Path: "/packages", Query: row},
	}
}
