package sqlite

import (
	"maps"
	"slices"
	"sync"

	"zombiezen.com/go/sqlite"
)

// heads are the last rows of all chains, as the last commit left them.
type heads struct {
	mu sync.RWMutex
	headsOf
}

// headsOf are ids of deliveries by connection and by merchant, and ids of order_change
// by merchant.
type headsOf struct{ connections, merchants, orders map[int64]int64 }

func newHeadsOf() headsOf {
	return headsOf{connections: map[int64]int64{}, merchants: map[int64]int64{}, orders: map[int64]int64{}}
}

// of are the heads of a kind of chain.
func (h headsOf) of(c chain) map[int64]int64 {
	switch c {
	case connectionChain:
		return h.connections
	case merchantChain:
		return h.merchants
	}
	return h.orders
}

// head returns the last row of a chain, 0 if it has none. To be asked before a read
// begins, which then sees that row.
func (h *heads) head(c chain, owner int64) int64 {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.of(c)[owner]
}

// committed takes over what a commit changed.
func (h *heads) committed(changed headsOf) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.Copy(h.connections, changed.connections)
	maps.Copy(h.merchants, changed.merchants)
	maps.Copy(h.orders, changed.orders)
}

// Heads of deliveries stand in table totals, where they are noted and folded with
// them, see totals.go. Heads of orders stand in table merchant as of some change; those
// after it are found by reading what order_change has got since.

// metaChangesFolded is the change up to which table merchant has the heads.
const metaChangesFolded = "changes_folded"

// foldChangesAfter is how many changes of orders there are before a folding begins, and
// foldHeads how many heads a commit writes down then.
const (
	foldChangesAfter = 100_000
	foldHeads        = 16
)

// readHeads reads all heads of a store whose totals are folded, and what of them is
// not folded yet.
func readHeads(conn *sqlite.Conn) (*heads, *headFolding, error) {
	h, f := &heads{headsOf: newHeadsOf()}, &headFolding{after: foldChangesAfter, changed: map[int64]struct{}{}}
	q := start(conn, `SELECT c.key, c.merchant, t.last_delivery FROM totals t JOIN connection c ON c.key = t.connection
		WHERE t.last_delivery <> 0`)
	for q.next() {
		connection, merchant, last := q.int(), q.int(), q.int()
		h.connections[connection] = last
		h.merchants[merchant] = max(h.merchants[merchant], last)
	}
	if err := q.done(); err != nil {
		return nil, nil, err
	}
	q = start(conn, `SELECT key, last_change FROM merchant WHERE last_change <> 0`)
	for q.next() {
		merchant := q.int()
		h.orders[merchant] = q.int()
	}
	if err := q.done(); err != nil {
		return nil, nil, err
	}
	folded, err := meta(conn, metaChangesFolded)
	if err != nil {
		return nil, nil, err
	}
	q = start(conn, `SELECT merchant, id FROM order_change WHERE id > ?+0 ORDER BY id`, folded)
	for q.next() {
		merchant := q.int()
		h.orders[merchant] = q.int()
		f.changed[merchant] = struct{}{}
		f.changes++
	}
	return h, f, q.done()
}

// headFolding writes the heads of orders into table merchant, a few with each commit.
// It belongs to the writer.
type headFolding struct {
	// after is how many changes there are before one begins.
	after int
	// changed are the merchants with a change since the last folding began, changes how
	// many there were.
	changed map[int64]struct{}
	changes int
	// left are the merchants still to be written, and upTo the last change when it began.
	left []int64
	upTo int64
}

// begin starts a folding if there is enough to fold and none is under way.
func (f *headFolding) begin(last int64) {
	if f.changes < f.after || len(f.left) > 0 {
		return
	}
	f.left = slices.Sorted(maps.Keys(f.changed))
	f.changed, f.changes, f.upTo = map[int64]struct{}{}, 0, last
}

// committed takes over what a commit changed.
func (f *headFolding) committed(changed headsOf, changes, folded int) {
	for merchant := range changed.orders {
		f.changed[merchant] = struct{}{}
	}
	f.changes += changes
	f.left = f.left[folded:]
}

// foldHeads goes on with a folding that is under way. A head that is written down may
// be later than the change up to which it folds: what is read again repeats it.
func (t *tx) foldHeads() error {
	left := t.w.folding.left
	t.folded = min(len(left), foldHeads)
	for _, merchant := range left[:t.folded] {
		head, ok := t.heads.orders[merchant]
		if !ok {
			head = t.w.heads.head(orderChain, merchant)
		}
		if err := t.run(`UPDATE merchant SET last_change = ? WHERE key = ?`, head, merchant); err != nil {
			return err
		}
	}
	if t.folded == 0 || t.folded < len(left) {
		return nil
	}
	return setMeta(t.conn, metaChangesFolded, t.w.folding.upTo)
}

