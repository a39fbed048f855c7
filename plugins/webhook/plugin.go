package webhook

import (
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Version of the plugin.
const Version = "0.1.0"

// Plugin declares the plugin. Every call makes one with connections of its own, so a
// process calls it once.
func Plugin(o Operator) sdk.Plugin[Settings, *Sender] {
	return plugin(newRemote(o, nil, nil, time.Now))
}

func plugin(r *remote) sdk.Plugin[Settings, *Sender] {
	const personal, extra = "include_personal_data", "include_extra_fields"
	return sdk.Plugin[Settings, *Sender]{
		Name:    "webhook",
		Version: Version,
		Title:   "Webhook",
		SetupSteps: []string{
			"At the receiver, make an address that takes POST requests with JSON over HTTPS and answers 2xx once it has " +
				"stored the event.",
			"Make a signing secret: echo whsec_$(openssl rand -base64 32)",
			"At the receiver, verify signatures with this secret by Standard Webhooks (there are libraries for most " +
				"languages), ignore ids that were seen before, and insert or update by the order id or tracking number.",
			"Here, make a connection of the merchant to the plugin webhook and enter the address as url and the secret as " +
				"signing_secret.",
			"Choose event_types, and decide on include_personal_data and include_extra_fields.",
			"Test the connection; with check_with event, the receiver gets a signed event of type webhook.test.",
			"To change the secret later: enter the old one as previous_signing_secret and the new one as signing_secret, " +
				"change it at the receiver, clear previous_signing_secret.",
		},
		JoinedFacts: []sdk.JoinedFact{
			{Fact: pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE},
			{Fact: pluginv1.OrderFact_ORDER_FACT_ORDER_NUMBER},
			{Fact: pluginv1.OrderFact_ORDER_FACT_ORDER_TIME},
			{Fact: pluginv1.OrderFact_ORDER_FACT_DESTINATION_COUNTRY},
			{Fact: pluginv1.OrderFact_ORDER_FACT_SHIPPING_METHOD},
			{Fact: pluginv1.OrderFact_ORDER_FACT_PROMISED_DELIVERY_DATE},
			{Fact: pluginv1.OrderFact_ORDER_FACT_DESTINATION_ADDRESS, WhenSetting: personal},
			{Fact: pluginv1.OrderFact_ORDER_FACT_CUSTOMER, WhenSetting: personal},
			{Fact: pluginv1.OrderFact_ORDER_FACT_EXTRA_FIELDS, WhenSetting: extra},
		},
		// What a small receiver can take; one that cannot answers 429.
		Pace: sdk.Pace{RequestsPerSecond: 20, Burst: 20, Concurrency: 8, BatchRecords: 50},
		// The order before its tracking, and revisions in turn.
		Scope: pluginv1.OrderingScope_ORDERING_SCOPE_ORDER,
		// The receiver knows a repeat by its webhook-id.
		Idempotency: pluginv1.Idempotency_IDEMPOTENCY_KEYED,
		New:         func(env sdk.Env, s Settings) (*Sender, error) { return newSender(env, s, r) },
	}
}

var (
	_ sdk.TrackingForwarder = (*Sender)(nil)
	_ sdk.OrderCopier       = (*Sender)(nil)
	_ sdk.TrackingPreviewer = (*Sender)(nil)
	_ sdk.OrderPreviewer    = (*Sender)(nil)
	_ sdk.Checker           = (*Sender)(nil)
)
