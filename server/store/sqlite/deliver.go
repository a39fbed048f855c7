package sqlite

import (
	"fmt"
	"time"

	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
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
	trace    trace.Place
	// created: the record is new, so that it has no delivery yet and is known nowhere.
	created bool
	// body is that of an order, handed on if it goes at once.
	body []byte
}

// makeDelivery makes a delivery, which takes the place of the one before it if
// that has not arrived.
func (t *tx) makeDelivery(d newDelivery, now time.Time) (store.DeliveryRef, error) {
	var last row
	had := false
	if !d.created {
		var err error
		if last, had, err = t.lastRow(d.kind, d.record, d.want.Connection); err != nil {
			return store.DeliveryRef{}, err
		}
	}
	if had && last.unended() {
		if err := t.supersede(last, d.revision, now); err != nil {
			return store.DeliveryRef{}, err
		}
	}
	if d.reason == waitingForOrder && had {
		d.due, d.reason = waitOn(last, d.due, now)
	}
	state, epoch := store.Pending, t.w.store.epoch
	held := false
	if d.want.Takes.Orders {
		var err error
		if held, err = t.isHeld(d.kind, d.want.Connection, d.merchant, d.orderID); err != nil {
			return store.DeliveryRef{}, err
		}
	}
	if held {
		state, d.reason = store.Blocked, waitingForOrder
	}
	if held || d.want.Takes.Intents {
		epoch = last.epoch // No send of its own can be under way, but one of the last may.
	}
	id := t.nextID(now)
	err := t.run(`INSERT INTO delivery (id, connection, merchant, before_connection, before_merchant, kind, record,
		revision, state, reason, hint, fix_scope, due, sends, spent, retry_age, fate_unknown, epoch, size, order_id,
		number, created_at, finished_at, trace)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, ?, 0, 0, 0, ?, ?, ?, ?, ?, ?, 0, ?)`,
		int64(id), d.want.Connection, d.merchant, t.link(connectionChain, d.want.Connection, int64(id)),
		t.link(merchantChain, d.merchant, int64(id)), int(d.kind), d.record, d.revision, int(state), d.reason,
		d.due, had && t.doubtful(last), epoch, d.size, d.orderID, d.number, now, d.trace.Bytes())
	if err != nil {
		return store.DeliveryRef{}, err
	}
	t.count(d.merchant, d.want.Connection, 0, state)
	switch {
	case state == store.Pending && d.created && !d.due.After(now):
		t.wakeFresh(d.want.Connection, d.fresh(id, epoch, now))
	case state == store.Pending:
		t.wake(d.want.Connection, d.due)
	}
	return store.DeliveryRef{ID: id, Connection: d.want.Connection}, nil
}

// fresh is the delivery as dispatch finds it when it looks for it at once. That of an
// order is complete.
func (d newDelivery) fresh(id store.DeliveryID, epoch int64, now time.Time) store.FreshDelivery {
	f := store.FreshDelivery{DueDelivery: store.DueDelivery{
		ID: id, Kind: d.kind, Record: d.record, Due: fromMicros(micros(d.due)), OrderID: d.orderID, Size: d.size,
	}}
	if d.body == nil {
		return f
	}
	f.Loaded = &store.LoadedDelivery{
		Delivery: store.Delivery{
			ID: id, Connection: d.want.Connection, Kind: d.kind, Record: d.record, Revision: d.revision, Covers: d.revision,
			State: store.Pending, Due: f.Due, CreateTime: fromMicros(micros(now)), OrderID: d.orderID,
			TrackingNumber: d.number, Trace: d.trace,
		},
		Body: d.body, RecordKey: recordKey(d.kind, d.record), NeedsIntent: epoch == neverReady,
	}
	return f
}

// waitOn says until when a further revision waits for its order to be submitted,
// and why. It does not start the wait anew, and none waits for a record that has
// gone without its order already.
func waitOn(last row, until, now time.Time) (due time.Time, reason string) {
	switch {
	case !waitsForSubmission(last):
		return now, ""
	case last.due.Before(until):
		return last.due, waitingForOrder
	}
	return until, waitingForOrder
}

// supersede ends a delivery whose place another one takes. It keeps its epoch: a
// send of it may be under way.
func (t *tx) supersede(r row, revision int64, now time.Time) error {
	t.count(r.merchant, r.connection, r.state, store.Superseded)
	return t.run(`UPDATE delivery SET state = ?, reason = 'SUPERSEDED', hint = ?, finished_at = ? WHERE id = ?`,
		int(store.Superseded), fmt.Sprintf("revision %d takes its place", revision), now, int64(r.id))
}
