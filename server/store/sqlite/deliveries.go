package sqlite

import (
	"context"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

const deliveryColumns = `d.id, d.connection, d.kind, d.record, d.revision, d.state, d.reason, d.hint, d.fix_scope, d.due,
	d.sends, d.spent, d.first_spent, d.fate_unknown, d.epoch, d.created_at, d.finished_at, m.id, c.id, c.plugin,
	d.order_id, d.number, coalesce(r.remote_id, ''), coalesce(r.remote_url, ''), d.last_number, d.last_start,
	d.last_took, d.last_outcome, d.last_reason, d.last_hint, d.last_fix, d.last_status, d.last_request, d.last_answer,
	d.last_differs`

const fromDeliveries = ` FROM delivery d JOIN merchant m ON m.key = d.merchant JOIN connection c ON c.key = d.connection
	LEFT JOIN remote_record r ON r.connection = d.connection AND r.kind = d.kind AND r.record = d.record `

func (s *Store) scanDelivery(q *query) store.Delivery {
	d := store.Delivery{
		ID: store.DeliveryID(q.int()), Connection: q.int(), Kind: store.RecordKind(q.int()), Record: q.int(),
		Revision: q.int(), State: store.DeliveryState(q.int()), Reason: q.text(), Hint: q.text(),
		FixScope: store.FixScope(q.int()), Due: q.time(), Sends: int(q.int()), Spent: int(q.int()),
		FirstSpent: q.time(),
	}
	marked, epoch := q.bool(), q.int()
	d.FateUnknown = marked || d.State == store.Pending && s.fateUnknown(false, epoch)
	d.CreateTime, d.FinishTime, d.MerchantID, d.ConnectionID, d.Plugin = q.time(), q.time(), q.text(), q.text(), q.text()
	d.OrderID, d.TrackingNumber, d.RemoteID, d.RemoteURL = q.text(), q.text(), q.text(), q.text()
	if last := scanAttempt(q); last.Number > 0 {
		d.Last = &last
	}
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
		q := start(conn, `SELECT `+deliveryColumns+fromDeliveries+`WHERE d.id = ?`, int64(id))
		return one(q, func() { d = s.scanDelivery(q) })
	})
	return d, err
}

// Deliveries lists by id, the last first.
func (s *Store) Deliveries(
	ctx context.Context, filter store.DeliveryFilter, page store.Page,
) ([]store.Delivery, error) {
	where, args := deliveryConditions(filter)
	if page.After != 0 {
		where, args = append(where, "d.id < ?"), append(args, page.After)
	}
	args = append(args, page.Limit)
	text := `SELECT ` + deliveryColumns + fromDeliveries + `WHERE ` + strings.Join(where, " AND ") +
		` ORDER BY d.id DESC LIMIT ?`
	return s.deliveries(ctx, text, args...)
}

func (s *Store) deliveries(ctx context.Context, text string, args ...any) ([]store.Delivery, error) {
	var deliveries []store.Delivery
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, text, args...)
		for q.next() {
			deliveries = append(deliveries, s.scanDelivery(q))
		}
		return q.done()
	})
	return deliveries, err
}

// deliveryConditions writes a filter as conditions. Orders and numbers are found
// through their records, which spares an index on every delivery; the plus signs
// keep the planner from the index by merchant where there are few of them.
func deliveryConditions(filter store.DeliveryFilter) (where []string, args []any) {
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	merchant := "d.merchant = ?"
	switch {
	case filter.NumberKey != "":
		merchant = "+d.merchant = ?"
		add("d.kind = 2 AND d.record IN (SELECT key FROM tracking WHERE number_key = ? AND merchant = ?)",
			filter.NumberKey, filter.MerchantKey)
	case filter.OrderID != "":
		merchant = "+d.merchant = ?"
		add(`(d.kind = 1 AND d.record IN (SELECT key FROM orders WHERE order_id = ? AND merchant = ?) OR
			d.kind = 2 AND d.record IN (SELECT key FROM tracking WHERE order_id = ? AND merchant = ?))`,
			filter.OrderID, filter.MerchantKey, filter.OrderID, filter.MerchantKey)
	}
	add(merchant, filter.MerchantKey)
	if filter.NumberKey != "" && filter.OrderID != "" {
		add("d.order_id = ?", filter.OrderID)
	}
	if filter.Connection != 0 {
		add("d.connection = ?", filter.Connection)
	}
	if filter.State != 0 {
		add("d.state = " + stateLiteral(filter.State))
	}
	if filter.Reason != "" {
		add("d.reason = ?", filter.Reason)
	}
	if !filter.CreatedSince.IsZero() {
		add("d.created_at >= ?", filter.CreatedSince)
	}
	return where, args
}

// RecordDeliveries returns a record's last delivery on each connection.
func (s *Store) RecordDeliveries(ctx context.Context, record store.RecordRef) ([]store.Delivery, error) {
	return s.deliveries(ctx, `SELECT `+deliveryColumns+fromDeliveries+`WHERE d.kind = ?1 AND d.record = ?2
		AND d.revision = (SELECT max(n.revision) FROM delivery n WHERE n.kind = ?1 AND n.record = ?2
		AND n.connection = d.connection) ORDER BY d.connection`, int(record.Kind), record.Key)
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
