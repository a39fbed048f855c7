package connections

import (
	"context"
	"fmt"
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

// TakesStore is what RefreshTakes needs of a store.
type TakesStore interface {
	Connections(ctx context.Context, merchantKey int64, page store.Page) ([]store.Connection, error)
	SetTakes(ctx context.Context, takes map[int64]store.Takes) error
}

// refreshPage is how many connections are read at once, refreshPasses how often
// they are read again because some had to be changed.
const (
	refreshPage   = 500
	refreshPasses = 3
)

// RefreshTakes stores what the connections of a plugin take, after its
// description may have changed. It is repeated until it finds nothing to change,
// so that an edit at the same time is not undone by what was read before it.
func RefreshTakes(ctx context.Context, kept TakesStore, description *pluginv1.Description) error {
	for range refreshPasses {
		changed, err := refreshOnce(ctx, kept, description)
		if err != nil {
			return fmt.Errorf("refresh what connections of plugin %q take: %w", description.GetName(), err)
		}
		if !changed {
			return nil
		}
	}
	return nil
}

func refreshOnce(ctx context.Context, kept TakesStore, description *pluginv1.Description) (bool, error) {
	changed := false
	page := store.Page{Limit: refreshPage}
	for {
		connections, err := kept.Connections(ctx, 0, page)
		if err != nil {
			return changed, err
		}
		stale := map[int64]store.Takes{}
		for _, c := range connections {
			page.After = c.Key
			if c.Plugin != description.GetName() {
				continue
			}
			if takes := Takes(description, c.Settings); takes != c.Takes {
				stale[c.Key] = takes
			}
		}
		if len(stale) > 0 {
			changed = true
			if err := kept.SetTakes(ctx, stale); err != nil {
				return changed, err
			}
		}
		if len(connections) < page.Limit {
			return changed, nil
		}
	}
}
