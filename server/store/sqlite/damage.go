package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"zombiezen.com/go/sqlite"
)

// A file that is damaged is not written to any more: SQLite trusts what it reads of a
// b-tree, and a write by a wrong pointer takes sound pages with it. So damage that a
// read or a write meets ends the store as a commit does that the disk has not
// confirmed. What Open looks at, and what nobody can see, is in docs/decisions/0012.

// errDamaged marks damage that SQLite itself does not report.
var errDamaged = errors.New("database disk image is malformed")

// isDamage says whether an error tells of a damaged file.
func isDamage(err error) bool {
	code := sqlite.ErrCode(err).ToPrimary()
	return err != nil && (code == sqlite.ResultCorrupt || code == sqlite.ResultNotADB || errors.Is(err, errDamaged))
}

// rescue says what to do about a damaged file.
const rescue = "stop the server, keep a copy of the file with its -wal, and restore a backup, or write what can be " +
	"read into a new file with \"sqlite3 FILE .recover | sqlite3 NEW\""

// explain says what to do about a file that cannot be used.
func explain(path string, err error) error {
	switch {
	case sqlite.ErrCode(err).ToPrimary() == sqlite.ResultNotADB:
		return fmt.Errorf("%s is no store of Spurline, or its first page is damaged: %w; %s", path, err, rescue)
	case isDamage(err):
		return fmt.Errorf("%s is damaged: %w; %s", path, err, rescue)
	default:
		return fmt.Errorf("open %s: %w", path, err)
	}
}

func damagedLog(path, where string) error {
	return fmt.Errorf("%s-wal is damaged at %s: %w: what was acknowledged since would be lost; %s; moving only the -wal "+
		"away gives up everything in it", path, where, errDamaged, rescue)
}

// note ends the store if an error tells of damage, and returns the error with what to
// do about it.
func (s *Store) note(err error) error {
	if !isDamage(err) {
		return err
	}
	err = explain(s.path, err)
	s.writer.fail(err)
	return err
}

// checkedSize is the largest file that is looked at as a whole after an unclean end,
// its indexes too: a second, if the disk is quick.
const checkedSize = 256 << 20

// inspect looks for damage after an unclean end, before anything is written.
func inspect(ctx context.Context, path string, logger *slog.Logger) (err error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return explain(path, err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	clean, err := endedCleanly(conn)
	if err != nil {
		return explain(path, err)
	}
	if clean || fileSize(path) > checkedSize {
		return nil
	}
	begun := time.Now()
	conn.SetInterrupt(ctx.Done())
	q := start(conn, `PRAGMA integrity_check(1)`)
	found := "ok"
	if q.next() {
		found = q.text()
	}
	if err := q.done(); err != nil {
		return explain(path, err)
	}
	if found != "ok" {
		return explain(path, fmt.Errorf("%w: %s", errDamaged, found))
	}
	logger.InfoContext(ctx, "store was not closed cleanly and is sound", "path", path, "took", time.Since(begun))
	return nil
}
