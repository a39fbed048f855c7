package sqlite

import (
	"context"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
)

const deliveryColumns = `d.id, d.connection, d.kind, d.record, d.revision, d.state, d.reason, d.hint, d.fix_scope,
	d.due, d.sends, d.spent, d.retry_age, d.fate_unknown, d.epoch, d.created_at, d.finished_at, m.id, c.id, c.plugin,
	d.order_id, d.number, coalesce(r.remote_id, ''), coalesce(r.remote_url, ''), d.last_number, d.last_start,
	d.last_took, d.last_outcome, d.last_reason, d.last_hint, d.last_fix, d.last_status, d.last_request, d.last_answer,
	d.last_differs, d.trace, d.covers`

const fromDeliveries = ` FROM delivery d JOIN merchant m ON m.key = d.merchant JOIN connection c ON c.key = d.connection
	LEFT JOIN remote_record r ON r.connection = d.connection AND r.kind = d.kind AND r.record = d.record `

func (s *Store) scanDelivery(q *query) store.Delivery {
	d := store.Delivery{
		ID: store.DeliveryID(q.int()), Connection: q.int(), Kind: store.RecordKind(q.int()), Record: q.int(),
		Revision: q.int(), State: store.DeliveryState(q.int()), Reason: q.text(), Hint: q.text(),
		FixScope: store.FixScope(q.int()), Due: q.time(), Sends: int(q.int()), Spent: int(q.int()),
		RetryAge: q.duration(),
	}
	marked, epoch := q.bool(), q.int()
	d.FateUnknown = marked || d.State.Open() && s.doubtful(false, epoch)
	d.CreateTime, d.FinishTime, d.MerchantID, d.ConnectionID, d.Plugin = q.time(), q.time(), q.text(), q.text(), q.text()
	d.OrderID, d.TrackingNumber, d.RemoteID, d.RemoteURL = q.text(), q.text(), q.text(), q.text()
	if last := scanAttempt(q); last.Number > 0 {
		d.Last = &last
	}
	d.Trace = trace.FromBytes(q.bytes())
	d.Covers = max(d.Revision, q.int())
	return d
}

func scanAttempt(q *query) store.Attempt {
	a := store.Attempt{
		Number: int(q.int()), Start: q.time(), Duration: q.duration(), Outcome: store.Outcome(q.int()), Reason: q.text(),
		Hint: q.text(), FixScope: store.FixScope(q.int()), HTTPStatus: int(q.int()), RequestExcerpt: q.text(),
		ResponseExcerpt: q.text(),
	}
	if differs := q.text(); differs != "" {
		a.DifferingFields = strings.Split(differs, "\n")
	}
	return a
}

// DeliveryByID returns ErrNotFound.
func (s *Store) DeliveryByID(ctx context.Context, id store.DeliveryID) (store.Delivery, error) {
	var d store.Delivery
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT `+deliveryColumns+fromDeliveries+`WHERE d.id = ?+0`, int64(id))
		return one(q, func() { d = s.scanDelivery(q) })
	})
	return d, err
}

// RecordDeliveries returns a record's last delivery on each connection.
func (s *Store) RecordDeliveries(ctx context.Context, record store.RecordRef) ([]store.Delivery, error) {
	var deliveries []store.Delivery
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT connection, id FROM delivery INDEXED BY delivery_record WHERE kind = ? AND record = ?
			ORDER BY connection, revision DESC`, int(record.Kind), record.Key)
		var ids []store.DeliveryID
		connection := int64(0)
		for q.next() {
			of, id := q.int(), store.DeliveryID(q.int())
			if of != connection {
				connection, ids = of, append(ids, id)
			}
		}
		if err := q.done(); err != nil {
			return err
		}
		var err error
		deliveries, err = s.byID(conn, ids)
		return err
	})
	return deliveries, err
}

// byID reads deliveries in the order of the ids.
func (s *Store) byID(conn *sqlite.Conn, ids []store.DeliveryID) ([]store.Delivery, error) {
	deliveries := make([]store.Delivery, 0, len(ids))
	for _, id := range ids {
		q := start(conn, `SELECT `+deliveryColumns+fromDeliveries+`WHERE d.id = ?+0`, int64(id))
		if q.next() {
			deliveries = append(deliveries, s.scanDelivery(q))
		}
		if err := q.done(); err != nil {
			return nil, err
		}
	}
	return deliveries, nil
}

// Attempts lists by number, the last first.
func (s *Store) Attempts(ctx context.Context, id store.DeliveryID, page store.Page) ([]store.Attempt, error) {
	if page.After == 0 {
		page.After = 1 << 62
	}
	var attempts []store.Attempt
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT last_number AS number, last_start, last_took, last_outcome, last_reason, last_hint,
			last_fix, last_status, last_request, last_answer, last_differs FROM delivery
			WHERE id = ?1 AND last_number BETWEEN 1 AND ?2 - 1
			UNION ALL SELECT number, start, took, outcome, reason, hint, fix, status, request, answer, differs FROM attempt
			WHERE delivery = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3`, int64(id), page.After, page.Limit)
		for q.next() {
			attempts = append(attempts, scanAttempt(q))
		}
		return q.done()
	})
	return attempts, err
}
