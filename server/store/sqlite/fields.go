package sqlite

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

// fieldCache remembers which names of extra fields are recorded, so that the
// thousandth order with the same names writes none. It belongs to the writer.
type fieldCache struct {
	merchants map[int64]map[store.ExtraField]bool
}

// maxCachedMerchants bounds the memory; one more throws an arbitrary one out.
const maxCachedMerchants = 10_000

func newFieldCache() *fieldCache {
	return &fieldCache{merchants: map[int64]map[store.ExtraField]bool{}}
}

// noteFields records names that are new, up to the bound of a merchant.
func (t *tx) noteFields(merchant int64, fields []store.ExtraField, now time.Time) error {
	if len(fields) == 0 {
		return nil
	}
	known, ok := t.w.fields.merchants[merchant]
	if !ok {
		var err error
		if known, err = t.loadFields(merchant); err != nil {
			return err
		}
	}
	recorded := len(known)
	for _, field := range fields {
		field.FirstSeen = time.Time{}
		if known[field] || recorded >= store.MaxExtraFields {
			continue
		}
		err := t.run(`INSERT INTO extra_field (merchant, source, level, name, first_seen) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, merchant, field.Source, int(field.Level), field.Name, now)
		if err != nil {
			return err
		}
		recorded++
		t.after = append(t.after, func() { known[field] = true })
	}
	return nil
}

func (t *tx) loadFields(merchant int64) (map[store.ExtraField]bool, error) {
	fields, err := readFields(t.conn, merchant)
	if err != nil {
		return nil, err
	}
	known := make(map[store.ExtraField]bool, len(fields))
	for _, field := range fields {
		field.FirstSeen = time.Time{}
		known[field] = true
	}
	t.after = append(t.after, func() {
		cache := t.w.fields.merchants
		if len(cache) >= maxCachedMerchants {
			for victim := range cache {
				delete(cache, victim)
				break
			}
		}
		if _, ok := cache[merchant]; !ok {
			cache[merchant] = known
		}
	})
	return known, nil
}
