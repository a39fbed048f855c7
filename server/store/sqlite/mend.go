package sqlite

import (
	"context"
	"time"

	"github.com/spurline/spurline/server/store"
)

// RetryDelivery makes a delivery due now.
func (s *Store) RetryDelivery(ctx context.Context, id store.DeliveryID, now time.Time) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		r, found, err := t.row(id)
		if err == nil && !found {
			err = store.ErrNotFound
		}
		if err != nil {
			return err
		}
		switch r.state {
		case store.Pending:
			return t.hurry(r, now)
		case store.Blocked:
			return nil // It goes as soon as its order has gone.
		case store.Failed, store.Skipped, store.Cancelled:
			reopened, err := t.reopen(r, true, now)
			if err == nil && !reopened {
				err = store.ErrWrongState
			}
			return err
		case store.Delivered, store.Superseded:
		}
		return store.ErrWrongState
	})
}

// hurry makes a pending delivery due now, also one that waits for its order to be
// submitted.
func (t *tx) hurry(r row, now time.Time) error {
	if r.reason == waitingForOrder {
		r.reason = ""
	}
	t.wake(r.connection, now)
	return t.run(`UPDATE delivery SET due = ?, reason = ? WHERE id = ?`, now, r.reason, int64(r.id))
}

// reopen makes an ended delivery pending, or blocked if its order has to go first.
// Whoever reopens one by hand that cannot be repeated safely has looked there before;
// an edit has not. It returns false, and changes nothing, if a later delivery has
// taken its place or its connection is deleted.
func (t *tx) reopen(r row, byHand bool, now time.Time) (bool, error) {
	last, _, err := t.lastRow(r.kind, r.record, r.connection)
	if err != nil || last.id != r.id {
		return false, err
	}
	takes, exists, err := t.takes(r.connection)
	if err != nil || !exists {
		return false, err
	}
	if r, err = t.whereItIs(r); err != nil {
		return false, err
	}
	held := false
	if takes.Orders {
		if held, err = t.isHeld(r.kind, r.connection, r.merchant, r.orderID); err != nil {
			return false, err
		}
	}
	state, reason := store.Pending, ""
	epoch, err := t.epochFor(r.connection)
	if err != nil {
		return false, err
	}
	if held {
		state, epoch, reason = store.Blocked, neverReady, waitingForOrder
	} else {
		t.wake(r.connection, now)
	}
	doubt := t.doubtful(r) && (!byHand || !takes.Intents)
	err = t.run(`UPDATE delivery SET state = ?, reason = ?, hint = '', fix_scope = 0, due = ?, spent = 0,
		retry_age = 0, fate_unknown = ?, epoch = ?, finished_at = 0 WHERE id = ?`,
		int(state), reason, now, doubt, t.keepsEpoch(r, epoch), int64(r.id))
	if err != nil {
		return false, err
	}
	if r.kind == store.TrackingRecord {
		if err := t.run(`UPDATE delivery SET order_id = ? WHERE id = ?`, r.orderID, int64(r.id)); err != nil {
			return false, err
		}
	}
	t.count(r.merchant, r.connection, r.state, state)
	if r.kind == store.OrderRecord && takes.Orders && takes.Tracking {
		err = t.hold(r.connection, r.merchant, r.orderID)
	}
	return true, err
}

// whereItIs is the delivery with the order that its tracking record is of now. What had
// ended when the parcel moved has stayed behind.
func (t *tx) whereItIs(r row) (row, error) {
	if r.kind != store.TrackingRecord {
		return r, nil
	}
	q := t.query(`SELECT order_id FROM tracking WHERE key = ?`, r.record)
	if q.next() {
		r.orderID = q.text()
	}
	return r, q.done()
}

// takes returns what a connection takes, false if it is deleted.
func (t *tx) takes(connection int64) (store.Takes, bool, error) {
	q := t.query(`SELECT takes_orders, takes_tracking, intents FROM connection
		WHERE key = ? AND deleted_at = 0`, connection)
	found := q.next()
	var takes store.Takes
	if found {
		takes = store.Takes{Orders: q.bool(), Tracking: q.bool(), Intents: q.bool()}
	}
	return takes, found, q.done()
}

