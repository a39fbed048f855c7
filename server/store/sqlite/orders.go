package sqlite

import (
	"context"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

const orderColumns = `o.key, o.merchant, m.id, o.order_id, o.revision, o.source_version, o.body, o.hash, o.source,
	o.last_change, o.created_at, o.updated_at`

func scanOrder(q *query) store.Order {
	return store.Order{
		Key: q.int(), MerchantKey: q.int(), MerchantID: q.text(), OrderID: q.text(), Revision: q.int(),
		SourceVersion: q.optional(), Body: q.bytes(), Hash: q.bytes(), Source: q.text(),
		LastChange: q.int(), CreateTime: q.time(), UpdateTime: q.time(),
	}
}

// OrderByID returns ErrNotFound.
func (s *Store) OrderByID(ctx context.Context, merchantKey int64, orderID string) (store.Order, error) {
	var order store.Order
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT `+orderColumns+` FROM orders o JOIN merchant m ON m.key = o.merchant
			WHERE o.order_id = ?||'' AND o.merchant = ?+0`, orderID, merchantKey)
		return one(q, func() { order = scanOrder(q) })
	})
	return order, err
}

// Orders lists by change, the last first.
func (s *Store) Orders(ctx context.Context, filter store.OrderFilter, page store.Page) ([]store.Order, error) {
	before := page.After
	if before == 0 {
		before = 1 << 62
	}
	end := s.writer.current.end(orderChain, filter.MerchantKey)
	var orders []store.Order
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		from, err := orderChain.from(conn, filter.MerchantKey, end, page.After)
		if err != nil {
			return err
		}
		// A change that is not an order's last one is passed over.
		q := start(conn, orderChain.walk()+`SELECT `+orderColumns+` FROM chain
			CROSS JOIN order_change c ON c.id = chain.id CROSS JOIN orders o ON o.key = c.order_key AND o.last_change = c.id
			CROSS JOIN merchant m ON m.key = o.merchant
			WHERE chain.id < ?3 AND o.updated_at >= ?4 AND (?5 = '' OR o.source = ?5) LIMIT ?6`,
			from, downTo(filter.UpdatedSince), before, filter.UpdatedSince, filter.Source, page.Limit)
		for q.next() {
			orders = append(orders, scanOrder(q))
		}
		return q.done()
	})
	return orders, err
}

// OrderRevisions lists the revisions of an order, the last first.
func (s *Store) OrderRevisions(ctx context.Context, orderKey int64, page store.Page) ([]store.Order, error) {
	if page.After == 0 {
		page.After = 1 << 62
	}
	var revisions []store.Order
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT `+orderColumns+` FROM orders o JOIN merchant m ON m.key = o.merchant
			WHERE o.key = ?1 AND o.revision < ?2
			UNION ALL SELECT o.key, o.merchant, m.id, o.order_id, r.revision, r.source_version, r.body, r.hash, r.source,
			o.last_change, o.created_at, r.updated_at FROM order_revision r JOIN orders o ON o.key = r.order_key
			JOIN merchant m ON m.key = o.merchant WHERE r.order_key = ?1 AND r.revision < ?2
			ORDER BY 5 DESC LIMIT ?3`, orderKey, page.After, page.Limit)
		for q.next() {
			revisions = append(revisions, scanOrder(q))
		}
		return q.done()
	})
	return revisions, err
}

// FindOrders returns the merchants that have the order or tracking of it.
func (s *Store) FindOrders(ctx context.Context, merchantKey int64, orderID string) ([]store.Merchant, error) {
	var merchants []store.Merchant
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT `+merchantColumns+` FROM merchant m WHERE m.key IN (
			SELECT merchant FROM orders WHERE order_id = ?1 AND (?2 = 0 OR merchant = ?2)
			UNION SELECT merchant FROM tracking WHERE order_id = ?1 AND (?2 = 0 OR merchant = ?2)
			UNION SELECT t.merchant FROM tracking_revision r INDEXED BY tracking_revision_order
				JOIN tracking t ON t.key = r.tracking_key WHERE r.order_id = ?1 AND (?2 = 0 OR t.merchant = ?2))
			ORDER BY m.key LIMIT 100`, orderID, merchantKey)
		for q.next() {
			merchants = append(merchants, scanMerchant(q))
		}
		return q.done()
	})
	return merchants, err
}

const trackingColumns = `t.key, t.merchant, m.id, t.number_key, t.number, t.order_id, t.shipment_id, t.revision,
	t.source_version, t.body, t.hash, t.created_at, t.updated_at`

func scanTracking(q *query) store.Tracking {
	return store.Tracking{
		Key: q.int(), MerchantKey: q.int(), MerchantID: q.text(), NumberKey: q.text(), Number: q.text(),
		OrderID: q.text(), ShipmentID: q.text(), Revision: q.int(), SourceVersion: q.optional(),
		Body: q.bytes(), Hash: q.bytes(), CreateTime: q.time(), UpdateTime: q.time(),
	}
}

func (s *Store) tracking(ctx context.Context, where string, args ...any) ([]store.Tracking, error) {
	var records []store.Tracking
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT `+trackingColumns+` FROM tracking t JOIN merchant m ON m.key = t.merchant `+where,
			args...)
		for q.next() {
			records = append(records, scanTracking(q))
		}
		return q.done()
	})
	return records, err
}

// OrderTracking returns the tracking records of an order, oldest first.
func (s *Store) OrderTracking(ctx context.Context, merchantKey int64, orderID string) ([]store.Tracking, error) {
	return s.tracking(ctx, `WHERE t.order_id = ? AND t.merchant = ? ORDER BY t.key LIMIT 1000`, orderID, merchantKey)
}

// MovedTracking returns the tracking records that were of an order, oldest first.
func (s *Store) MovedTracking(ctx context.Context, merchantKey int64, orderID string) ([]store.Tracking, error) {
	return s.tracking(ctx, `WHERE t.key IN (SELECT tracking_key FROM tracking_revision
			INDEXED BY tracking_revision_order WHERE order_id = ?1)
		AND t.order_id <> ?1 AND t.merchant = ?2 ORDER BY t.key LIMIT 50`, orderID, merchantKey)
}

// FindTracking returns the tracking records of a number.
func (s *Store) FindTracking(ctx context.Context, merchantKey int64, numberKey string) ([]store.Tracking, error) {
	return s.tracking(ctx, `WHERE t.number_key = ?1 AND (?2 = 0 OR t.merchant = ?2) ORDER BY t.key LIMIT 100`,
		numberKey, merchantKey)
}

// ExtraFields lists the names seen.
func (s *Store) ExtraFields(ctx context.Context, merchantKey int64) ([]store.ExtraField, error) {
	var fields []store.ExtraField
	err := s.read(ctx, func(conn *sqlite.Conn) (err error) {
		fields, err = readFields(conn, merchantKey)
		return err
	})
	return fields, err
}

func readFields(conn *sqlite.Conn, merchantKey int64) ([]store.ExtraField, error) {
	q := start(conn, `SELECT source, level, name, first_seen FROM extra_field WHERE merchant = ?
		ORDER BY source, level, name`, merchantKey)
	var fields []store.ExtraField
	for q.next() {
		fields = append(fields, store.ExtraField{
			Source: q.text(), Level: store.ExtraFieldLevel(q.int()), Name: q.text(), FirstSeen: q.time(),
		})
	}
	return fields, q.done()
}
