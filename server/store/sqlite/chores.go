package sqlite

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"
)

// Chores change many deliveries of a connection because of one change of the
// connection. They are done in steps, a commit each, so that a million deliveries
// of one connection keep nobody else waiting (promise P5). What is still to be
// done stands in the connection's row since the change itself, so that it is
// finished after a crash too.
type chores int64

const (
	// choreReopen reopens what failed for settings that are other ones now.
	choreReopen chores = 1 << iota
	// chorePromote lets go what waits for orders that the connection does not take
	// any more.
	chorePromote
	// choreCancel ends everything, because the connection is deleted.
	choreCancel
)

// choreStep is how many deliveries a step changes. It counts as choreSize bytes, so
// that few steps share a commit.
const (
	choreStep = 500
	choreSize = commitBytes / 2
)

// progress is how far the chores of a connection are.
type progress struct {
	connection int64
	// after is the id of the last delivery looked at.
	after int64
	// changed counts the deliveries that chores changed, promoted ones apart.
	changed int64
	left    chores
	since   time.Time
}

// assign notes chores to be done.
func (t *tx) assign(connection int64, c chores) error {
	return t.run(`UPDATE connection SET chores = chores | ? WHERE key = ?`, int64(c), connection)
}

// choresOf returns what is to be done for a connection.
func choresOf(conn *sqlite.Conn, connection int64) (chores, error) {
	q := start(conn, `SELECT chores FROM connection WHERE key = ?`, connection)
	var c chores
	if q.next() {
		c = chores(q.int())
	}
	return c, q.done()
}

// work does the chores of a connection to the end and returns how many deliveries
// they reopened or cancelled. p has what was done in the commit of the change.
func (s *Store) work(ctx context.Context, p progress) (int64, error) {
	// The change is made. Its caller may go away, the chores are done all the same.
	ctx = context.WithoutCancel(ctx)
	for p.left != 0 {
		var next progress
		err := s.writer.write(ctx, choreSize, func(t *tx) (err error) {
			next, err = t.step(p)
			return err
		})
		if err != nil {
			return p.changed, err
		}
		p = next
	}
	return p.changed, nil
}

// finishChores does what an earlier process left undone.
func (s *Store) finishChores(ctx context.Context, now time.Time) error {
	var undone []progress
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT key, chores FROM connection WHERE chores <> 0 ORDER BY key`)
		for q.next() {
			undone = append(undone, progress{connection: q.int(), left: chores(q.int()), since: now})
		}
		return q.done()
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

// step does a step of the first chore that is left, and strikes it off if that was
// the last.
func (t *tx) step(p progress) (progress, error) {
	current := p.left & -p.left
	found, err := 0, error(nil)
	switch current {
	case choreReopen:
		found, err = t.stepReopen(&p)
	case chorePromote:
		found, err = t.stepPromote(&p)
	case choreCancel:
		found, err = t.stepCancel(&p)
	}
	if err != nil || found == choreStep {
		return p, err
	}
	p.left, p.after = p.left&^current, 0
	return p, t.run(`UPDATE connection SET chores = chores & ~? WHERE key = ?`, int64(current), p.connection)
}

func (t *tx) stepReopen(p *progress) (int, error) {
	found, reopened, last, err := t.reopenStep(p.connection,
		failedStep{after: p.after, limit: choreStep, bySettings: true, before: p.since}, p.since)
	p.after, p.changed = last, p.changed+reopened
	return found, err
}

func (t *tx) stepPromote(p *progress) (int, error) {
	ids, err := allIDs(t.query(`SELECT id FROM delivery INDEXED BY delivery_blocked
		WHERE connection = ? AND state = 2 LIMIT ?`,
		p.connection, choreStep))
	if err != nil {
		return 0, err
	}
	return len(ids), t.promote(p.connection, ids, p.since)
}

// stepCancel takes the states one after the other, each by its own index.
func (t *tx) stepCancel(p *progress) (int, error) {
	found := 0
	for _, open := range []string{
		`INDEXED BY delivery_ready WHERE state = 1`, `INDEXED BY delivery_blocked WHERE state = 2`,
		`INDEXED BY delivery_failed WHERE state = 5`,
	} {
		q := t.query(selectRow+open+` AND connection = ? LIMIT ?`, p.connection, choreStep-found)
		var rows []row
		for q.next() {
			rows = append(rows, scanRow(q))
		}
		if err := q.done(); err != nil {
			return 0, err
		}
		for _, r := range rows {
			if err := t.cancel(r, p.since); err != nil {
				return 0, err
			}
		}
		found += len(rows)
	}
	p.changed += int64(found)
	return found, nil
}
