package zohotest

import (
	"net/http"
	"time"
)

// Option configures a new stand-in.
type Option func(*Server)

// WithClock replaces the clock: tokens, limits, blocks, times of records and of
// journal entries follow it.
func WithClock(now func() time.Time) Option { return func(s *Server) { s.clock = now } }

// WithOrganisations replaces the organisations. The first is the default of Org.
func WithOrganisations(organisations ...Organisation) Option {
	return func(s *Server) {
		s.organisations = nil
		for _, o := range organisations {
			s.organisations = append(s.organisations, s.organise(o))
		}
	}
}

// WithClients replaces the OAuth clients.
func WithClients(clients ...Client) Option {
	return func(s *Server) {
		s.clients = map[string]*Client{}
		for _, c := range clients {
			s.putClient(c)
		}
	}
}

// WithItems adds items to every organisation that is configured so far.
func WithItems(items ...Item) Option {
	return func(s *Server) {
		for _, o := range s.organisations {
			for _, i := range items {
				s.putItem(o, i)
			}
		}
	}
}

// WithoutLimits never refuses by itself for too many calls or tokens; they are still
// counted.
func WithoutLimits() Option { return func(s *Server) { s.unlimited = true } }

// WithRefusal replaces the answer of a rule whose code is not known.
func WithRefusal(rule Rule, status, code int) Option {
	return func(s *Server) { s.rules[rule] = Refusal{Status: status, Code: code} }
}

// WithoutRefusal takes a rule away: what it refuses is accepted.
func WithoutRefusal(rule Rule) Option { return func(s *Server) { s.rules[rule] = Refusal{} } }

// WithQuirks switches quirks on.
func WithQuirks(quirks ...Quirk) Option {
	return func(s *Server) {
		for _, q := range quirks {
			s.quirks[q] = true
		}
	}
}

// WithTokenErrorStatus has the accounts server answer an error with a status other
// than 200, which is also seen (Zoho Inventory reference, section 1.3).
func WithTokenErrorStatus(status int) Option { return func(s *Server) { s.tokenErrorStatus = status } }

// WithSearchDelay keeps a new contact out of lists for a while; about 2 s are seen
// (section 4).
func WithSearchDelay(d time.Duration) Option { return func(s *Server) { s.searchDelay = d } }

// WithTaxRounding chooses where tax is rounded.
func WithTaxRounding(r TaxRounding) Option { return func(s *Server) { s.taxRounding = r } }

// WithFieldLimit replaces the most characters of a text, for example of
// "salesorders.notes" or "contacts.billing_address.address".
func WithFieldLimit(field string, most int) Option {
	return func(s *Server) { s.fieldLimits[field] = most }
}

// WithAPIDomain replaces api_domain in the answer of the accounts server, which is
// otherwise that of the data centre (section 1.3).
func WithAPIDomain(url string) Option { return func(s *Server) { s.apiDomain = url } }

// WithWatcher has every call told: it is called with the journal entry, one at a
// time, in order. It must not call the stand-in.
func WithWatcher(watch func(Exchange)) Option { return func(s *Server) { s.watch = watch } }

// WithWriteWatcher has every write that took effect told, whatever became of its
// answer: it is called with the journal entry of each accepted POST, PUT and DELETE
// of the API, one at a time, in the order in which they took effect. It must not call
// the stand-in.
func WithWriteWatcher(watch func(Exchange)) Option {
	return func(s *Server) { s.watchWrites = watch }
}

// WithFaults asks choose at each call which fault happens, before the scripted ones;
// false is none. It is called with the method and the endpoint, for example
// "/salesorders/{id}" or TokenEndpoint, one call at a time.
func WithFaults(choose func(method, endpoint string) (Fault, bool)) Option {
	return func(s *Server) { s.script.Choose = choose }
}

// isWrite says whether a method changes something.
func isWrite(method string) bool { return method != http.MethodGet && method != http.MethodHead }
