package dispatch

import (
	"sync"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/filter"
	"github.com/spurline/spurline/server/store"
)

// filters remembers compiled filters by their text: compiling costs a thousand
// times an evaluation, and many connections share a text.
type filters struct {
	mu     sync.Mutex
	byText map[string]*filter.Filter
}

// maxFilters bounds the memory; one more throws an arbitrary one out.
const maxFilters = 10_000

func newFilters() *filters { return &filters{byText: map[string]*filter.Filter{}} }

// eval says whether the connection takes the record.
func (f *filters) eval(
	connection store.Connection, order *commercev1.Order, shipment *commercev1.Shipment,
) (bool, error) {
	if connection.Filter == "" {
		return true, nil
	}
	compiled, err := f.compiled(connection.Filter)
	if err != nil {
		return false, err
	}
	return compiled.Eval(order, shipment)
}

func (f *filters) compiled(text string) (*filter.Filter, error) {
	f.mu.Lock()
	known, ok := f.byText[text]
	f.mu.Unlock()
	if ok {
		return known, nil
	}
	fresh, err := filter.Compile(text)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.byText) >= maxFilters {
		for victim := range f.byText {
			delete(f.byText, victim)
			break
		}
	}
	f.byText[text] = fresh
	return fresh, nil
}
