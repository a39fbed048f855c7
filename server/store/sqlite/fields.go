package sqlite

import (
	"maps"
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

// noted are the names of a merchant as a commit sees them.
type noted struct {
	// known are recorded; the map is the cache's, if that has the merchant.
	known map[store.ExtraField]bool
	// fresh are those that the commit records, whichever of its items brought them.
	fresh map[store.ExtraField]bool
}

// noteFields records names that are new, up to the bound of a merchant.
func (t *tx) noteFields(merchant int64, fields []store.ExtraField, now time.Time) error {
	if len(fields) == 0 {
		return nil
	}
	names, err := t.namesOf(merchant)
	if err != nil {
		return err
	}
	for _, field := range fields {
		field.FirstSeen = time.Time{}
		full := len(names.known)+len(names.fresh) >= store.MaxExtraFields
		if full || names.known[field] || names.fresh[field] {
			continue
		}
		err := t.run(`INSERT INTO extra_field (merchant, source, level, name, first_seen) VALUES (?, ?, ?, ?, ?)`,
			merchant, field.Source, int(field.Level), field.Name, now)
		if err != nil {
			return err
		}
		names.fresh[field] = true
	}
	return nil
}

// namesOf returns the names of a merchant, the same ones for the whole commit. The
// cache learns of them once the commit is flushed.
func (t *tx) namesOf(merchant int64) (noted, error) {
	if names, ok := t.fields[merchant]; ok {
		return names, nil
	}
	cache := t.w.fields
	names := noted{known: cache.merchants[merchant], fresh: map[store.ExtraField]bool{}}
	if names.known == nil {
		fields, err := readFields(t.conn, merchant)
		if err != nil {
			return noted{}, err
		}
		names.known = make(map[store.ExtraField]bool, len(fields))
		for _, field := range fields {
			field.FirstSeen = time.Time{}
			names.known[field] = true
		}
	}
	t.fields[merchant] = names
	t.after = append(t.after, func() {
		maps.Copy(names.known, names.fresh)
		cache.keep(merchant, names.known)
	})
	return names, nil
}

func (c *fieldCache) keep(merchant int64, known map[store.ExtraField]bool) {
	if _, ok := c.merchants[merchant]; !ok && len(c.merchants) >= maxCachedMerchants {
		for victim := range c.merchants {
			delete(c.merchants, victim)
			break
		}
	}
	c.merchants[merchant] = known
}
