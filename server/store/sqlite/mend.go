package sqlite

import (
	"context"
	"time"

	"github.com/spurline/spurline/server/store"
)

// mendable is a delivery that somebody wants to change.
type mendable struct {
	connection, record, revision int64
	kind                         store.RecordKind
	state                        store.DeliveryState
	merchant                     int64
	orderID                      string
}

func (t *tx) mendable(id store.DeliveryID) (mendable, error) {
	q := t.query(`SELECT d.connection, d.record, d.revision, d.kind, d.state, d.merchant, d.order_id
		FROM delivery d WHERE d.id = ?`, int64(id))
	if !q.next() {
		if err := q.done(); err != nil {
			return mendable{}, err
		}
		return mendable{}, store.ErrNotFound
	}
	d := mendable{
		q.int(), q.int(), q.int(), store.RecordKind(q.int()), store.DeliveryState(q.int()), q.int(), q.text(),
	}
	return d, q.done()
}

// RetryDelivery makes a delivery due now.
func (s *Store) RetryDelivery(ctx context.Context, id store.DeliveryID, now time.Time) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		d, err := t.mendable(id)
		if err != nil {
			return err
		}
		switch d.state {
		case store.Pending:
			t.wake(d.connection, now)
			return t.run(`UPDATE delivery SET due = ? WHERE id = ?`, now, int64(id))
		case store.Failed, store.Skipped, store.Cancelled:
			return t.reopen(id, d, now)
		case store.Blocked, store.Delivered, store.Superseded:
		}
		return store.ErrWrongState
	})
}

// reopen makes an ended delivery pending, unless a newer revision has taken its
// place or its connection is gone.
func (t *tx) reopen(id store.DeliveryID, d mendable, now time.Time) error {
	q := t.query(`SELECT 1 FROM delivery WHERE kind = ? AND record = ? AND connection = ? AND revision > ?
		UNION ALL SELECT 1 FROM connection WHERE key = ? AND deleted_at > 0 LIMIT 1`,
		int(d.kind), d.record, d.connection, d.revision, d.connection)
	hopeless := q.next()
	if err := q.done(); err != nil {
		return err
	}
	if hopeless {
		return store.ErrWrongState
	}
	takesOrders, err := t.takesOrders(d.connection)
	if err != nil {
		return err
	}
	blocked, err := t.isBlocked(newDelivery{
		want:     store.Want{Connection: d.connection, Takes: store.Takes{Orders: takesOrders}},
		merchant: d.merchant, kind: d.kind, orderID: d.orderID,
	})
	if err != nil {
		return err
	}
	state, reason := store.Pending, ""
	if blocked {
		state, reason = store.Blocked, waitingForOrder
	} else {
		t.wake(d.connection, now)
	}
	t.count(d.connection, d.state, state)
	return t.run(`UPDATE delivery SET state = ?, reason = ?, hint = '', fix_scope = 0, due = ?, spent = 0,
		first_spent = 0, epoch = ?, finished_at = 0 WHERE id = ?`, int(state), reason, now, t.w.store.epoch, int64(id))
}

func (t *tx) takesOrders(connection int64) (bool, error) {
	q := t.query(`SELECT takes_orders FROM connection WHERE key = ?`, connection)
	takes := q.next() && q.bool()
	return takes, q.done()
}

// RetryFailed reopens failed deliveries of a connection.
func (s *Store) RetryFailed(
	ctx context.Context, connection int64, reason string, limit int, now time.Time,
) (int64, error) {
	var reopened int64
	err := s.writer.write(ctx, 0, func(t *tx) (err error) {
		reopened, err = t.retryFailed(connection, limit, now, func(r string, _ store.FixScope) bool {
			return reason == "" || r == reason
		})
		return err
	})
	return reopened, err
}

// retryFailed reopens the failed deliveries that match.
func (t *tx) retryFailed(
	connection int64, limit int, now time.Time, match func(reason string, fix store.FixScope) bool,
) (int64, error) {
	q := t.query(`SELECT id, reason, fix_scope FROM delivery WHERE connection = ? AND state = 5 ORDER BY id`, connection)
	var ids []store.DeliveryID
	for len(ids) < limit && q.next() {
		id, reason, fix := store.DeliveryID(q.int()), q.text(), store.FixScope(q.int())
		if match(reason, fix) {
			ids = append(ids, id)
		}
	}
	if err := q.done(); err != nil {
		return 0, err
	}
	for _, id := range ids {
		d, err := t.mendable(id)
		if err != nil {
			return 0, err
		}
		if err := t.reopen(id, d, now); err != nil {
			return 0, err
		}
	}
	return int64(len(ids)), nil
}

// CancelDelivery ends an open or failed delivery.
func (s *Store) CancelDelivery(ctx context.Context, id store.DeliveryID, now time.Time) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		d, err := t.mendable(id)
		if err != nil {
			return err
		}
		if !d.state.Open() && d.state != store.Failed {
			return store.ErrWrongState
		}
		return t.cancel(id, d, now)
	})
}

func (t *tx) cancel(id store.DeliveryID, d mendable, now time.Time) error {
	err := t.run(`UPDATE delivery SET state = ?, reason = 'CANCELLED', hint = '', finished_at = ? WHERE id = ?`,
		int(store.Cancelled), now, int64(id))
	if err != nil {
		return err
	}
	t.count(d.connection, d.state, store.Cancelled)
	if d.kind == store.OrderRecord {
		return t.promoteAfter(d.record, d.connection, d.orderID, now)
	}
	return nil
}
