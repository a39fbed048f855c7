package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	life   int
	last   *counted
	limits storetest.Limits
}

// counted is a store that checks, whenever it is closed, that it knew how many
// deliveries are open (promise P2).
type counted struct {
	*sqlite.Store
	ctx context.Context //nolint:containedctx // Close takes none
}

func (c *counted) Close() error {
	ctx, known, open, last := c.ctx, c.Stats().OpenDeliveries, int64(0), int64(0)
	for {
		page, err := c.Connections(ctx, 0, store.Page{After: last, Limit: 1000})
		if errors.Is(err, store.ErrClosed) || err == nil && len(page) == 0 {
			break
		}
		if err != nil {
			return err
		}
		for _, connection := range page {
			totals, err := c.ConnectionTotals(ctx, connection.Key)
			if err != nil {
				return err
			}
			open += totals.Open()
			last = connection.Key
		}
	}
	if open != known {
		return errors.Join(fmt.Errorf("%d deliveries are open, and the store thinks %d", open, known), c.Store.Close())
	}
	return c.Store.Close()
}

func (e *engine) path() string { return filepath.Join(e.folder, strconv.Itoa(e.life)+".db") }

func (e *engine) Limit(limits storetest.Limits) { e.limits = limits }

func (e *engine) Open(ctx context.Context) (store.Store, error) {
	opened, err := sqlite.Open(ctx, sqlite.Options{
		Path: e.path(), Logger: slog.New(slog.DiscardHandler), BacklogLimit: e.limits.Backlog, BacklogShare: e.limits.Share,
	})
	if err != nil {
		return nil, err
	}
	e.last = &counted{Store: opened, ctx: context.WithoutCancel(ctx)}
	return e.last, nil
}

// Crash goes on with what is on the disk before the store is closed.
func (e *engine) Crash(context.Context) error {
	from := e.path()
	e.life++
	release, err := copyStore(from, e.path())
	defer release()
	return errors.Join(err, e.last.Close())
}

// copyStore copies the file of a store that is open, and its log after it: no
// checkpoint may move pages between the two copies. The caller releases the files once
// the store is closed: a process that closes a file loses all its locks on it (POSIX).
func copyStore(from, to string) (release func(), err error) {
	var files []*os.File
	release = func() {
		for _, file := range files {
			_ = file.Close()
		}
	}
	for _, suffix := range []string{"", "-wal"} {
		file, err := os.Open(from + suffix)
		if err != nil {
			return release, err
		}
		files = append(files, file)
		raw, err := io.ReadAll(file)
		if err == nil {
			err = os.WriteFile(to+suffix, raw, 0o600)
		}
		if err != nil {
			return release, err
		}
	}
	return release, nil
}
