package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/spurline/spurline/server/store"
)

// checkConnection returns ErrNotFound, or ErrVersion if version is not zero and
// not the stored one.
func (t *tx) checkConnection(key, version int64) (store.Connection, error) {
	c, err := readConnection(t.conn, ` AND c.key = ?+0`, key)
	if err == nil && version != 0 && version != c.Version {
		err = store.ErrVersion
	}
	return c, err
}

// configChanged makes submissions that were planned before plan again.
func (t *tx) configChanged(merchant int64) error {
	return t.run(`UPDATE merchant SET config_version = config_version + 1 WHERE key = ?`, merchant)
}

// EditConnection changes a connection as its caller wants it.
func (s *Store) EditConnection(
	ctx context.Context, edit store.ConnectionEdit,
) (store.Connection, int64, error) {
	var edited store.Connection
	var p progress
	err := s.writer.write(ctx, len(edit.Connection.Secrets), func(t *tx) error {
		stored, err := t.checkConnection(edit.Connection.Key, 0)
		switch {
		case err != nil:
			return err
		case stored.Version != edit.Connection.Version:
			return store.ErrVersion
		}
		if err := t.updateConnection(edit); err != nil {
			return err
		}
		if edit.SettingsChanged {
			if err := t.settingsChanged(stored); err != nil {
				return err
			}
		}
		if err := t.takesChanged(stored.Key, stored.Takes, edit.Connection.Takes); err != nil {
			return err
		}
		if err := t.configChanged(stored.MerchantKey); err != nil {
			return err
		}
		if p, err = t.startChores(stored.Key, edit.Now); err != nil {
			return err
		}
		edited, err = readConnection(t.conn, ` AND c.key = ?+0`, stored.Key)
		return err
	})
	if err != nil {
		return store.Connection{}, 0, err
	}
	reopened, err := s.work(ctx, p)
	return edited, reopened, err
}

// startChores does the first step in the commit of the change itself: where there
// is little to do, the change and what follows from it are one.
func (t *tx) startChores(connection int64, now time.Time) (progress, error) {
	left, err := choresOf(t.conn, connection)
	if err != nil || left == 0 {
		return progress{}, err
	}
	return t.step(progress{connection: connection, left: left, since: now})
}

func (t *tx) updateConnection(edit store.ConnectionEdit) error {
	c := edit.Connection
	settings, settingsErr := asJSON(c.Settings)
	times, timesErr := asJSON(c.SecretTimes)
	if err := errors.Join(settingsErr, timesErr); err != nil {
		return err
	}
	t.change(c.Key)
	return t.run(`UPDATE connection SET title = ?, settings = ?, secrets = ?,
		secret_times = ?, filter = ?, wait_for_order = ?, allow_repeats = ?, takes_orders = ?, takes_tracking = ?,
		takes_facts = ?, scope_per_order = ?, intents = ?, version = version + 1, updated_at = ? WHERE key = ?`,
		c.Title, settings, c.Secrets, times, c.Filter, c.WaitForOrder.Microseconds(), c.AllowRepeats, c.Takes.Orders,
		c.Takes.Tracking, int64(c.Takes.Facts), c.Takes.ScopePerOrder, c.Takes.Intents, edit.Now, c.Key)
}

// settingsChanged forgets what was known of the old settings and lets go what
// waited for other ones (promise P6).
func (t *tx) settingsChanged(c store.Connection) error {
	err := t.run(`UPDATE connection SET generation = generation + 1, check_state = ?, check_at = 0, account_id = '',
		account_name = '', plugin_state = NULL, not_before = 0, recheck_at = 0, probing = 0
		WHERE key = ?`, int(store.Untested), c.Key)
	if err != nil {
		return err
	}
	if c.State == store.Paused && c.PauseReason != store.PausedByOperator {
		err := t.run(`UPDATE connection SET state = ?, pause_reason = '', pause_hint = '' WHERE key = ?`,
			int(store.Active), c.Key)
		if err != nil {
			return err
		}
	}
	if err := t.assign(c.Key, choreReopen); err != nil {
		return err
	}
	return t.wakeWaiting(c.Key)
}

// takesChanged lets tracking go that waits for orders which the connection does
// not take any more.
func (t *tx) takesChanged(connection int64, before, after store.Takes) error {
	if !before.Orders || after.Orders {
		return nil
	}
	return t.assign(connection, chorePromote)
}

// wakeWaiting wakes a lane that may go again, if something waits in it.
func (t *tx) wakeWaiting(connection int64) error {
	q := t.query(`SELECT due FROM delivery INDEXED BY delivery_ready
		WHERE connection = ? AND state = 1 ORDER BY due LIMIT 1`, connection)
	if q.next() {
		t.wake(connection, q.time())
	}
	return q.done()
}

