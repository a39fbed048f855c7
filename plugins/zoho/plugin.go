package zoho

import (
	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Version of the plugin.
const Version = "0.1.0"

// Plugin declares the plugin. Every call makes one with caches of its own, so a
// process calls it once.
func Plugin() sdk.Plugin[Settings, *Copier] { return plugin(inventory.DataCentres()) }

func plugin(centres []inventory.DataCentre) sdk.Plugin[Settings, *Copier] {
	shared := newShared(centres)
	return sdk.Plugin[Settings, *Copier]{
		Name:    "zoho",
		Version: Version,
		Title:   "Zoho Inventory",
		SetupSteps: []string{
			"In Zoho Inventory, maintain all your active products as items, each with the SKU that your shop uses.",
			"In Zoho Inventory, open Settings > Organization Profile and copy the organization ID to organization_id.",
			"Choose the data_center that the address of Zoho Inventory in your browser ends with.",
			"Open the API console of Zoho accounts in the same data center (for the US: api-console.zoho.com), add a " +
				"Self Client, and copy its client id and client secret.",
			"There, under Generate Code, enter these scopes, with a duration of 10 minutes: " + scopes,
			"Within these minutes, exchange the code for a refresh token at the accounts server of the data center " +
				"(US: accounts.zoho.com, EU: accounts.zoho.eu, Canada: accounts.zohocloud.ca, others alike), for example by: " +
				"curl https://accounts.zoho.com/oauth/v2/token -d grant_type=authorization_code -d client_id=... " +
				"-d client_secret=... -d code=... and enter the refresh_token that it answers.",
			"Here, make a connection of the merchant to the plugin zoho with these values.",
			"Test the connection: the test names the organization and its calls a day.",
		},
		JoinedFacts: []sdk.JoinedFact{
			{Fact: pluginv1.OrderFact_ORDER_FACT_ORDER_NUMBER},
			{Fact: pluginv1.OrderFact_ORDER_FACT_LINE_ITEMS},
		},
		// Zoho allows 100 calls a minute and a record takes three or so; the governor
		// counts the calls themselves (section 8).
		Pace: sdk.Pace{RequestsPerSecond: 0.5, Burst: 4, Concurrency: 2, BatchRecords: 10},
		// Packages of an order take from the same lines, and an order comes before them.
		Scope: pluginv1.OrderingScope_ORDERING_SCOPE_ORDER,
		// Sales order numbers are unique, packages are listed with their order.
		Idempotency: pluginv1.Idempotency_IDEMPOTENCY_LOOKUP,
		New: func(env sdk.Env, s Settings) (*Copier, error) {
			return newCopier(env, s, shared)
		},
	}
}

// scopes are what the refresh token is made with (section 1.4).
const scopes = "ZohoInventory.salesorders.CREATE,ZohoInventory.salesorders.READ,ZohoInventory.salesorders.UPDATE," +
	"ZohoInventory.contacts.CREATE,ZohoInventory.contacts.READ,ZohoInventory.contacts.UPDATE," +
	"ZohoInventory.items.READ,ZohoInventory.settings.READ," +
	"ZohoInventory.packages.CREATE,ZohoInventory.packages.READ,ZohoInventory.packages.DELETE," +
	"ZohoInventory.shipmentorders.CREATE,ZohoInventory.shipmentorders.READ," +
	"ZohoInventory.shipmentorders.UPDATE,ZohoInventory.shipmentorders.DELETE"

var (
	_ sdk.OrderCopier       = (*Copier)(nil)
	_ sdk.OrderPreviewer    = (*Copier)(nil)
	_ sdk.TrackingForwarder = (*Copier)(nil)
	_ sdk.TrackingPreviewer = (*Copier)(nil)
	_ sdk.Checker           = (*Copier)(nil)
)