// heldOn is isHeld where it is not known what the connection takes.
func (t *tx) heldOn(connection, merchant int64, orderID string) (bool, error) {
	takes, exists, err := t.takes(connection)
	if err != nil || !exists || !takes.Orders {
		return false, err
	}
	return t.isHeld(store.TrackingRecord, connection, merchant, orderID)
}

// RetryFailed reopens failed deliveries of a connection, in several commits if
// they are many, so that others do not wait for it (promise P5).
func (s *Store) RetryFailed(
	ctx context.Context, connection int64, reason string, limit int, now time.Time,
) (int64, error) {
	var reopened, after int64
	for limit > 0 {
		step := failedStep{after: after, limit: min(limit, choreStep), reason: reason}
		found, done, last := 0, int64(0), int64(0)
		err := s.writer.write(ctx, choreSize, func(t *tx) (err error) {
			found, done, last, err = t.reopenStep(connection, step, now)
			return err
		})
		if err != nil {
			return reopened, err
		}
		reopened, after, limit = reopened+done, last, limit-found
		if found < step.limit {
			break
		}
	}
	return reopened, nil
}

// failedStep selects failed deliveries of a connection, by id.
type failedStep struct {
	after int64
	limit int
	// reason, if not empty, is theirs.
	reason string
	// bySettings: only those that an edit of settings can mend, and that failed
	// before it.
	bySettings bool
	before     time.Time
}

// reopenStep returns how many deliveries it found, how many of them it reopened,
// and the last id.
func (t *tx) reopenStep(
	connection int64, step failedStep, now time.Time,
) (found int, reopened, last int64, err error) {
	rows, err := t.failedRows(connection, step)
	if err != nil {
		return 0, 0, 0, err
	}
	for _, r := range rows {
		// Who retries all that failed has not looked at each of them; who asks for this
		// reason has.
		again, err := t.reopen(r, step.reason == store.FateUnknown, now)
		if err != nil {
			return 0, 0, 0, err
		}
		if again {
			reopened++
		}
		last = int64(r.id)
	}
	return len(rows), reopened, last, nil
}

func (t *tx) failedRows(connection int64, step failedStep) ([]row, error) {
	text := selectRow + `INDEXED BY delivery_failed WHERE connection = ? AND state = 5 AND id > ?`
	args := []any{connection, step.after}
	if step.reason != "" {
		text, args = text+` AND reason = ?`, append(args, step.reason)
	}
	if step.bySettings {
		text, args = text+` AND fix_scope <> ? AND finished_at <= ?`, append(args, int(store.FixRecord), step.before)
	}
	q := t.query(text+` ORDER BY id LIMIT ?`, append(args, step.limit)...)
	var rows []row
	for q.next() {
		rows = append(rows, scanRow(q))
	}
	return rows, q.done()
}

// CancelDelivery ends an open or failed delivery.
func (s *Store) CancelDelivery(ctx context.Context, id store.DeliveryID, now time.Time) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		r, found, err := t.row(id)
		switch {
		case err != nil:
			return err
		case !found:
			return store.ErrNotFound
		case !r.unended():
			return store.ErrWrongState
		}
		if err := t.cancel(r, now); err != nil {
			return err
		}
		t.wake(r.connection, now) // Whoever has it as fresh looks into the lane instead.
		if r.kind == store.OrderRecord {
			return t.letGo(r, now)
		}
		return nil
	})
}

// cancel ends a delivery. It keeps its epoch: a send of it may be under way.
func (t *tx) cancel(r row, now time.Time) error {
	t.count(r.merchant, r.connection, r.state, store.Cancelled)
	return t.run(`UPDATE delivery SET state = ?, reason = 'CANCELLED', hint = '', finished_at = ? WHERE id = ?`,
		int(store.Cancelled), now, int64(r.id))
}
