package paging

import (
	"context"

	"github.com/spurline/spurline/server/store"
)

// Rounds of reading bound the work of one call: a page of a caller that may see
// little of a long list can be short and still have a next one.
const (
	maxRounds = 20
	minRead   = 200
)

// Source reads part of a list whose elements have a key.
type Source[T any] struct {
	// Read returns at most page.Limit elements after page.After, in the order of
	// the list; fewer mean that the list ends.
	Read func(ctx context.Context, page store.Page) ([]T, error)
	// Key of an element.
	Key func(T) int64
	// Keep says whether the caller may see an element. Nil keeps all.
	Keep func(T) bool
}

// Fill reads a page of the elements to keep. It returns the key to go on from,
// zero if the list ends with the page.
func (s Source[T]) Fill(ctx context.Context, page store.Page) (items []T, next int64, err error) {
	after := page.After
	for range maxRounds {
		limit := page.Limit - len(items) + 1 // One more tells whether there is a next page.
		if s.Keep != nil {
			limit = max(limit, minRead)
		}
		rows, err := s.Read(ctx, store.Page{After: after, Limit: limit})
		if err != nil {
			return nil, 0, err
		}
		for _, row := range rows {
			if s.Keep != nil && !s.Keep(row) {
				after = s.Key(row)
				continue
			}
			if len(items) == page.Limit {
				return items, after, nil
			}
			items = append(items, row)
			after = s.Key(row)
		}
		if len(rows) < limit {
			return items, 0, nil
		}
	}
	return items, after, nil
}
