package sqlite_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
	"github.com/spurline/spurline/server/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Engine {
		t.Helper()
		return &engine{folder: t.TempDir()}
	})
}

// engine is a store in a folder.
type engine struct {
	folder string
	// life is the number of the folder's file in use: a crash goes on with a copy.
	life int
	last store.Store
}

func (e *engine) path() string { return filepath.Join(e.folder, strconv.Itoa(e.life)+".db") }

func (e *engine) Open(ctx context.Context) (_ store.Store, err error) {
	e.last, err = sqlite.Open(ctx, sqlite.Options{Path: e.path(), Logger: slog.New(slog.DiscardHandler)})
	return e.last, err
}

// Crash goes on with what is on the disk before the store is closed.
func (e *engine) Crash(context.Context) error {
	from := e.path()
	e.life++
	if err := copyStore(from, e.path()); err != nil {
		return err
	}
	return e.last.Close()
}

// copyStore copies the file of a store that is open, and its log after it: no
// checkpoint may move pages between the two copies.
func copyStore(from, to string) error {
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(from + suffix)
		if err != nil {
			return err
		}
		if err := os.WriteFile(to+suffix, raw, 0o600); err != nil {
			return err
		}
	}
	return nil
}
