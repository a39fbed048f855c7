package zoho

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// shared is what the connections of the process share: what was read of the
// organisations, so that it is not read for every record. It is safe for concurrent
// use.
type shared struct {
	centres []inventory.DataCentre
	// items has what a search by SKU found, also nothing.
	items *cache[ofAccount, []inventory.Item]
	// customers has ids by e-mail address and currency.
	customers *cache[ofAccount, string]
	// currencies has those of an organisation, by code.
	currencies *cache[string, map[string]string]
	// organisations has what an organisation is like.
	organisations *cache[string, inventory.Organisation]
	// addresses has ids by customer and address.
	addresses *cache[ofAccount, string]
	// orders has ids of sales orders by number.
	orders *cache[ofAccount, string]
	// elsewhere has the data centre that takes credentials refused by theirs.
	elsewhere *cache[string, string]
	// customerTurns has each customer made once.
	customerTurns turns
}

// ofAccount is a key within an account.
type ofAccount struct{ account, key string }

const (
	mostItems   = 100_000
	mostOthers  = 50_000
	mostShared  = 4_096
	itemLife    = 6 * time.Hour
	noItemLife  = time.Minute
	othersLife  = 6 * time.Hour
	settingLife = 24 * time.Hour
)

func newShared(centres []inventory.DataCentre) *shared {
	return &shared{
		centres:       centres,
		items:         newCache[ofAccount, []inventory.Item](mostItems),
		customers:     newCache[ofAccount, string](mostOthers),
		currencies:    newCache[string, map[string]string](mostShared),
		organisations: newCache[string, inventory.Organisation](mostShared),
		addresses:     newCache[ofAccount, string](mostOthers),
		orders:        newCache[ofAccount, string](mostOthers),
		elsewhere:     newCache[string, string](mostShared),
	}
}

// cache keeps the values that were used last, each for its time. It is safe for
// concurrent use.
type cache[K comparable, V any] struct{ values *lru.Cache[K, kept[V]] }

type kept[V any] struct {
	value V
	end   time.Time
}

func newCache[K comparable, V any](most int) *cache[K, V] {
	values, err := lru.New[K, kept[V]](most)
	if err != nil {
		panic(err) // The size is a constant above 0.
	}
	return &cache[K, V]{values}
}

func (c *cache[K, V]) get(key K, now time.Time) (value V, ok bool) {
	found, ok := c.values.Get(key)
	if !ok || !now.Before(found.end) {
		return value, false
	}
	return found.value, true
}

func (c *cache[K, V]) put(key K, value V, end time.Time) { c.values.Add(key, kept[V]{value, end}) }

func (c *cache[K, V]) drop(key K) { c.values.Remove(key) }
