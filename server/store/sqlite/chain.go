package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"
)

// The lists of a connection's and a merchant's deliveries and of a merchant's orders
// are chains: each row names the one before it, and the last one of each chain, its
// end, is kept in memory. An index would do the same, but each of its entries lies at
// a place of its own where there are many connections: a page of the log and one of
// the file for a delivery's two numbers.

// chain is one kind of chain: its table, the column that names the row before, and the
// column that names whose it is.
type chain struct{ table, before, owner string }

var (
	connectionChain = chain{"delivery", "before_connection", "connection"}
	merchantChain   = chain{"delivery", "before_merchant", "merchant"}
	orderChain      = chain{"order_change", "before_merchant", "merchant"}
)

// link makes a row the end of a chain and returns the one before it.
func (t *tx) link(c chain, owner, id int64) (before int64) {
	before = t.end(c, owner)
	t.tally.ends(c)[owner] = id
	return before
}

// end is the last row of a chain after the commit.
func (t *tx) end(c chain, owner int64) int64 {
	if id, ok := t.tally.ends(c)[owner]; ok {
		return id
	}
	return t.w.current.end(c, owner)
}

// from returns the row to begin a page of the chain with: the one before that of the
// page before, or the end, where that row is gone.
func (c chain) from(conn *sqlite.Conn, owner, end, after int64) (id int64, err error) {
	if after == 0 {
		return end, nil
	}
	q := start(conn, `SELECT `+c.before+` FROM `+c.table+` WHERE id = ? AND `+c.owner+` = ?+0`, after, owner)
	id = end
	if q.next() {
		id = q.int()
	}
	return id, q.done()
}

// walk is the start of a statement that reads the ids of the chain, the last first,
// from ?1 on and down to ?2, which is 1 or above. They come in the order of the walk,
// and no more of them are read than the statement takes.
func (c chain) walk() string {
	return `WITH RECURSIVE chain (id) AS (SELECT ?1 WHERE ?1 >= ?2 UNION ALL SELECT r.` + c.before + ` FROM chain
		CROSS JOIN ` + c.table + ` r ON r.id = chain.id WHERE r.` + c.before + ` >= ?2) `
}

// nextChange is the id of a change of an order. It grows as nextID does.
func (t *tx) nextChange(now time.Time) int64 {
	t.lastChange = max(t.lastChange+1, int64(firstID(now)))
	return t.lastChange
}

// linkChange makes a change that an order's row names the end of its merchant's chain.
func (t *tx) linkChange(change, order, merchant int64) error {
	return t.run(`INSERT INTO order_change (id, order_key, merchant, before_merchant) VALUES (?, ?, ?, ?)`,
		change, order, merchant, t.link(orderChain, merchant, change))
}
