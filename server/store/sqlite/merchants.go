package sqlite

import (
	"context"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

const merchantColumns = `m.key, m.id, m.title, m.version, m.config_version, m.created_at, m.updated_at`

func scanMerchant(q *query) store.Merchant {
	return store.Merchant{
		Key: q.int(), ID: q.text(), Title: q.text(), Version: q.int(), ConfigVersion: q.int(),
		CreateTime: q.time(), UpdateTime: q.time(),
	}
}

// CreateMerchant returns ErrExists if the id is taken.
func (s *Store) CreateMerchant(ctx context.Context, merchant store.Merchant) (store.Merchant, error) {
	var created store.Merchant
	err := s.writer.write(ctx, 0, func(t *tx) error {
		taken, err := t.exists(`SELECT 1 FROM merchant WHERE id = ?`, merchant.ID)
		if err != nil {
			return err
		}
		if taken {
			return store.ErrExists
		}
		err = t.run(`INSERT INTO merchant (id, title, version, config_version, created_at, updated_at)
			VALUES (?, ?, 1, 1, ?, ?)`, merchant.ID, merchant.Title, merchant.CreateTime, merchant.CreateTime)
		if err != nil {
			return err
		}
		created, err = t.merchant(t.conn.LastInsertRowID())
		return err
	})
	return created, err
}

func (t *tx) exists(text string, args ...any) (bool, error) {
	q := t.query(text, args...)
	found := q.next()
	return found, q.done()
}

// UpdateMerchant changes the title.
func (s *Store) UpdateMerchant(ctx context.Context, merchant store.Merchant) (store.Merchant, error) {
	var updated store.Merchant
	err := s.writer.write(ctx, 0, func(t *tx) error {
		stored, err := t.merchant(merchant.Key)
		switch {
		case err != nil:
			return err
		case stored.Version != merchant.Version:
			return store.ErrVersion
		}
		err = t.run(`UPDATE merchant SET title = ?, version = version + 1, updated_at = ? WHERE key = ?`,
			merchant.Title, merchant.UpdateTime, merchant.Key)
		if err != nil {
			return err
		}
		updated, err = t.merchant(merchant.Key)
		return err
	})
	return updated, err
}

// merchant returns ErrNotFound.
func (t *tx) merchant(key int64) (store.Merchant, error) {
	var merchant store.Merchant
	q := t.query(`SELECT `+merchantColumns+` FROM merchant m WHERE key = ?`, key)
	err := one(q, func() { merchant = scanMerchant(q) })
	return merchant, err
}

// checkMerchant returns ErrNotFound, or ErrVersion if version is not zero and not
// the stored one.
func (t *tx) checkMerchant(key, version int64) error {
	q := t.query(`SELECT version FROM merchant WHERE key = ?`, key)
	found := q.next()
	var stored int64
	if found {
		stored = q.int()
	}
	switch err := q.done(); {
	case err != nil:
		return err
	case !found:
		return store.ErrNotFound
	case version != 0 && version != stored:
		return store.ErrVersion
	}
	return nil
}

// DeleteMerchant removes a merchant that nothing belongs to.
func (s *Store) DeleteMerchant(ctx context.Context, key, version int64) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		if err := t.checkMerchant(key, version); err != nil {
			return err
		}
		if err := t.unused(key); err != nil {
			return err
		}
		t.after = append(t.after, func() { delete(t.w.fields.merchants, key) })
		for _, text := range []string{
			`DELETE FROM extra_field WHERE merchant = ?`,
			`DELETE FROM request WHERE merchant = ?`,
			`DELETE FROM totals WHERE connection IN (SELECT key FROM connection WHERE merchant = ?)`,
			`DELETE FROM connection WHERE merchant = ?`, // Deleted ones, which never had a delivery.
			`DELETE FROM merchant WHERE key = ?`,
		} {
			if err := t.run(text, key); err != nil {
				return err
			}
		}
		return nil
	})
}

// unused returns ErrHasRecords or ErrInUse for a merchant that something belongs to.
func (t *tx) unused(merchant int64) error {
	used, err := t.exists(`SELECT 1 FROM merchant WHERE key = ? AND used`, merchant)
	if err != nil {
		return err
	}
	if used {
		return store.ErrHasRecords
	}
	connected, err := t.exists(`SELECT 1 FROM connection WHERE merchant = ? AND deleted_at = 0 LIMIT 1`, merchant)
	if err == nil && connected {
		return store.ErrInUse
	}
	return err
}

// MerchantByID returns ErrNotFound.
func (s *Store) MerchantByID(ctx context.Context, id string) (store.Merchant, error) {
	var merchant store.Merchant
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT `+merchantColumns+` FROM merchant m WHERE id = ?`, id)
		return one(q, func() { merchant = scanMerchant(q) })
	})
	return merchant, err
}

// one reads the only row of a query, ErrNotFound if there is none.
func one(q *query, scan func()) error {
	found := q.next()
	if found {
		scan()
	}
	if err := q.done(); err != nil {
		return err
	}
	if !found {
		return store.ErrNotFound
	}
	return nil
}

// Merchants lists by key.
func (s *Store) Merchants(ctx context.Context, page store.Page) ([]store.Merchant, error) {
	var merchants []store.Merchant
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT `+merchantColumns+` FROM merchant m WHERE key > ? ORDER BY key LIMIT ?`,
			page.After, page.Limit)
		for q.next() {
			merchants = append(merchants, scanMerchant(q))
		}
		return q.done()
	})
	return merchants, err
}
