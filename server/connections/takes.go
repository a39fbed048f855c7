package connections

import (
	"slices"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// Takes says what records a connection with these settings gets. It is pure.
func Takes(description *pluginv1.Description, settings map[string]string) store.Takes {
	takes := store.Takes{
		Orders: slices.Contains(description.GetContracts(), pluginv1.Contract_CONTRACT_ORDER_COPY),
		Tracking: slices.Contains(
			description.GetContracts(), pluginv1.Contract_CONTRACT_TRACKING_FORWARD),
		ScopePerOrder: description.GetOrderingScope() !=
			pluginv1.OrderingScope_ORDERING_SCOPE_TRACKING_NUMBER,
		Intents: description.GetIdempotency() != pluginv1.Idempotency_IDEMPOTENCY_KEYED &&
			description.GetIdempotency() != pluginv1.Idempotency_IDEMPOTENCY_LOOKUP,
	}
	if !takes.Tracking {
		return takes
	}
	values := effective(description, settings)
	for _, joined := range description.GetJoinedFacts() {
		fact := store.Fact(joined.GetFact())
		known := fact > 0 && fact < store.FactCount
		chosen := joined.GetWhenSetting() == "" || values[joined.GetWhenSetting()] == "true"
		if known && chosen {
			takes.Facts = takes.Facts.With(fact)
		}
	}
	return takes
}
