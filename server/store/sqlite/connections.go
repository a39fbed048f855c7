package sqlite

import (
	"context"
	"encoding/json"
	"errors"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

const connectionColumns = `c.key, c.merchant, m.id, c.id, c.plugin, c.title, c.settings, c.secrets, c.secret_times,
	c.generation, c.filter, c.wait_for_order, c.allow_repeats, c.takes_orders, c.takes_tracking, c.takes_facts,
	c.scope_per_order, c.intents, c.state, c.pause_reason, c.pause_hint, c.recheck_at, c.recheck_wait,
	c.probing, c.check_state, c.check_at, c.account_id, c.account_name,
	c.plugin_state, c.not_before, c.version, c.created_at, c.updated_at`

const fromConnections = ` FROM connection c JOIN merchant m ON m.key = c.merchant WHERE c.deleted_at = 0`

func scanConnection(q *query) (store.Connection, error) {
	c := store.Connection{
		Key: q.int(), MerchantKey: q.int(), MerchantID: q.text(), ID: q.text(), Plugin: q.text(), Title: q.text(),
	}
	settings := q.text()
	c.Secrets = q.bytes()
	times := q.text()
	c.Generation, c.Filter, c.WaitForOrder, c.AllowRepeats = q.int(), q.text(), q.duration(), q.bool()
	c.Takes = store.Takes{
		Orders: q.bool(), Tracking: q.bool(), Facts: store.FactSet(q.int()), ScopePerOrder: q.bool(),
		Intents: q.bool(),
	}
	c.State, c.PauseReason, c.PauseHint = store.ConnectionState(q.int()), q.text(), q.text()
	c.RecheckTime, c.RecheckWait, c.Probing = q.time(), q.duration(), q.bool()
	c.Check, c.CheckTime, c.AccountID, c.AccountName = store.CheckState(q.int()), q.time(), q.text(), q.text()
	c.PluginState, c.NotBefore, c.Version, c.CreateTime, c.UpdateTime = q.bytes(), q.time(), q.int(), q.time(), q.time()
	return c, errors.Join(
		json.Unmarshal([]byte(settings), &c.Settings), json.Unmarshal([]byte(times), &c.SecretTimes))
}

func readConnection(conn *sqlite.Conn, where string, args ...any) (store.Connection, error) {
	q := start(conn, `SELECT `+connectionColumns+fromConnections+where, args...)
	var c store.Connection
	var malformed error
	err := one(q, func() { c, malformed = scanConnection(q) })
	return c, errors.Join(err, malformed)
}

// asJSON encodes a map, nil as an empty one.
func asJSON[V any](m map[string]V) (string, error) {
	if m == nil {
		m = map[string]V{}
	}
	raw, err := json.Marshal(m)
	return string(raw), err
}

// CreateConnection returns ErrExists if the id is taken.
func (s *Store) CreateConnection(ctx context.Context, c store.Connection) (store.Connection, error) {
	var created store.Connection
	err := s.writer.write(ctx, len(c.Secrets), func(t *tx) (err error) {
		if err := t.checkMerchant(c.MerchantKey, 0); err != nil {
			return err
		}
		taken, err := t.exists(`SELECT 1 FROM connection WHERE merchant = ? AND id = ? AND deleted_at = 0`,
			c.MerchantKey, c.ID)
		if err != nil {
			return err
		}
		if taken {
			return store.ErrExists
		}
		if err := t.insertConnection(c); err != nil {
			return err
		}
		created, err = readConnection(t.conn, ` AND c.key = ?+0`, t.conn.LastInsertRowID())
		if err != nil {
			return err
		}
		if err := t.run(`INSERT INTO totals VALUES (?, 0, 0, 0, 0, 0, 0, 0, 0, 0)`, created.Key); err != nil {
			return err
		}
		return t.configChanged(c.MerchantKey)
	})
	return created, err
}

func (t *tx) insertConnection(c store.Connection) error {
	settings, settingsErr := asJSON(c.Settings)
	times, timesErr := asJSON(c.SecretTimes)
	if err := errors.Join(settingsErr, timesErr); err != nil {
		return err
	}
	return t.run(`INSERT INTO connection (merchant, id, plugin, title, settings,
		secrets, secret_times, generation, filter, wait_for_order, allow_repeats, takes_orders, takes_tracking,
		takes_facts, scope_per_order, intents, state, pause_reason, pause_hint, check_state, check_at, account_id,
		account_name, plugin_state, not_before, version, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0, 1, ?, ?)`,
		c.MerchantKey, c.ID, c.Plugin, c.Title, settings, c.Secrets, times, c.Filter,
		c.WaitForOrder.Microseconds(), c.AllowRepeats, c.Takes.Orders, c.Takes.Tracking, int64(c.Takes.Facts),
		c.Takes.ScopePerOrder, c.Takes.Intents, int(c.State), c.PauseReason, c.PauseHint, int(c.Check), c.CheckTime,
		c.AccountID,
		c.AccountName, c.CreateTime, c.CreateTime)
}

// ConnectionByID returns ErrNotFound.
func (s *Store) ConnectionByID(ctx context.Context, merchantKey int64, id string) (store.Connection, error) {
	return s.connection(ctx, ` AND c.merchant = ? AND c.id = ?`, merchantKey, id)
}

// LastConnectionKey is that of the living connection, if there is one. Only deleted ones
// take a scan.
func (s *Store) LastConnectionKey(ctx context.Context, merchantKey int64, id string) (int64, error) {
	var key int64
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT key FROM connection WHERE merchant = ?1 AND id = ?2 AND deleted_at = 0
			UNION ALL SELECT max(key) FROM connection WHERE merchant = ?1 AND id = ?2 HAVING max(key) IS NOT NULL LIMIT 1`,
			merchantKey, id)
		return one(q, func() { key = q.int() })
	})
	return key, err
}

// ConnectionByKey returns ErrNotFound.
func (s *Store) ConnectionByKey(ctx context.Context, key int64) (store.Connection, error) {
	return s.connection(ctx, ` AND c.key = ?+0`, key)
}

func (s *Store) connection(ctx context.Context, where string, args ...any) (store.Connection, error) {
	var c store.Connection
	err := s.read(ctx, func(conn *sqlite.Conn) (err error) {
		c, err = readConnection(conn, where, args...)
		return err
	})
	return c, err
}

// Connections lists by key.
func (s *Store) Connections(
	ctx context.Context, merchantKey int64, page store.Page,
) ([]store.Connection, error) {
	var connections []store.Connection
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT `+connectionColumns+fromConnections+` AND c.key > ?1 AND (?2 = 0 OR c.merchant = ?2)
			ORDER BY c.key LIMIT ?3`, page.After, merchantKey, page.Limit)
		for q.next() {
			c, err := scanConnection(q)
			if err != nil {
				return errors.Join(err, q.done())
			}
			connections = append(connections, c)
		}
		return q.done()
	})
	return connections, err
}

// PlannedConnections returns what the merchant's connections want.
func (s *Store) PlannedConnections(ctx context.Context, merchantKey int64) (int64, []store.Want, error) {
	var version int64
	var wants []store.Want
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT config_version FROM merchant WHERE key = ?`, merchantKey)
		if err := one(q, func() { version = q.int() }); err != nil {
			return err
		}
		q = start(conn, `SELECT key, takes_orders, takes_tracking, takes_facts, scope_per_order, intents,
			wait_for_order
			FROM connection WHERE merchant = ?+0 AND deleted_at = 0 AND state <> 3 ORDER BY key`, merchantKey)
		for q.next() {
			wants = append(wants, store.Want{
				Connection: q.int(),
				Takes: store.Takes{
					Orders: q.bool(), Tracking: q.bool(), Facts: store.FactSet(q.int()), ScopePerOrder: q.bool(),
					Intents: q.bool(),
				},
				WaitForOrder: q.duration(),
			})
		}
		return q.done()
	})
	return version, wants, err
}
