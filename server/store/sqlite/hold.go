package sqlite

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

// Where a connection copies both, an order goes before its tracking (promise P4):
// a tracking delivery is blocked while the last delivery of its order on the same
// connection is open or failed.

// waitingForOrder is the reason of a delivery that waits for its order: Blocked
// for the delivery of the order, or Pending until the order is submitted.
const waitingForOrder = "WAITING_FOR_ORDER"

// waitsForSubmission says whether a delivery waits until its order is submitted.
func waitsForSubmission(r row) bool { return r.state == store.Pending && r.reason == waitingForOrder }

// holdsTracking says whether an order's delivery in that state keeps its tracking
// waiting.
func holdsTracking(state store.DeliveryState) bool { return state.Open() || state == store.Failed }

// isHeld says whether a delivery of that kind and order has to wait. The caller
// knows that the connection takes orders.
func (t *tx) isHeld(kind store.RecordKind, connection, merchant int64, orderID string) (bool, error) {
	if kind != store.TrackingRecord {
		return false, nil
	}
	order, known, err := t.storedOrder(merchant, orderID)
	if err != nil || !known {
		return false, err
	}
	last, had, err := t.lastRow(store.OrderRecord, order.key, connection)
	return had && holdsTracking(last.state), err
}

// hold blocks the tracking that is ready, after the order got an open delivery.
func (t *tx) hold(connection, merchant int64, orderID string) error {
	q := t.query(`SELECT d.id FROM tracking t INDEXED BY tracking_order
		CROSS JOIN delivery d INDEXED BY delivery_record ON d.kind = 2 AND d.record = t.key AND d.connection = ?1+0
		WHERE t.order_id = ?2||'' AND t.merchant = ?3+0 AND d.state = 1`, connection, orderID, merchant)
	ids, err := allIDs(q)
	if err != nil {
		return err
	}
	for _, id := range ids {
		// The epoch stays: a send may be under way.
		err := t.run(`UPDATE delivery SET state = 2, reason = ?, hint = '' WHERE id = ?`, waitingForOrder, int64(id))
		if err != nil {
			return err
		}
	}
	return nil
}

// letGo promotes the tracking of an order if no delivery of the order holds it any
// more.
func (t *tx) letGo(order row, now time.Time) error {
	ids, err := allIDs(t.query(`SELECT id FROM delivery INDEXED BY delivery_blocked
		WHERE connection = ?+0 AND order_id = ?||'' AND state = 2`,
		order.connection, order.orderID))
	if err != nil || len(ids) == 0 {
		return err
	}
	last, had, err := t.lastRow(store.OrderRecord, order.record, order.connection)
	if err != nil || had && holdsTracking(last.state) {
		return err
	}
	return t.promote(order.connection, ids, now)
}

// promote makes blocked deliveries ready.
func (t *tx) promote(connection int64, ids []store.DeliveryID, now time.Time) error {
	epoch, err := t.epochFor(connection)
	if err != nil {
		return err
	}
	for _, id := range ids {
		// An epoch that is not over stays, see keepsEpoch: a send may be under way.
		err := t.run(`UPDATE delivery SET state = 1, due = ?1, reason = '', hint = '', epoch = iif(epoch > ?3, epoch, ?2),
			fate_unknown = fate_unknown OR epoch <> 0 AND epoch <= ?3 WHERE id = ?4`,
			now, epoch, t.w.store.unclean, int64(id))
		if err != nil {
			return err
		}
		t.wake(connection, now)
	}
	return nil
}

func allIDs(q *query) ([]store.DeliveryID, error) {
	var ids []store.DeliveryID
	for q.next() {
		ids = append(ids, store.DeliveryID(q.int()))
	}
	return ids, q.done()
}
