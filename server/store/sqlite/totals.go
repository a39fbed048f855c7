package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// totalsByConnection are totals, or differences to them.
type totalsByConnection map[int64]*store.Totals

// of returns those of a connection, to be changed.
func (c totalsByConnection) of(connection int64) *store.Totals {
	totals, ok := c[connection]
	if !ok {
		totals = &store.Totals{}
		c[connection] = totals
	}
	return totals
}

// counters are the numbers of totals in the order of the table's columns.
func counters(t *store.Totals) []*int64 {
	return []*int64{&t.Made, &t.Delivered, &t.Present, &t.Skipped, &t.Failed, &t.Superseded, &t.Cancelled}
}

func addTotals(to, from *store.Totals) {
	of := counters(from)
	for i, c := range counters(to) {
		*c += *of[i]
	}
}

// ConnectionTotals returns the totals of a connection, ErrNotFound if there is none.
func (s *Store) ConnectionTotals(ctx context.Context, key int64) (store.Totals, error) {
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		return one(start(conn, `SELECT 1 FROM connection WHERE key = ?`, key), func() {})
	})
	if err != nil {
		return store.Totals{}, err
	}
	return s.writer.current.totalsOf(key), nil
}

// totalsOf are those of a connection after the commit.
func (t *tx) totalsOf(connection int64) store.Totals {
	totals := t.w.current.totalsOf(connection)
	if changes, ok := t.tally.totals[connection]; ok {
		addTotals(&totals, changes)
	}
	return totals
}

// readTotals reads table totals, and up to which note each row is.
func readTotals(conn *sqlite.Conn, into tally) (noted map[int64]int64, err error) {
	noted = map[int64]int64{}
	q := start(conn, `SELECT connection, last_note, last_delivery, made, delivered, present, skipped, failed, superseded,
		cancelled FROM totals WHERE last_note <> 0`)
	for q.next() {
		connection := q.int()
		noted[connection] = q.int()
		if last := q.int(); last != 0 {
			into.deliveries[connection] = last
		}
		for _, counter := range counters(into.totals.of(connection)) {
			*counter = q.int()
		}
	}
	return noted, q.done()
}

// encodeTotals writes each connection, its last delivery and its totals as varints.
func encodeTotals(t tally) []byte {
	var raw []byte
	for _, connection := range slices.Sorted(maps.Keys(t.totals)) {
		raw = binary.AppendVarint(binary.AppendVarint(raw, connection), t.deliveries[connection])
		for _, counter := range counters(t.totals[connection]) {
			raw = binary.AppendVarint(raw, *counter)
		}
	}
	return raw
}

// encodeOrders writes each merchant and the last change of its orders.
func encodeOrders(orders map[int64]int64) []byte {
	var raw []byte
	for _, merchant := range slices.Sorted(maps.Keys(orders)) {
		raw = binary.AppendVarint(binary.AppendVarint(raw, merchant), orders[merchant])
	}
	return raw
}

// errNote is damage that the engine does not see.
var errNote = errors.New("a row of table note cannot be read")

// varints reads numbers until the first that is not whole.
type varints struct {
	raw  []byte
	torn bool
}

func (v *varints) next() int64 {
	value, n := binary.Varint(v.raw)
	if n <= 0 {
		v.raw, v.torn = nil, true
		return 0
	}
	v.raw = v.raw[n:]
	return value
}

// decodeTotals reads what encodeTotals wrote.
func (t tally) decodeTotals(raw []byte) error {
	in := varints{raw: raw}
	for len(in.raw) > 0 {
		connection, last := in.next(), in.next()
		var totals store.Totals
		for _, counter := range counters(&totals) {
			*counter = in.next()
		}
		if in.torn {
			return errNote
		}
		t.totals[connection] = &totals
		if last != 0 {
			t.deliveries[connection] = last
		}
	}
	return nil
}

// decodeOrders reads what encodeOrders wrote.
func (t tally) decodeOrders(raw []byte) error {
	in := varints{raw: raw}
	for len(in.raw) > 0 {
		merchant, change := in.next(), in.next()
		if in.torn {
			return errNote
		}
		t.orders[merchant] = change
	}
	return nil
}
