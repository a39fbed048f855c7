package aftership

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
)

// defaultBaseURL is where AfterShip is.
const defaultBaseURL = "https://api.aftership.com"

// Settings are what a merchant enters for a connection.
//
//nolint:lll // A struct tag is one line.
type Settings struct {
	APIKey              sdk.Secret `setting:"api_key" required:"true" title:"API key" help:"The key that AfterShip shows once under Settings > API after Generate. It must be of the kind API key, not AES or RSA." pattern:"[!-~]{4,512}"`
	Generation          string     `setting:"api_generation" title:"API version" help:"Version of the AfterShip API. Keys made for the legacy API only work with v4." default:"2026-07" choices:"2026-07,2026-01,2025-07,2025-04,2025-01,2024-10,2024-07,2024-04,2024-01,2023-10,v4=v4 (legacy)"`
	CourierSlugs        string     `setting:"courier_slugs" title:"Couriers by carrier" help:"Which AfterShip courier a carrier of the warehouse is, as Carrier=slug, one a line or separated by commas, for example: UPS=ups, Deutsche Post=deutsch-post. Carriers are compared without regard to case. For all others AfterShip detects the courier from the number."`
	SendCustomerContact bool       `setting:"send_customer_contact" title:"Send the customer's contact" help:"Also send the customer's name, e-mail address, phone number and language and the order number. While this is off, AfterShip cannot notify customers by itself." default:"false"`
	UpdateExisting      bool       `setting:"update_existing" title:"Update what is there" help:"Also write our facts to a tracking that somebody else made at AfterShip. While this is off, such a tracking is left as it is." default:"false"`
	BaseURL             string     `setting:"base_url" kind:"url" title:"Address" help:"Address of the AfterShip API. Only tests and proxies change it." default:"https://api.aftership.com"`
}

// Forwarder forwards tracking numbers of one connection. It is safe for
// concurrent use.
type Forwarder struct {
	client         *client
	slugs          courierSlugs
	sendContact    bool
	updateExisting bool
}

// newForwarder makes the forwarder of a connection; the gates are shared by all
// connections of the process.
func newForwarder(env sdk.Env, s Settings, shared *gates) (*Forwarder, error) {
	// A setting that was emptied means its default.
	var faults sdk.Faults
	g, ok := findGeneration(cmp.Or(s.Generation, defaultGeneration))
	if !ok {
		faults.Add("api_generation", fmt.Errorf("there is no version %q", s.Generation))
	}
	slugs, err := parseSlugs(s.CourierSlugs)
	faults.Add("courier_slugs", err)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return &Forwarder{
		client: &client{
			http:       env.HTTP,
			generation: g,
			base:       strings.TrimRight(cmp.Or(s.BaseURL, defaultBaseURL), "/"),
			key:        s.APIKey,
			account:    accountID(s.APIKey.Reveal()),
			gates:      shared,
		},
		slugs:          slugs,
		sendContact:    s.SendCustomerContact,
		updateExisting: s.UpdateExisting,
	}, nil
}
