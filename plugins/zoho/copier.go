package zoho

import (
	"cmp"
	"net/url"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// Copier copies the orders and forwards the tracking numbers of one connection. It is
// safe for concurrent use.
type Copier struct {
	env     sdk.Env
	rules   rules
	client  *inventory.Client
	centre  inventory.DataCentre
	account string
	clock   sdk.Clock
	shared  *shared
}

// newCopier makes the copier of a connection. It calls nobody.
func newCopier(env sdk.Env, s Settings, all *shared) (*Copier, error) {
	read, err := s.withDefaults().read()
	if err != nil {
		return nil, err
	}
	c := &Copier{rules: read, clock: env.Clock, shared: all, centre: all.centre(read.Settings)}
	if c.clock == nil {
		c.clock = sdk.SystemClock()
	}
	c.account = accountID(c.centre.API, read.Organisation)
	env.AccountID = c.account // The governor is the organisation's, also before the first test.
	c.env = env
	c.client = &inventory.Client{
		Base: c.centre.API, Organisation: read.Organisation, Agent: "spurline-zoho/" + Version,
		Tokens:   env.OAuth(c.tokens()),
		Governor: c.governor(),
	}
	return c, nil
}

// centre is the data centre of a connection, with the addresses of its settings.
func (s *shared) centre(settings Settings) inventory.DataCentre {
	var centre inventory.DataCentre
	for _, known := range s.centres {
		if known.Name == cmp.Or(settings.DataCentre, "us") {
			centre = known
		}
	}
	if settings.APIBase != "" {
		centre.API, centre.Accounts, centre.Web = settings.APIBase, settings.APIBase, ""
	}
	if settings.AccountsBase != "" {
		centre.Accounts = settings.AccountsBase
	}
	return centre
}

// accountID names what Zoho limits and blocks: the organisation in its data centre.
func accountID(api, organisation string) string {
	host := api
	if address, err := url.Parse(api); err == nil {
		host = address.Host + address.EscapedPath() // Two proxies of one host are two accounts.
	}
	return host + "/" + organisation
}

// Bounds on requests for tokens: Zoho takes 10 in 10 minutes and prolongs the block on
// more (section 1.3).
const (
	mostTokens  = 8
	tokenWindow = 10 * time.Minute
)

func (c *Copier) tokens() sdk.OAuthSettings {
	return sdk.OAuthSettings{
		TokenURL: c.centre.Accounts + "/oauth/v2/token",
		ClientID: c.rules.ClientID, ClientSecret: c.rules.ClientSecret, RefreshToken: c.rules.RefreshToken,
		Scheme: "Zoho-oauthtoken", MostRequests: mostTokens, Window: tokenWindow,
	}
}

// longestTurn is how long a call waits for its turn: long enough for a record that was
// begun to be brought to its end.
const longestTurn = 25 * time.Second

// page is where a human sees a sales order, empty if the address is not known. The form
// of the address was seen in browsers; no document tells it.
func (c *Copier) page(id string) string {
	if c.centre.Web == "" || id == "" {
		return ""
	}
	return c.centre.Web + "/app/" + c.rules.Organisation + "#/salesorders/" + url.PathEscape(id)
}

func (c *Copier) key(name string) ofAccount { return ofAccount{c.account, name} }
