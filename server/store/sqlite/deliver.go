package sqlite

import (
	"fmt"
	"time"

	"github.com/spurline/spurline/server/store"
)

// newDelivery is a delivery to be made.
type newDelivery struct {
	want     store.Want
	merchant int64
	kind     store.RecordKind
	record   int64
	revision int64
	size     int
	orderID  string
	number   string
	due      time.Time
	reason   string
}

// makeDelivery makes a delivery, which takes the place of those of older
// revisions that have not arrived.
func (t *tx) makeDelivery(d newDelivery, now time.Time) (store.DeliveryRef, error) {
	fateUnknown, err := t.supersede(d, now)
	if err != nil {
		return store.DeliveryRef{}, err
	}
	state := store.Pending
	blocked, err := t.isBlocked(d)
	if err != nil {
		return store.DeliveryRef{}, err
	}
	if blocked {
		state, d.reason = store.Blocked, waitingForOrder
	}
	id := t.nextID(now)
	err = t.run(`INSERT INTO delivery (id, connection, merchant, kind, record, revision, state, reason, hint,
		fix_scope, due, sends, spent, first_spent, fate_unknown, epoch, size, order_id, number, created_at, finished_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', 0, ?, 0, 0, 0, ?, ?, ?, ?, ?, ?, 0)`,
		int64(id), d.want.Connection, d.merchant, int(d.kind), d.record, d.revision, int(state), d.reason,
		d.due, fateUnknown, t.w.store.epoch, d.size, d.orderID, d.number, now)
	if err != nil {
		return store.DeliveryRef{}, err
	}
	t.count(d.want.Connection, 0, state)
	if state == store.Pending {
		t.wake(d.want.Connection, d.due)
	}
	return store.DeliveryRef{ID: id, Connection: d.want.Connection}, nil
}

// supersede ends the open and failed deliveries of older revisions. fateUnknown
// says whether one of them may have been sent without its outcome known; the new
// one inherits that.
func (t *tx) supersede(d newDelivery, now time.Time) (fateUnknown bool, err error) {
	type older struct {
		id    int64
		state store.DeliveryState
	}
	var ended []older
	q := t.query(`SELECT id, state, fate_unknown, epoch FROM delivery
		WHERE kind = ? AND record = ? AND connection = ? AND state IN (1, 2, 5)`,
		int(d.kind), d.record, d.want.Connection)
	for q.next() {
		ended = append(ended, older{q.int(), store.DeliveryState(q.int())})
		marked, epoch := q.bool(), q.int()
		state := ended[len(ended)-1].state
		fateUnknown = fateUnknown || marked || state == store.Pending && t.w.store.fateUnknown(false, epoch)
	}
	if err := q.done(); err != nil {
		return false, err
	}
	for _, o := range ended {
		err := t.run(`UPDATE delivery SET state = ?, reason = 'SUPERSEDED', hint = ?, finished_at = ? WHERE id = ?`,
			int(store.Superseded), fmt.Sprintf("revision %d takes its place", d.revision), now, o.id)
		if err != nil {
			return false, err
		}
		t.count(d.want.Connection, o.state, store.Superseded)
	}
	return fateUnknown, nil
}

// isBlocked says whether a tracking record has to wait for the delivery of its
// order on the same connection (promise P4).
func (t *tx) isBlocked(d newDelivery) (bool, error) {
	if d.kind != store.TrackingRecord || !d.want.Takes.Orders {
		return false, nil
	}
	order, known, err := t.storedOrder(d.merchant, d.orderID)
	if err != nil || !known {
		return false, err
	}
	last, had, err := t.lastDelivery(store.OrderRecord, order.key, d.want.Connection)
	return had && holdsTracking(last.state), err
}

// holdsTracking says whether an order's delivery in that state keeps its tracking
// waiting.
func holdsTracking(state store.DeliveryState) bool { return state.Open() || state == store.Failed }

// lastState is a record's last delivery on a connection.
type lastState struct {
	id     store.DeliveryID
	state  store.DeliveryState
	reason string
}

func (t *tx) lastDelivery(kind store.RecordKind, record, connection int64) (lastState, bool, error) {
	q := t.query(`SELECT id, state, reason FROM delivery WHERE kind = ? AND record = ? AND connection = ?
		ORDER BY revision DESC LIMIT 1`, int(kind), record, connection)
	found := q.next()
	var last lastState
	if found {
		last = lastState{store.DeliveryID(q.int()), store.DeliveryState(q.int()), q.text()}
	}
	return last, found, q.done()
}

// promote lets tracking go that waited for its order's delivery.
func (t *tx) promote(connection int64, orderID string, now time.Time) error {
	q := t.query(`SELECT id FROM delivery WHERE connection = ? AND order_id = ? AND state = 2`, connection, orderID)
	var ids []int64
	for q.next() {
		ids = append(ids, q.int())
	}
	if err := q.done(); err != nil {
		return err
	}
	for _, id := range ids {
		if err := t.run(`UPDATE delivery SET state = 1, due = ?, reason = '', hint = '' WHERE id = ?`,
			now, id); err != nil {
			return err
		}
		t.wake(connection, now)
	}
	return nil
}
