//go:build unix

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// compare demands that a store has everything in the ledger, and that it is whole.
func (l *ledger) compare(s *Store) error {
	ctx := context.Background()
	return s.read(ctx, func(conn *sqlite.Conn) error {
		return errors.Join(l.compareRecords(conn), l.compareDeliveries(s, conn), l.compareConnections(conn), whole(conn))
	})
}

func (l *ledger) compareRecords(conn *sqlite.Conn) error {
	orders, err := integers(conn, `SELECT order_id, revision FROM orders`)
	if err != nil {
		return err
	}
	parcels, err := integers(conn, `SELECT number_key, revision FROM tracking`)
	if err != nil {
		return err
	}
	for id, revision := range l.orders {
		if orders[id] < revision {
			return fmt.Errorf("order %s has revision %d, acknowledged was %d", id, orders[id], revision)
		}
	}
	for number, revision := range l.parcels {
		if parcels[number] < revision {
			return fmt.Errorf("parcel %s has revision %d, acknowledged was %d", number, parcels[number], revision)
		}
	}
	return nil
}

func integers(conn *sqlite.Conn, text string) (map[string]int64, error) {
	found := map[string]int64{}
	q := start(conn, text)
	for q.next() {
		name := q.text()
		found[name] = q.int()
	}
	return found, q.done()
}

func (l *ledger) compareDeliveries(s *Store, conn *sqlite.Conn) error {
	kept := map[store.DeliveryID]store.Delivery{}
	q := start(conn, `SELECT id, order_id, state, sends, fate_unknown, epoch FROM delivery`)
	for q.next() {
		d := store.Delivery{
			ID: store.DeliveryID(q.int()), OrderID: q.text(), State: store.DeliveryState(q.int()), Sends: int(q.int()),
		}
		d.FateUnknown = s.doubtful(q.bool(), q.int())
		kept[d.ID] = d
		if d.State == store.Pending && !d.FateUnknown && !l.closing {
			return errors.Join(fmt.Errorf("delivery %s was pending at the cut and is not in doubt", d.ID), q.done())
		}
	}
	if err := q.done(); err != nil {
		return err
	}
	for id, told := range l.deliveries {
		d, ok := kept[id]
		switch {
		case !ok || d.OrderID != told.orderID:
			return fmt.Errorf("acknowledged delivery %s of order %s is %+v", id, told.orderID, d)
		case d.Sends < told.sends:
			return fmt.Errorf("acknowledged outcome %d of delivery %s is missing: %+v", told.state, id, d)
		case told.state == store.Delivered && d.State != store.Delivered:
			return fmt.Errorf("delivery %s has arrived and is in state %d", id, d.State)
		}
	}
	return nil
}

func (l *ledger) compareConnections(conn *sqlite.Conn) error {
	versions, err := integers(conn, `SELECT id, version FROM connection`)
	if err != nil {
		return err
	}
	if versions["orders"] < l.version {
		return fmt.Errorf("connection has version %d, acknowledged was %d", versions["orders"], l.version)
	}
	return nil
}

// whole demands that no commit is there in part.
func whole(conn *sqlite.Conn) error {
	q := start(conn, `PRAGMA integrity_check`)
	if q.next() {
		if answer := q.text(); answer != "ok" {
			return errors.Join(fmt.Errorf("integrity: %s", answer), q.done())
		}
	}
	if err := q.done(); err != nil {
		return err
	}
	for what, text := range map[string]string{
		"orders without a delivery of each revision to each connection": `SELECT count(*) FROM orders o
			WHERE 2 * o.revision <> (SELECT count(*) FROM delivery WHERE kind = 1 AND record = o.key)`,
		"orders without their earlier revisions": `SELECT count(*) FROM orders o
			WHERE o.revision <> 1 + (SELECT count(*) FROM order_revision WHERE order_key = o.key)`,
		"parcels without a delivery of each revision": `SELECT count(*) FROM tracking t
			WHERE t.revision <> (SELECT count(*) FROM delivery WHERE kind = 2 AND record = t.key)`,
		"shipments with half their parcels": `SELECT count(*) FROM (SELECT 1 FROM tracking
			GROUP BY shipment_id HAVING count(*) <> 2 OR min(revision) <> max(revision))`,
		"outcomes without their attempt or remote record": `SELECT count(*) FROM delivery d
			WHERE (sends > 0) <> (last_number > 0) OR sends > 0 AND NOT EXISTS (SELECT 1 FROM remote_record r
			WHERE r.connection = d.connection AND r.kind = d.kind AND r.record = d.record)`,
	} {
		if n, err := readInt(conn, text); err != nil || n != 0 {
			return errors.Join(fmt.Errorf("%d %s", n, what), err)
		}
	}
	return compareTally(conn)
}

// compareTally demands that the totals of each connection are those of its rows, and
// that the ends of all chains are the last rows there are.
func compareTally(conn *sqlite.Conn) error {
	current, _, _, err := readTally(conn)
	if err != nil {
		return err
	}
	q := start(conn, `SELECT t.connection, count(d.id), sum(d.state = 3), sum(d.state = 4), sum(d.state = 5),
		sum(d.state = 6), sum(d.state = 7) FROM totals t LEFT JOIN delivery d ON d.connection = t.connection
		GROUP BY t.connection`)
	for q.next() {
		connection := q.int()
		want := store.Totals{
			Made: q.int(), Delivered: q.int(), Skipped: q.int(), Failed: q.int(), Superseded: q.int(), Cancelled: q.int(),
		}
		got := current.totalsOf(connection)
		got.Present = 0 // No row tells.
		if got != want {
			return errors.Join(
				fmt.Errorf("totals of connection %d are %+v, its rows say %+v", connection, got, want), q.done())
		}
	}
	if err := q.done(); err != nil {
		return err
	}
	for _, c := range []chain{connectionChain, merchantChain, orderChain} {
		want, err := lastRows(conn, c)
		if err != nil {
			return err
		}
		if got := current.ends(c); !maps.Equal(got, want) {
			return fmt.Errorf("ends of chains by %s of %s are %v, the last rows are %v", c.owner, c.table, got, want)
		}
	}
	return nil
}

func lastRows(conn *sqlite.Conn, c chain) (map[int64]int64, error) {
	last := map[int64]int64{}
	q := start(conn, `SELECT `+c.owner+`, max(id) FROM `+c.table+` GROUP BY 1`)
	for q.next() {
		owner := q.int()
		last[owner] = q.int()
	}
	return last, q.done()
}
