package intake

import (
	"context"

	"github.com/spurline/spurline/server/cache"
	"github.com/spurline/spurline/server/store"
)

// plan is what a merchant's connections want, at one version of them.
type plan struct {
	merchantKey int64
	version     int64
	wants       []store.Want
	// joinsFacts says whether any of them joins facts of orders to tracking.
	joinsFacts bool
	// connectionIDs names the connections of the wants.
	connectionIDs map[int64]string
}

// maxPlans bounds the memory of plans.
const maxPlans = 50_000

// plans remembers plans, because most submissions of a merchant find its
// connections unchanged. A plan that is out of date is found out by the accept
// commit, so nothing here has to be current.
type plans struct {
	store Store
	byID  *cache.Map[string, *plan]
}

func newPlans(s Store) *plans {
	return &plans{store: s, byID: cache.New[string, *plan](maxPlans)}
}

func (p *plans) of(ctx context.Context, merchantID string) (*plan, error) {
	return p.byID.Get(merchantID, func() (*plan, error) { return p.load(ctx, merchantID) })
}

func (p *plans) load(ctx context.Context, merchantID string) (*plan, error) {
	merchant, err := p.store.MerchantByID(ctx, merchantID)
	if err != nil {
		return nil, err
	}
	version, wants, err := p.store.PlannedConnections(ctx, merchant.Key)
	if err != nil {
		return nil, err
	}
	fresh := &plan{
		merchantKey: merchant.Key, version: version, wants: wants,
		connectionIDs: make(map[int64]string, len(wants)),
	}
	for _, want := range wants {
		fresh.joinsFacts = fresh.joinsFacts || want.Takes.Tracking && want.Takes.Facts != 0
		connection, err := p.store.ConnectionByKey(ctx, want.Connection)
		if err != nil {
			continue // Deleted since: the accept commit will say so.
		}
		fresh.connectionIDs[want.Connection] = connection.ID
	}
	return fresh, nil
}

func (p *plans) forget(merchantID string) { p.byID.Forget(merchantID) }
