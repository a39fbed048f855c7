package sqlite

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

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

func (t *tx) complete(c store.Completion) error {
	if done, err := t.completeFirst(c); done || err != nil {
		return err
	}
	r, found, err := t.row(c.ID)
	if err != nil || !found {
		return err // What is not there any more has outlived its retention.
	}
	if c.Remote != nil {
		if err := t.keepRemote(*c.Remote, r); err != nil {
			return err
		}
	}
	if err := t.archiveAttempt(c, r); err != nil {
		return err
	}
	if err := t.revise(c); err != nil {
		return err
	}
	if r.state.Open() || c.State == store.Delivered && r.state != store.Delivered {
		return t.move(c, r)
	}
	return t.completeLate(c, r)
}

// revise has a delivery be one of the revision that went with it. A later delivery of
// that revision keeps its place.
func (t *tx) revise(c store.Completion) error {
	if c.Revision == 0 {
		return nil
	}
	return t.run(`UPDATE OR IGNORE delivery SET revision = ?1 WHERE id = ?2 AND revision < ?1`, c.Revision, int64(c.ID))
}

// completeFirst writes the outcome of a first attempt that ends its delivery, which is
// the most frequent one by far, without reading the row before. It returns false, and
// has changed nothing, if the delivery is not what it was when it was loaded.
func (t *tx) completeFirst(c store.Completion) (bool, error) {
	if c.Connection == 0 || c.State == store.Pending || c.Attempt == nil || c.Attempt.Number != 1 {
		return false, nil
	}
	err := t.setOutcome(c, neverReady, c.Now, true)
	if err != nil || t.conn.Changes() == 0 {
		return false, err
	}
	r := row{
		id: c.ID, merchant: c.MerchantKey, connection: c.Connection, kind: c.Record.Kind, record: c.Record.Key,
		orderID: c.OrderID, state: store.Pending,
	}
	if c.Remote != nil {
		if err := t.keepRemote(*c.Remote, r); err != nil {
			return false, err
		}
	}
	if err := t.revise(c); err != nil {
		return false, err
	}
	return true, t.moved(c, r)
}

// move brings a delivery to the state of its outcome. DELIVERED is true of the
// extra interface whatever became of the delivery here, so it overrides
// superseded and cancelled.
func (t *tx) move(c store.Completion, r row) error {
	epoch, finished := int64(neverReady), c.Now
	if c.State == store.Pending {
		held, err := t.heldAgain(r)
		if err != nil {
			return err
		}
		if epoch, err = t.epochFor(r.connection); err != nil {
			return err
		}
		finished = time.Time{}
		if held {
			c.State, c.Reason, c.Hint, epoch = store.Blocked, waitingForOrder, "", neverReady
		}
	}
	if err := t.setOutcome(c, epoch, finished, false); err != nil {
		return err
	}
	return t.moved(c, r)
}

// What setOutcome and completeLate assign.
const (
	setState = `UPDATE delivery SET state = ?, reason = ?, hint = ?, fix_scope = ?, due = ?, sends = ?, spent = ?,
		retry_age = ?, fate_unknown = ?, epoch = ?, finished_at = ?`
	setAttempt = `, last_number = ?, last_start = ?, last_took = ?, last_outcome = ?, last_reason = ?, last_hint = ?,
		last_fix = ?, last_status = ?, last_request = ?, last_answer = ?, last_differs = ?`
)

// setOutcome writes the outcome into the delivery's row, with the attempt that brought
// it; that of a first one only if the delivery is pending and has had none.
func (t *tx) setOutcome(c store.Completion, epoch int64, finished time.Time, first bool) error {
	const mostArgs = 23
	args := append(make([]any, 0, mostArgs),
		int(c.State), c.Reason, c.Hint, int(c.FixScope), c.Due, c.Sends, c.Spent, c.RetryAge.Microseconds(), c.FateUnknown,
		epoch, finished)
	text := setState + ` WHERE id = ?`
	switch {
	case first:
		text = setState + setAttempt + ` WHERE id = ? AND state = 1 AND last_number = 0`
	case c.Attempt != nil:
		text = setState + setAttempt + ` WHERE id = ?`
	}
	return t.run(text, append(attemptArgs(args, c.Attempt), int64(c.ID))...)
}

// moved counts a delivery that has moved to the state of its outcome, and lets go
// what it held.
func (t *tx) moved(c store.Completion, r row) error {
	t.count(r.merchant, r.connection, r.state, c.State)
	if c.State == store.Delivered && c.Present {
		t.tally.totals.of(r.connection).Present++
	}
	if r.kind == store.OrderRecord && !holdsTracking(c.State) {
		return t.letGo(r, c.Now)
	}
	return nil
}

