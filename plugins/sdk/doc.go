// Package sdk is the kit to write Spurline plugins with. A plugin is a program
// that brings copies of orders or tracking records to one extra interface. Its
// main is one call:
//
//	type settings struct {
//		Key sdk.Secret `setting:"api_key" title:"API key" required:"true"`
//	}
//	type acme struct{ env sdk.Env; key sdk.Secret }
//
//	func (a *acme) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result { … }
//
//	func main() {
//		sdk.Main(sdk.Plugin[settings, *acme]{
//			Name: "acme", Version: "1.0.0", Title: "Acme",
//			New: func(env sdk.Env, s settings) (*acme, error) { return &acme{env, s.Key}, nil },
//		})
//	}
//
// The kit does what plugins have in common: the handshake with the host, the
// streams of results, one instance per connection, the limit of deliveries in
// flight, deadlines, the masking of secrets, the end of the process. The plugin
// makes requests and names outcomes. It never guesses: what may have arrived is
// Unknown, what certainly did not is Retry.
//
// # Settings
//
// The struct of settings has fields of type string, bool, int and Secret, with
// these tags:
//
//	setting   the name, snake_case; "-" for a field that is no setting
//	title     the name as shown; required
//	help      what it is for and where to find the value
//	kind      "choice" or "url" for a string; otherwise the type says it
//	choices   "a=Title A,b=Title B"; makes a string a choice
//	default   the value if none is given; not for a Secret
//	required  "true" if a connection needs a value and there is no default
//	pattern   an RE2 pattern of the whole value, not for bools and choices; the
//	          range of an int is one, such as "[1-9][0-9]?|100"
//
// What is none of this is a fault of the declaration, so that no field is left out
// for a typo. What the tags cannot say New says, with an error of type Faults.
//
// Package plugintest runs a plugin in a test as the host would.
package sdk
