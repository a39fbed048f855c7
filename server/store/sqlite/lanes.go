package sqlite

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// WaitingLanes jumps from the head of one lane to that of the next, so that it
// takes as long for ten million waiting deliveries as for one per lane.
func (s *Store) WaitingLanes(ctx context.Context) ([]store.Lane, error) {
	var lanes []store.Lane
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		after := int64(0)
		for {
			q := start(conn, `SELECT connection, due FROM delivery INDEXED BY delivery_ready
				WHERE state = 1 AND connection > ?+0 ORDER BY connection, due LIMIT 1`, after)
			found := q.next()
			if found {
				after = q.int()
				lanes = append(lanes, store.Lane{Connection: after, Due: q.time()})
			}
			if err := q.done(); err != nil || !found {
				return err
			}
		}
	})
	return lanes, err
}

// NextDue returns when the lane's next delivery is due.
func (s *Store) NextDue(
	ctx context.Context, connection int64, except []store.DeliveryID,
) (due time.Time, waiting bool, err error) {
	left := setOf(except)
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT id, due FROM delivery INDEXED BY delivery_ready
			WHERE connection = ?+0 AND state = 1 ORDER BY due, id`, connection)
		for !waiting && q.next() {
			if !left[store.DeliveryID(q.int())] {
				due, waiting = q.time(), true
			}
		}
		return q.done()
	})
	return due, waiting, err
}

// DueDeliveries returns what is due in the lane.
func (s *Store) DueDeliveries(ctx context.Context, query store.DueQuery) ([]store.DueDelivery, error) {
	except, records, orders := setOf(query.Except), setOf(query.BusyRecords), setOf(query.BusyOrders)
	var due []store.DueDelivery
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT id, kind, record, due, order_id, size FROM delivery INDEXED BY delivery_ready
			WHERE connection = ?+0 AND state = 1 AND due <= ?+0 ORDER BY due, id`, query.Connection, query.Now)
		for len(due) < query.Limit && q.next() {
			d := store.DueDelivery{
				ID: store.DeliveryID(q.int()), Kind: store.RecordKind(q.int()), Record: q.int(), Due: q.time(),
				OrderID: q.text(), Size: int(q.int()),
			}
			if !except[d.ID] && !records[store.RecordRef{Kind: d.Kind, Key: d.Record}] && !orders[d.OrderID] {
				due = append(due, d)
			}
		}
		return q.done()
	})
	return due, err
}

func setOf[T comparable](elements []T) map[T]bool {
	set := make(map[T]bool, len(elements))
	for _, e := range elements {
		set[e] = true
	}
	return set
}

// LoadDeliveries reads pending deliveries with what is sent with them.
func (s *Store) LoadDeliveries(ctx context.Context, ids []store.DeliveryID) ([]store.LoadedDelivery, error) {
	loaded := make([]store.LoadedDelivery, 0, len(ids))
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		l := loader{store: s, conn: conn, parcels: map[parcelOrder][]parcelPlace{}}
		for _, id := range ids {
			delivery, found, err := l.load(id)
			if err != nil {
				return err
			}
			if found && delivery.Delivery.State == store.Pending {
				loaded = append(loaded, delivery)
			}
		}
		return nil
	})
	return loaded, err
}

// PreviewDelivery reads one delivery whatever its state.
func (s *Store) PreviewDelivery(ctx context.Context, id store.DeliveryID) (store.LoadedDelivery, error) {
	var delivery store.LoadedDelivery
	err := s.read(ctx, func(conn *sqlite.Conn) (err error) {
		l := loader{store: s, conn: conn, parcels: map[parcelOrder][]parcelPlace{}}
		found := false
		if delivery, found, err = l.load(id); err == nil && !found {
			err = store.ErrNotFound
		}
		return err
	})
	return delivery, err
}