// heldAgain says whether a tracking delivery that is to be sent again has to wait
// for its order, which may have been submitted while it was under way.
func (t *tx) heldAgain(r row) (bool, error) {
	if r.kind != store.TrackingRecord {
		return false, nil
	}
	return t.heldOn(r.connection, r.merchant, r.orderID)
}

// completeLate takes note of an outcome of a delivery that has ended otherwise
// while it was under way. If that send may have arrived, what took its place has
// to know (promise P3).
func (t *tx) completeLate(c store.Completion, r row) error {
	unknown := c.FateUnknown || c.Attempt != nil &&
		(c.Attempt.Outcome == store.OutcomeUnknown || c.Attempt.Outcome == store.OutcomePluginLost)
	assignments := setAttempt
	if c.Attempt == nil {
		assignments = ``
	}
	args := attemptArgs([]any{c.Sends, c.Spent, unknown, neverReady}, c.Attempt)
	err := t.run(`UPDATE delivery SET sends = ?, spent = ?, fate_unknown = fate_unknown OR ?, epoch = ?`+
		assignments+` WHERE id = ?`, append(args, int64(c.ID))...)
	if err != nil || !unknown {
		return err
	}
	last, had, err := t.lastRow(r.kind, r.record, r.connection)
	if err != nil || !had || last.id == r.id || last.state == store.Delivered {
		return err
	}
	return t.run(`UPDATE delivery SET fate_unknown = 1 WHERE id = ?`, int64(last.id))
}

// archiveAttempt moves the attempt that is in the delivery's row into one of its
// own, before another one takes its place.
func (t *tx) archiveAttempt(c store.Completion, r row) error {
	if c.Attempt == nil || r.lastNumber == 0 || r.lastNumber == int64(c.Attempt.Number) {
		return nil
	}
	return t.run(`INSERT OR REPLACE INTO attempt (delivery, number, start, took, outcome, reason, hint, fix, status,
		request, answer, differs) SELECT id, last_number, last_start, last_took, last_outcome, last_reason, last_hint,
		last_fix, last_status, last_request, last_answer, last_differs FROM delivery WHERE id = ?`, int64(c.ID))
}

// attemptArgs adds what setAttempt puts into the delivery's row, in the same write as
// its outcome: nothing if there was no attempt.
func attemptArgs(args []any, a *store.Attempt) []any {
	if a == nil {
		return args
	}
	return append(args,
		a.Number, a.Start, a.Duration.Microseconds(), int(a.Outcome), a.Reason, a.Hint, int(a.FixScope), a.HTTPStatus,
		excerpt(a.RequestExcerpt), excerpt(a.ResponseExcerpt), strings.Join(a.DifferingFields, "\n"))
}

// Bounds of what is kept of a send, whoever hands in more.
const (
	mostExcerpt     = 2 << 10
	mostRemoteState = 4 << 10
)

// excerpt bounds a text without cutting a character.
func excerpt(text string) string {
	if len(text) <= mostExcerpt {
		return text
	}
	end := mostExcerpt
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// keepRemote keeps what is known of the record there, whatever becomes of the
// delivery. A state over the bound leaves the one that is stored.
func (t *tx) keepRemote(remote store.RemoteRecord, r row) error {
	return t.run(`INSERT INTO remote_record (connection, kind, record, remote_id, remote_url, state, content_key)
		VALUES (?1, ?2, ?3, ?4, ?5, iif(?8, NULL, ?6), ?7) ON CONFLICT DO UPDATE SET remote_id = excluded.remote_id,
		remote_url = excluded.remote_url, state = iif(?8, state, excluded.state), content_key = excluded.content_key`,
		r.connection, int(r.kind), r.record, remote.RemoteID, remote.RemoteURL, remote.State, remote.ContentKey,
		len(remote.State) > mostRemoteState)
}

// SetThrottle keeps an account still.
func (s *Store) SetThrottle(ctx context.Context, throttle store.Throttle) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		err := t.run(`UPDATE connection SET not_before = ?1 WHERE key = ?2 AND generation = ?3 AND not_before < ?1`,
			throttle.NotBefore, throttle.Connection, throttle.Generation)
		if err != nil {
			return err
		}
		err = t.run(`INSERT INTO account_wait (plugin, account_id, not_before)
			SELECT plugin, account_id, ?1 FROM connection WHERE key = ?2 AND generation = ?3 AND account_id <> ''
			ON CONFLICT DO UPDATE SET not_before = max(not_before, excluded.not_before)`,
			throttle.NotBefore, throttle.Connection, throttle.Generation)
		if err != nil {
			return err
		}
		return t.run(`UPDATE connection INDEXED BY connection_account SET not_before = ?1
			FROM (SELECT plugin, account_id FROM connection WHERE key = ?2 AND generation = ?3) named
			WHERE connection.plugin = named.plugin AND connection.account_id = named.account_id
			AND connection.account_id <> '' AND connection.deleted_at = 0 AND not_before < ?1`,
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
