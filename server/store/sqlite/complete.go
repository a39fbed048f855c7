package sqlite

import (
	"context"
	"strings"
	"time"

	"github.com/spurline/spurline/server/store"
)

// Complete writes outcomes down, in one commit with others.
func (s *Store) Complete(ctx context.Context, completions []store.Completion) error {
	size := 0
	for _, c := range completions {
		if c.Attempt != nil {
			size += len(c.Attempt.RequestExcerpt) + len(c.Attempt.ResponseExcerpt)
		}
	}
	return s.writer.write(ctx, size, func(t *tx) error {
		for _, c := range completions {
			if err := t.complete(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// sentDelivery is what a completion finds in the store.
type sentDelivery struct {
	connection, record, lastNumber int64
	kind                           store.RecordKind
	state                          store.DeliveryState
	orderID                        string
}

func (t *tx) complete(c store.Completion) error {
	q := t.query(`SELECT connection, record, last_number, kind, state, order_id FROM delivery WHERE id = ?`,
		int64(c.ID))
	if !q.next() {
		return q.done() // Its retention has ended.
	}
	d := sentDelivery{
		q.int(), q.int(), q.int(), store.RecordKind(q.int()), store.DeliveryState(q.int()), q.text(),
	}
	if err := q.done(); err != nil {
		return err
	}
	if c.Attempt != nil {
		if err := t.logAttempt(c, d); err != nil {
			return err
		}
	}
	if c.Remote != nil {
		if err := t.keepRemote(c, d); err != nil {
			return err
		}
	}
	if d.state != store.Pending && c.State != store.Delivered {
		return t.completeLate(c, d)
	}
	return t.move(c, d)
}

// move brings the delivery to its new state.
func (t *tx) move(c store.Completion, d sentDelivery) error {
	var finished time.Time
	if !c.State.Open() {
		finished = c.Now
	}
	err := t.run(`UPDATE delivery SET state = ?, reason = ?, hint = ?, fix_scope = ?, due = ?, sends = ?, spent = ?,
		first_spent = ?, fate_unknown = ?, epoch = ?, finished_at = ? WHERE id = ?`,
		int(c.State), c.Reason, c.Hint, int(c.FixScope), c.Due, c.Sends, c.Spent, c.FirstSpent, c.FateUnknown,
		t.w.store.epoch, finished, int64(c.ID))
	if err != nil {
		return err
	}
	if c.State != d.state {
		t.count(d.connection, d.state, c.State)
		if c.Present {
			t.totals[d.connection].Present++
		}
	}
	if d.kind == store.OrderRecord && !holdsTracking(c.State) {
		return t.promoteAfter(d.record, d.connection, d.orderID, c.Now)
	}
	return nil
}

// completeLate takes note of an outcome of a delivery that was superseded or
// cancelled while it was under way. If it may have arrived, what took its place
// has to know.
func (t *tx) completeLate(c store.Completion, d sentDelivery) error {
	if err := t.run(`UPDATE delivery SET sends = ?, spent = ? WHERE id = ?`, c.Sends, c.Spent, int64(c.ID)); err != nil {
		return err
	}
	if !c.FateUnknown {
		return nil
	}
	return t.run(`UPDATE delivery SET fate_unknown = 1 WHERE kind = ? AND record = ? AND connection = ?
		AND state IN (1, 2)`, int(d.kind), d.record, d.connection)
}

// promoteAfter lets tracking go if no delivery of its order holds it any more.
func (t *tx) promoteAfter(order, connection int64, orderID string, now time.Time) error {
	last, had, err := t.lastDelivery(store.OrderRecord, order, connection)
	if err != nil || had && holdsTracking(last.state) {
		return err
	}
	return t.promote(connection, orderID, now)
}

// logAttempt puts the attempt into the delivery's row, and the one that is there
// into a row of its own.
func (t *tx) logAttempt(c store.Completion, d sentDelivery) error {
	if d.lastNumber > 0 {
		err := t.run(`INSERT INTO attempt (delivery, number, start, took, outcome, reason, hint, fix, status,
			request, answer, differs) SELECT id, last_number, last_start, last_took, last_outcome, last_reason, last_hint,
			last_fix, last_status, last_request, last_answer, last_differs FROM delivery WHERE id = ?`, int64(c.ID))
		if err != nil {
			return err
		}
	}
	a := c.Attempt
	return t.run(`UPDATE delivery SET last_number = ?, last_start = ?, last_took = ?, last_outcome = ?,
		last_reason = ?, last_hint = ?, last_fix = ?, last_status = ?, last_request = ?, last_answer = ?,
		last_differs = ? WHERE id = ?`,
		d.lastNumber+1, a.Start, a.Duration.Microseconds(), int(a.Outcome), a.Reason, a.Hint, int(a.FixScope),
		a.HTTPStatus, a.RequestExcerpt, a.ResponseExcerpt, strings.Join(a.DifferingFields, "\n"), int64(c.ID))
}

func (t *tx) keepRemote(c store.Completion, d sentDelivery) error {
	return t.run(`INSERT INTO remote_record (connection, kind, record, remote_id, remote_url, state, content_key)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET remote_id = excluded.remote_id,
		remote_url = excluded.remote_url, state = excluded.state, content_key = excluded.content_key`,
		d.connection, int(d.kind), d.record, c.Remote.RemoteID, c.Remote.RemoteURL, c.Remote.State, c.Remote.ContentKey)
}

// SetThrottle keeps an account still.
func (s *Store) SetThrottle(ctx context.Context, throttle store.Throttle) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		return t.run(`UPDATE connection SET not_before = ?1 WHERE key = ?2 AND generation = ?3 AND not_before < ?1`,
			throttle.NotBefore, throttle.Connection, throttle.Generation)
	})
}

// SetPluginState keeps what a plugin wants kept for a connection.
func (s *Store) SetPluginState(ctx context.Context, change store.PluginStateChange) error {
	return s.writer.write(ctx, len(change.State), func(t *tx) error {
		return t.run(`UPDATE connection SET plugin_state = ? WHERE key = ? AND generation = ? AND deleted_at = 0`,
			change.State, change.Connection, change.Generation)
	})
}
