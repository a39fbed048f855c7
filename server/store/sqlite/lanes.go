package sqlite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// WaitingLanes looks at the head of each lane only, so that it takes as long for
// ten million waiting deliveries as for one per lane.
func (s *Store) WaitingLanes(ctx context.Context) ([]store.Lane, error) {
	var lanes []store.Lane
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT c.key, (SELECT d.due FROM delivery d WHERE d.connection = c.key AND d.state = 1
			ORDER BY d.due LIMIT 1) AS due FROM connection c WHERE c.deleted_at = 0 AND due IS NOT NULL`)
		for q.next() {
			lanes = append(lanes, store.Lane{Connection: q.int(), Due: q.time()})
		}
		return q.done()
	})
	return lanes, err
}

// NextDue returns when the lane's next delivery is due.
func (s *Store) NextDue(
	ctx context.Context, connection int64, except []store.DeliveryID,
) (due time.Time, waiting bool, err error) {
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT id, due FROM delivery WHERE connection = ? AND state = 1 ORDER BY due, id`, connection)
		for !waiting && q.next() {
			if id := store.DeliveryID(q.int()); !slices.Contains(except, id) {
				due, waiting = q.time(), true
			}
		}
		return q.done()
	})
	return due, waiting, err
}

// DueDeliveries returns what is due in the lane.
func (s *Store) DueDeliveries(ctx context.Context, query store.DueQuery) ([]store.DueDelivery, error) {
	var due []store.DueDelivery
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT id, kind, record, due, order_id, size FROM delivery
			WHERE connection = ? AND state = 1 AND due <= ? ORDER BY due, id`, query.Connection, query.Now)
		for len(due) < query.Limit && q.next() {
			d := store.DueDelivery{
				ID: store.DeliveryID(q.int()), Kind: store.RecordKind(q.int()), Record: q.int(), Due: q.time(),
				OrderID: q.text(), Size: int(q.int()),
			}
			if !slices.Contains(query.Except, d.ID) &&
				!slices.Contains(query.BusyRecords, store.RecordRef{Kind: d.Kind, Key: d.Record}) &&
				!slices.Contains(query.BusyOrders, d.OrderID) {
				due = append(due, d)
			}
		}
		return q.done()
	})
	return due, err
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

// loader reads deliveries at one instant.
type loader struct {
	store *Store
	conn  *sqlite.Conn
	// parcels of orders that were read for an earlier delivery.
	parcels map[parcelOrder][]parcelPlace
}

type parcelOrder struct {
	merchant int64
	orderID  string
}

type parcelPlace struct {
	key    int64
	number string
}

func (l *loader) load(id store.DeliveryID) (loaded store.LoadedDelivery, found bool, err error) {
	q := start(l.conn, `SELECT `+deliveryColumns+`, r.state, r.content_key, d.merchant`+fromDeliveries+`WHERE d.id = ?`,
		int64(id))
	var merchant int64
	if found = q.next(); found {
		loaded.Delivery = l.store.scanDelivery(q)
		loaded.Remote = store.RemoteRecord{
			RemoteID: loaded.Delivery.RemoteID, RemoteURL: loaded.Delivery.RemoteURL, State: q.bytes(), ContentKey: q.bytes(),
		}
		merchant = q.int()
	}
	if err := q.done(); err != nil || !found {
		return loaded, false, err
	}
	if loaded.Delivery.Kind == store.OrderRecord {
		loaded.RecordKey = fmt.Sprintf("order:%d", loaded.Delivery.Record)
		loaded.Body, err = l.body(`SELECT body FROM orders WHERE key = ?`, loaded.Delivery.Record)
		return loaded, true, err
	}
	loaded.RecordKey = fmt.Sprintf("tracking:%d", loaded.Delivery.Record)
	return loaded, true, l.loadTracking(&loaded, merchant)
}

func (l *loader) body(text string, args ...any) ([]byte, error) {
	q := start(l.conn, text, args...)
	var body []byte
	if q.next() {
		body = q.bytes()
	}
	return body, q.done()
}

// loadTracking reads the parcel, its order, and its place among the order's
// parcels. The order is the one that the parcel belongs to now.
func (l *loader) loadTracking(loaded *store.LoadedDelivery, merchant int64) (err error) {
	q := start(l.conn, `SELECT order_id, body FROM tracking WHERE key = ?`, loaded.Delivery.Record)
	order := parcelOrder{merchant: merchant}
	if q.next() {
		order.orderID, loaded.Body = q.text(), q.bytes()
	}
	if err := q.done(); err != nil {
		return err
	}
	loaded.OrderBody, err = l.body(`SELECT body FROM orders WHERE order_id = ? AND merchant = ?`,
		order.orderID, merchant)
	if err != nil {
		return err
	}
	parcels, known := l.parcels[order]
	if !known {
		if parcels, err = l.parcelsOf(order); err != nil {
			return err
		}
		l.parcels[order] = parcels
	}
	const mostSiblings = 50
	loaded.ParcelCount = len(parcels)
	for i, parcel := range parcels {
		if parcel.key == loaded.Delivery.Record {
			loaded.ParcelNumber = i + 1
		} else if len(loaded.Siblings) < mostSiblings {
			loaded.Siblings = append(loaded.Siblings, parcel.number)
		}
	}
	return nil
}

func (l *loader) parcelsOf(order parcelOrder) ([]parcelPlace, error) {
	q := start(l.conn, `SELECT key, number FROM tracking WHERE order_id = ? AND merchant = ? ORDER BY key`,
		order.orderID, order.merchant)
	var parcels []parcelPlace
	for q.next() {
		parcels = append(parcels, parcelPlace{q.int(), q.text()})
	}
	return parcels, q.done()
}