// SetConnectionState makes a connection Active, Paused or Disabled.
func (s *Store) SetConnectionState(ctx context.Context, change store.StateChange) (bool, error) {
	changed := false
	err := s.writer.write(ctx, 0, func(t *tx) error {
		changed = false
		c, err := t.checkConnection(change.Connection, 0)
		if err != nil {
			return err
		}
		outdated := change.Generation != 0 && change.Generation != c.Generation
		same := c.State == change.State && c.PauseReason == change.Reason
		// An outcome pauses what is active. What an operator has stopped stays
		// stopped for the operator's reason.
		automatic := change.Generation != 0 && c.State != store.Active
		if outdated || same || automatic {
			return nil
		}
		changed = true
		t.change(c.Key)
		err = t.run(`UPDATE connection SET state = ?, pause_reason = ?, pause_hint = ?, recheck_at = ?, recheck_wait = ?,
			probing = 0, updated_at = ? WHERE key = ?`, int(change.State), change.Reason, change.Hint, recheckAt(change),
			change.Recheck.Microseconds(), change.Now, c.Key)
		if err != nil {
			return err
		}
		if change.State == store.Active {
			if err := t.wakeWaiting(c.Key); err != nil {
				return err
			}
		}
		if (c.State == store.Disabled) == (change.State == store.Disabled) {
			return nil // Planning asks only for this.
		}
		return t.configChanged(c.MerchantKey)
	})
	return changed, err
}

// SetCheckResult stores the result of a test.
func (s *Store) SetCheckResult(ctx context.Context, result store.CheckResult) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		t.change(result.Connection)
		err := t.run(`UPDATE connection SET check_state = ?, check_at = ?, account_id = ?, account_name = ?
			WHERE key = ? AND generation = ? AND deleted_at = 0`,
			int(result.Check), result.Now, result.AccountID, result.AccountName, result.Connection, result.Generation)
		if err != nil || result.AccountID == "" {
			return err
		}
		// The account may have to be kept still already, because of other connections of now
		// or before.
		return t.run(`UPDATE connection SET not_before = max(not_before, coalesce((SELECT w.not_before
			FROM account_wait w WHERE w.plugin = connection.plugin AND w.account_id = connection.account_id), 0))
			WHERE key = ? AND generation = ? AND deleted_at = 0`, result.Connection, result.Generation)
	})
}

// SetTakes stores what connections take.
func (s *Store) SetTakes(ctx context.Context, takes map[int64]store.Takes) error {
	var undone []progress
	err := s.writer.write(ctx, 0, func(t *tx) error {
		undone = nil
		for key, what := range takes {
			p, err := t.setTakes(key, what)
			if err != nil {
				return err
			}
			undone = append(undone, p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range undone {
		if _, err := s.work(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) setTakes(key int64, takes store.Takes) (progress, error) {
	c, err := t.checkConnection(key, 0)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && c.Takes == takes:
		return progress{}, nil
	case err != nil:
		return progress{}, err
	}
	t.change(key)
	err = t.run(`UPDATE connection SET takes_orders = ?, takes_tracking = ?, takes_facts = ?,
		scope_per_order = ?, intents = ? WHERE key = ?`,
		takes.Orders, takes.Tracking, int64(takes.Facts), takes.ScopePerOrder, takes.Intents, key)
	if err != nil {
		return progress{}, err
	}
	if err := t.takesChanged(key, c.Takes, takes); err != nil {
		return progress{}, err
	}
	if err := t.configChanged(c.MerchantKey); err != nil {
		return progress{}, err
	}
	// There is no clock in this call, and due at the last change is due.
	return t.startChores(key, c.UpdateTime)
}

// DeleteConnection erases its secrets and cancels what is open.
func (s *Store) DeleteConnection(
	ctx context.Context, key, version int64, force bool, now time.Time,
) (int64, error) {
	var p progress
	err := s.writer.write(ctx, 0, func(t *tx) error {
		c, err := t.checkConnection(key, version)
		if err != nil {
			return err
		}
		if totals := t.totalsOf(key); totals.Open() > 0 && !force {
			return store.ErrInUse
		}
		t.change(key)
		err = t.run(`UPDATE connection SET secrets = NULL, secret_times = '{}', plugin_state = NULL, deleted_at = ?,
			state = ?, chores = ? WHERE key = ?`, now, int(store.Disabled), int64(choreCancel), key)
		if err != nil {
			return err
		}
		if p, err = t.startChores(key, now); err != nil {
			return err
		}
		return t.configChanged(c.MerchantKey)
	})
	if err != nil {
		return 0, err
	}
	return s.work(ctx, p)
}
