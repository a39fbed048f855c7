package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // The migrations run through database/sql.
	"zombiezen.com/go/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks the file as a store of Spurline: "SPUR".
const applicationID = 0x53505552

// claim makes sure that the file is a store or is to become one, before anything
// is written to it.
func claim(path string) (err error) {
	_, missing := os.Stat(path)
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return explain(path, err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	id, err := readInt(conn, `PRAGMA application_id`)
	if err != nil {
		return explain(path, err)
	}
	if id == applicationID {
		return nil
	}
	tables, err := readInt(conn, `SELECT count(*) FROM sqlite_schema`)
	if err != nil {
		return explain(path, err)
	}
	if tables > 0 {
		return fmt.Errorf("%s belongs to another program; choose another data folder", path)
	}
	// Page size and vacuum must be set before the first table is made.
	for _, pragma := range []string{
		`PRAGMA page_size = 4096`, `PRAGMA auto_vacuum = INCREMENTAL`,
		fmt.Sprintf(`PRAGMA application_id = %d`, applicationID),
	} {
		if err := run(conn, pragma); err != nil {
			return explain(path, err)
		}
	}
	if missing != nil {
		return syncFolder(path)
	}
	return nil
}

// syncFolder makes sure that a new file is still there after a power cut (promise
// P1).
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func readInt(conn *sqlite.Conn, text string) (int64, error) {
	q := start(conn, text)
	var value int64
	if q.next() {
		value = q.int()
	}
	return value, q.done()
}

// migrate brings the schema up to date. A store that a newer release has migrated
// further is left as it is: release N runs on the schema of N+1.
func migrate(ctx context.Context, path string, logger *slog.Logger) (err error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return explain(path, err)
	}
	current, known, err := provider.GetVersions(ctx)
	if err != nil {
		return explain(path, err)
	}
	if current > known {
		logger.WarnContext(ctx, "the store was migrated by a newer release", "path", path,
			"version", current, "known_version", known)
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return explain(path, err)
	}
	return nil
}
