package dispatch

import (
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/cache"
	"github.com/spurline/spurline/server/filter"
	"github.com/spurline/spurline/server/store"
)

// maxFilters bounds the memory of filters.
const maxFilters = 10_000

// filters remembers compiled filters by their text: compiling costs a thousand
// times an evaluation, and many connections share a text.
type filters struct {
	byText *cache.Map[string, *filter.Filter]
}

func newFilters() filters { return filters{cache.New[string, *filter.Filter](maxFilters)} }

// eval says whether the connection takes the record.
func (f filters) eval(
	connection *store.Connection, order *commercev1.Order, shipment *commercev1.Shipment,
) (bool, error) {
	if connection.Filter == "" {
		return true, nil
	}
	compiled, err := f.byText.Get(connection.Filter, func() (*filter.Filter, error) {
		return filter.Compile(connection.Filter)
	})
	if err != nil {
		return false, err
	}
	return compiled.Eval(order, shipment)
}
