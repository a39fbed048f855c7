package sqlite

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// A commit changes the totals of as many connections as it has deliveries, and
// their rows lie on as many pages. So it only notes the changes, in one row of
// totals_change; one commit in many folds the notes into table totals.

// foldAfter is how many changed connections are noted before they are folded. It
// bounds what a read of totals adds up, and how long the commit that folds takes:
// some milliseconds.
const foldAfter = 1000

// totalsChanges are differences to the totals of connections.
type totalsChanges map[int64]*totalsChange

// totalsChange is what a commit did to a connection: the differences, and the last
// delivery that was made for it, 0 if none was.
type totalsChange struct {
	store.Totals
	last int64
}

// of returns those of a connection, to be changed.
func (c totalsChanges) of(connection int64) *totalsChange {
	change, ok := c[connection]
	if !ok {
		change = &totalsChange{}
		c[connection] = change
	}
	return change
}

// counters are the numbers of totals in the order of the table's columns.
func counters(t *store.Totals) []*int64 {
	return []*int64{&t.Made, &t.Delivered, &t.Present, &t.Skipped, &t.Failed, &t.Superseded, &t.Cancelled}
}

// add adds what came later.
func (c *totalsChange) add(later *totalsChange) {
	of := counters(&later.Totals)
	for i, counter := range counters(&c.Totals) {
		*counter += *of[i]
	}
	c.last = max(c.last, later.last)
}

// encode writes each connection, its last delivery and its counters as varints.
func (c totalsChanges) encode() []byte {
	var raw []byte
	for _, connection := range slices.Sorted(maps.Keys(c)) {
		change := c[connection]
		raw = binary.AppendVarint(binary.AppendVarint(raw, connection), change.last)
		for _, counter := range counters(&change.Totals) {
			raw = binary.AppendVarint(raw, *counter)
		}
	}
	return raw
}

// errTotals is damage that the engine does not see.
var errTotals = errors.New("a row of totals_change cannot be read")

// add adds what encode wrote, of one connection only unless it is zero.
func (c totalsChanges) add(raw []byte, only int64) error {
	next := func() (value int64, ok bool) {
		value, n := binary.Varint(raw)
		if n <= 0 {
			return 0, false
		}
		raw = raw[n:]
		return value, true
	}
	for len(raw) > 0 {
		connection, ok := next()
		var change totalsChange
		for _, number := range append([]*int64{&change.last}, counters(&change.Totals)...) {
			if ok {
				*number, ok = next()
			}
		}
		if !ok {
			return errTotals
		}
		if only == 0 || only == connection {
			c.of(connection).add(&change)
		}
	}
	return nil
}

// notedChanges adds up what is not folded yet, of one connection only unless it is
// zero.
func notedChanges(conn *sqlite.Conn, only int64) (totalsChanges, error) {
	noted := totalsChanges{}
	q := start(conn, `SELECT changes FROM totals_change`)
	var fault error
	for q.next() && fault == nil {
		fault = noted.add(q.bytes(), only)
	}
	return noted, errors.Join(q.done(), fault)
}

// writeTotals notes the changes of the commit, and folds them with those before
// where there are enough.
func (t *tx) writeTotals() error {
	if len(t.totals) == 0 {
		return nil
	}
	t.unfolded = t.w.unfolded + len(t.totals)
	if err := t.run(`INSERT INTO totals_change (changes) VALUES (?)`, t.totals.encode()); err != nil {
		return err
	}
	if t.unfolded < foldAfter {
		return nil
	}
	t.unfolded = 0
	return foldTotals(t.conn)
}

// foldTotals moves all noted changes into table totals. Those of connections that
// are gone go nowhere.
func foldTotals(conn *sqlite.Conn) error {
	noted, err := notedChanges(conn, 0)
	if err != nil {
		return err
	}
	for _, connection := range slices.Sorted(maps.Keys(noted)) {
		d := noted[connection]
		err := run(conn, `UPDATE totals SET made = made + ?, delivered = delivered + ?, present = present + ?,
			skipped = skipped + ?, failed = failed + ?, superseded = superseded + ?, cancelled = cancelled + ?,
			last_delivery = max(last_delivery, ?) WHERE connection = ?`,
			d.Made, d.Delivered, d.Present, d.Skipped, d.Failed, d.Superseded, d.Cancelled, d.last, connection)
		if err != nil {
			return err
		}
	}
	return run(conn, `DELETE FROM totals_change`)
}

func readTotals(conn *sqlite.Conn, connection int64) (store.Totals, error) {
	q := start(conn, `SELECT made, delivered, present, skipped, failed, superseded, cancelled FROM totals
		WHERE connection = ?`, connection)
	var change totalsChange
	err := one(q, func() {
		for _, counter := range counters(&change.Totals) {
			*counter = q.int()
		}
	})
	if err != nil {
		return store.Totals{}, err
	}
	noted, err := notedChanges(conn, connection)
	if err != nil {
		return store.Totals{}, err
	}
	change.add(noted.of(connection))
	return change.Totals, nil
}
