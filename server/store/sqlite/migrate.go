package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // The migrations run through database/sql.
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. A store that a newer release has migrated
// further is left as it is: release N runs on the schema of N+1.
func migrate(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	// Both must be set before the first table is made.
	for _, pragma := range []string{"PRAGMA page_size=4096", "PRAGMA auto_vacuum=INCREMENTAL"} {
		if _, err := db.ExecContext(ctx, pragma); err != nil {
			return explain(path, err)
		}
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return explain(path, err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return explain(path, err)
	}
	return nil
}

// explain says what to do about a file that is no store.
func explain(path string, err error) error {
	return fmt.Errorf("%s cannot be used as a store: %w; if it is damaged, move it away and restore a backup", path, err)
}
