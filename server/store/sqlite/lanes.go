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
			lane, found, err := headAfter(conn, after)
			if err != nil || !found {
				return err
			}
			lanes = append(lanes, lane)
			after = lane.Connection
		}
	})
	return lanes, err
}

// headAfter is the first lane with something pending after another one.
func headAfter(conn *sqlite.Conn, after int64) (lane store.Lane, found bool, err error) {
	q := start(conn, `SELECT connection, due FROM delivery INDEXED BY delivery_ready
		WHERE state = 1 AND connection > ?+0 ORDER BY connection, due LIMIT 1`, after)
	if found = q.next(); found {
		lane = store.Lane{Connection: q.int(), Due: q.time()}
	}
	return lane, found, q.done()
}

// LateLanes looks for lanes with something overdue, a step at a time.
func (s *Store) LateLanes(
	ctx context.Context, due time.Time, after int64, limit int,
) (late store.LateLanes, err error) {
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		late = store.LateLanes{}
		for range limit {
			lane, found, err := headAfter(conn, after)
			if err != nil || !found {
				late.Next = 0
				return err
			}
			after, late.Next = lane.Connection, lane.Connection
			if lane.Due.After(due) {
				continue
			}
			q := start(conn, `SELECT 1 FROM connection WHERE key = ?+0 AND state = 1 AND deleted_at = 0`, lane.Connection)
			if q.next() {
				late.Lanes = append(late.Lanes, lane)
			}
			if err := q.done(); err != nil {
				return err
			}
		}
		return nil
	})
	return late, err
}

// DueDeliveries returns what is due in lanes.
func (s *Store) DueDeliveries(ctx context.Context, queries []store.DueQuery) ([]store.DueReading, error) {
	readings := make([]store.DueReading, len(queries))
	err := s.read(ctx, func(conn *sqlite.Conn) (err error) {
		for i, query := range queries {
			if readings[i], err = readLane(conn, query); err != nil {
				return err
			}
		}
		return nil
	})
	return readings, err
}

// readLane walks the head of a lane, past what is due as far as the next that is
// not.
func readLane(conn *sqlite.Conn, query store.DueQuery) (store.DueReading, error) {
	except, records, orders := setOf(query.Except), setOf(query.BusyRecords), setOf(query.BusyOrders)
	var reading store.DueReading
	q := start(conn, `SELECT id, kind, record, due, order_id, size FROM delivery INDEXED BY delivery_ready
		WHERE connection = ?+0 AND state = 1 ORDER BY due, id`, query.Connection)
	for len(reading.Due) < query.Limit && q.next() {
		d := store.DueDelivery{
			ID: store.DeliveryID(q.int()), Kind: store.RecordKind(q.int()), Record: q.int(), Due: q.time(),
			OrderID: q.text(), Size: int(q.int()),
		}
		later := d.Due.After(query.Now)
		switch {
		case except[d.ID]:
			continue
		case !later && !records[store.RecordRef{Kind: d.Kind, Key: d.Record}] && !orders[d.OrderID]:
			reading.Due = append(reading.Due, d)
			continue
		case reading.Next.IsZero():
			reading.Next = d.Due
		}
		if later {
			break
		}
	}
	return reading, q.done()
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
