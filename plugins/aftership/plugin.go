package aftership

import (
	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Version of the plugin.
const Version = "0.1.0"

// Plugin declares the plugin. Every call makes one with rate limits of its own,
// so a process calls it once.
func Plugin() sdk.Plugin[Settings, *Forwarder] {
	return plugin(newGates())
}

func plugin(shared *gates) sdk.Plugin[Settings, *Forwarder] {
	const contact = "send_customer_contact"
	return sdk.Plugin[Settings, *Forwarder]{
		Name:    "aftership",
		Version: Version,
		Title:   "AfterShip",
		SetupSteps: []string{
			"Sign up at AfterShip (a free plan may do), or log in.",
			"In AfterShip, open Settings > API.",
			"Enter a description, for example CartRover, and click Generate.",
			"Copy the API key: AfterShip shows it only once.",
			"Here, make a connection of the merchant to the plugin aftership and enter the key as api_key.",
			"Decide on send_customer_contact: while it is off, AfterShip cannot notify customers by itself.",
			"In AfterShip, enable the couriers you ship with under Couriers, or name them in courier_slugs.",
			"Test the connection.",
		},
		JoinedFacts: []sdk.JoinedFact{
			{Fact: pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE},
			{Fact: pluginv1.OrderFact_ORDER_FACT_DESTINATION_COUNTRY},
			{Fact: pluginv1.OrderFact_ORDER_FACT_CUSTOMER, WhenSetting: contact},
			{Fact: pluginv1.OrderFact_ORDER_FACT_ORDER_NUMBER, WhenSetting: contact},
		},
		// Half of what AfterShip documents for creating, since a plan may allow less
		// and the merchant's other programs share it (AfterShip API reference,
		// section 8).
		Pace: sdk.Pace{RequestsPerSecond: 8, Burst: 8, Concurrency: 8, BatchRecords: 50},
		// A number is one tracking there; orders share nothing.
		Scope: pluginv1.OrderingScope_ORDERING_SCOPE_TRACKING_NUMBER,
		// Number and courier are unique there, and 4003 tells (section 7.1).
		Idempotency: pluginv1.Idempotency_IDEMPOTENCY_LOOKUP,
		New: func(env sdk.Env, s Settings) (*Forwarder, error) {
			return newForwarder(env, s, shared)
		},
	}
}

var (
	_ sdk.TrackingForwarder = (*Forwarder)(nil)
	_ sdk.TrackingPreviewer = (*Forwarder)(nil)
	_ sdk.Checker           = (*Forwarder)(nil)
)
