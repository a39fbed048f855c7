package sqlite

import (
	"errors"
	"maps"
	"sync"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// Each delivery and order changes the totals of a connection and the ends of some
// chains, and their rows lie on as many pages as a commit has deliveries. So they are
// current in memory, and a commit appends what it changes of them as one row of table
// note. Tables totals and merchant are brought up to date a few rows at a time, see
// folding.go; a start reads them and adds the notes. Both happen in the transactions
// that change the deliveries, so table and notes together are true at every instant
// (promise P2).

// tally is totals and the last rows of chains: those of a store, or what a commit
// changes of them, which is differences of totals and whole rows.
type tally struct {
	// totals and deliveries, the ids of the last ones, are by connection.
	totals     totalsByConnection
	deliveries map[int64]int64
	// merchants are the ids of the last deliveries by merchant.
	merchants map[int64]int64
	// orders are the last rows of order_change by merchant.
	orders map[int64]int64
}

func newTally() tally {
	return tally{
		totals: totalsByConnection{}, deliveries: map[int64]int64{}, merchants: map[int64]int64{}, orders: map[int64]int64{},
	}
}

// add adds what a later commit changed.
func (t tally) add(changes tally) {
	for connection, totals := range changes.totals {
		addTotals(t.totals.of(connection), totals)
	}
	for _, c := range []chain{connectionChain, merchantChain, orderChain} {
		ends := t.ends(c)
		for owner, id := range changes.ends(c) {
			ends[owner] = max(ends[owner], id) // A table may be ahead of its notes.
		}
	}
}

// ends are the last rows of one kind of chain.
func (t tally) ends(c chain) map[int64]int64 {
	switch c {
	case connectionChain:
		return t.deliveries
	case merchantChain:
		return t.merchants
	}
	return t.orders
}

// current is the tally of a store as the last commit left it. The writer alone changes
// it.
type current struct {
	mu sync.RWMutex
	tally
}

func (k *current) add(changes tally) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tally.add(changes)
}

// end returns the last row of a chain, 0 if it has none. Who asks before a read begins
// finds that row.
func (k *current) end(c chain, owner int64) int64 {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.ends(c)[owner]
}

// totalsOf returns zeros for a connection that never had a delivery.
func (k *current) totalsOf(connection int64) store.Totals {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if totals, ok := k.totals[connection]; ok {
		return *totals
	}
	return store.Totals{}
}

// note appends what the commit changes of the tally, if it does.
func (t *tx) note() error {
	if len(t.tally.totals) == 0 && len(t.tally.orders) == 0 {
		return nil
	}
	t.noteKey = t.w.folding.last + 1
	return t.run(`INSERT INTO note (key, totals, orders) VALUES (?, ?, ?)`,
		t.noteKey, encodeTotals(t.tally), encodeOrders(t.tally.orders))
}

// readTally reads the tables and adds the notes. The folding starts with what the notes
// have. owners are the merchants by connection, which the start needs once more.
func readTally(conn *sqlite.Conn) (k *current, f *folding, owners map[int64]int64, err error) {
	k, f = &current{tally: newTally()}, newFolding()
	noted, err := readTotals(conn, k.tally)
	if err != nil {
		return nil, nil, nil, err
	}
	q := start(conn, `SELECT key, last_change FROM merchant WHERE last_change <> 0`)
	for q.next() {
		merchant := q.int()
		k.orders[merchant] = q.int()
	}
	if err := q.done(); err != nil {
		return nil, nil, nil, err
	}
	q = start(conn, `SELECT key, totals, orders FROM note ORDER BY key`)
	var fault error
	for q.next() && fault == nil {
		changes, key := newTally(), q.int()
		fault = errors.Join(changes.decodeTotals(q.bytes()), changes.decodeOrders(q.bytes()))
		f.found(key, changes)
		maps.DeleteFunc(changes.totals, func(connection int64, _ *store.Totals) bool { return key <= noted[connection] })
		k.add(changes)
	}
	if err := errors.Join(q.done(), fault); err != nil {
		return nil, nil, nil, err
	}
	for _, key := range noted {
		f.resume(key)
	}
	if owners, err = readOwners(conn); err != nil {
		return nil, nil, nil, err
	}
	// A merchant's last delivery is the last of those of its connections.
	for connection, last := range k.deliveries {
		if merchant := owners[connection]; last > k.merchants[merchant] {
			k.merchants[merchant] = last
		}
	}
	return k, f, owners, nil
}

func readOwners(conn *sqlite.Conn) (map[int64]int64, error) {
	owners := map[int64]int64{}
	q := start(conn, `SELECT key, merchant FROM connection`)
	for q.next() {
		connection := q.int()
		owners[connection] = q.int()
	}
	return owners, q.done()
}
