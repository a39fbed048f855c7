package sqlite

import (
	"context"
	"errors"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// recheckAt is when the test that a change of state plans is due.
func recheckAt(change store.StateChange) time.Time {
	if change.Recheck == 0 {
		return time.Time{}
	}
	return change.Now.Add(change.Recheck)
}

// DueRechecks returns connections to be tested again.
func (s *Store) DueRechecks(
	ctx context.Context, plugin string, now time.Time, limit int,
) (due []store.Connection, next time.Time, err error) {
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT `+connectionColumns+` FROM connection c INDEXED BY connection_recheck
			JOIN merchant m ON m.key = c.merchant
			WHERE c.plugin = ? AND c.recheck_at <> 0 AND c.deleted_at = 0 ORDER BY c.recheck_at LIMIT ?`, plugin, limit+1)
		for next.IsZero() && q.next() {
			c, err := scanConnection(q)
			if err != nil {
				return errors.Join(err, q.done())
			}
			if c.RecheckTime.After(now) || len(due) == limit {
				next = c.RecheckTime
				continue
			}
			due = append(due, c)
		}
		return q.done()
	})
	return due, next, err
}

// PlanRecheck changes when a recheck is due.
func (s *Store) PlanRecheck(ctx context.Context, recheck store.Recheck) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		return t.run(`UPDATE connection SET recheck_at = ?, recheck_wait = ?
			WHERE key = ? AND generation = ? AND recheck_at <> 0`,
			recheck.Time, recheck.Wait.Microseconds(), recheck.Connection, recheck.Generation)
	})
}

// StartProbing lets a lane go that its extra interface paused.
func (s *Store) StartProbing(ctx context.Context, key, generation int64, now time.Time) (bool, error) {
	started := false
	err := s.writer.write(ctx, 0, func(t *tx) error {
		err := t.run(`UPDATE connection SET state = ?, pause_reason = '', pause_hint = '', recheck_at = 0, probing = 1,
			updated_at = ? WHERE key = ? AND generation = ? AND recheck_at <> 0 AND deleted_at = 0`,
			int(store.Active), now, key, generation)
		if started = t.conn.Changes() > 0; err != nil || !started {
			return err
		}
		t.change(key)
		return t.wakeWaiting(key)
	})
	return started, err
}

// EndProbing notes that a send has confirmed the settings.
func (s *Store) EndProbing(ctx context.Context, key, generation int64) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		t.change(key)
		return t.run(`UPDATE connection SET probing = 0 WHERE key = ? AND generation = ?`, key, generation)
	})
}
