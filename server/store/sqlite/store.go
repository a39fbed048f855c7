package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/spurline/spurline/server/store"
)

// Options of a store.
type Options struct {
	// Path of the file. It is made if it does not exist.
	Path   string
	Logger *slog.Logger
	// Readers is how many connections read side by side: 4.
	Readers int
	// Reserve is how many bytes of the disk are kept free for outcomes: 64 MiB. With
	// less, submissions get ErrFull and everything else goes on.
	Reserve uint64
	// BacklogLimit is how many open deliveries there may be: 20,000,000. BacklogShare
	// is a merchant's share of them in per cent: 25. See docs/decisions/0011.
	BacklogLimit int64
	BacklogShare int
	// RetryLongest is the longest wait between two attempts. With it, waits are bounded
	// at the start, see store.Lanes.BoundWaits. They are left as they are if it is 0.
	RetryLongest time.Duration
	// Committed is told how long each commit took that was flushed. The writer waits
	// for it to return. Nobody is told if nil.
	Committed func(took time.Duration)
}

// Store is a store.Store on one SQLite file.
type Store struct {
	logger  *slog.Logger
	path    string
	lock    *os.File
	readers *sqlitex.Pool
	writer  *writer
	// unclean is the last epoch that did not end cleanly, see epoch.go.
	epoch, unclean int64
	closing        sync.Once
	shut           atomic.Bool
	// lost: outcomes were, so that the end does not count as clean.
	lost   atomic.Bool
	closed error
}

var _ store.Store = (*Store)(nil)

// Pragmas of every connection. For checkpoints see checkpoint.go, for the check of
// cells damage.go.
var pragmas = []string{
	"journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "temp_store=MEMORY", "wal_autocheckpoint=0",
	"journal_size_limit=67108864", "cell_size_check=ON",
}

// configure sets the pragmas, one by one: some cannot be set in a transaction.
func configure(conn *sqlite.Conn, further ...string) error {
	for _, pragma := range append(pragmas[:len(pragmas):len(pragmas)], further...) {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil); err != nil {
			return err
		}
	}
	return nil
}

// Open opens or makes the store. ErrLocked if another process has it open.
func Open(ctx context.Context, options Options) (_ *Store, err error) {
	if options.Readers == 0 {
		options.Readers = 4
	}
	if options.Reserve == 0 {
		options.Reserve = defaultReserve
	}
	if options.BacklogLimit == 0 {
		options.BacklogLimit = defaultBacklogLimit
	}
	if options.BacklogShare == 0 {
		options.BacklogShare = defaultBacklogShare
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Path, err = filepath.Abs(options.Path); err != nil {
		return nil, err
	}
	s := &Store{logger: options.Logger, path: options.Path}
	if s.lock, err = lock(options.Path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.lock.Close())
		}
	}()
	if err := checkLog(options.Path); err != nil {
		return nil, err
	}
	if err := claim(options.Path); err != nil {
		return nil, err
	}
	if err := inspect(ctx, options.Path, options.Logger); err != nil {
		return nil, err
	}
	if err := migrate(ctx, options.Path, options.Logger); err != nil {
		return nil, err
	}
	conn, err := sqlite.OpenConn(options.Path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, explain(options.Path, err)
	}
	if err := s.prepare(conn); err != nil {
		return nil, errors.Join(explain(options.Path, err), conn.Close())
	}
	s.readers, err = sqlitex.NewPool(options.Path, sqlitex.PoolOptions{
		Flags: sqlite.OpenReadWrite, PoolSize: options.Readers,
		PrepareConn: func(conn *sqlite.Conn) error {
			return configure(conn, "cache_size=-32768", "query_only=ON")
		},
	})
	if err != nil {
		return nil, errors.Join(explain(options.Path, err), conn.Close())
	}
	if s.writer, err = newWriter(conn, s, &room{
		folder: filepath.Dir(options.Path), reserve: options.Reserve, free: freeSpace,
	}, backlogLimits{all: options.BacklogLimit, share: int64(options.BacklogShare)}); err != nil {
		return nil, errors.Join(explain(options.Path, err), s.readers.Close(), conn.Close())
	}
	s.writer.onCommitted(options.Committed)
	if err = s.finishChores(ctx, time.Now()); err == nil {
		err = s.boundAtOpen(ctx, time.Now(), options.RetryLongest)
	}
	if err != nil {
		s.writer.stop()
		return nil, errors.Join(s.note(err), s.readers.Close(), conn.Close())
	}
	return s, nil
}

// locked says that another process has the store open.
func locked(path string) error {
	return fmt.Errorf("%s: %w: stop the other server, or give this one another data folder", path, store.ErrLocked)
}

func (s *Store) prepare(conn *sqlite.Conn) error {
	// At each commit SQLite walks the whole cache, so a large one costs more than it
	// spares: with 128 MiB a tenth of the server's time at full load.
	if err := configure(conn, "cache_size=-16384"); err != nil {
		return err
	}
	return s.beginEpoch(conn)
}

// OnWake sets the function to call after commits that gave lanes work.
func (s *Store) OnWake(wake store.Wake) { s.writer.onWake(wake) }

// OnChange sets the function to call after commits that changed connections.
func (s *Store) OnChange(change store.Change) { s.writer.onChange(change) }

// Failed yields the error after which the store takes nothing any more: the disk
// did not confirm a commit, so that nobody knows what is on it, or a read or a write
// met damage. The process has to end; the next one reads what is really there.
func (s *Store) Failed() <-chan error { return s.writer.failed }

// LeaveUnclean has the store end as after a kill.
func (s *Store) LeaveUnclean() { s.lost.Store(true) }

// Close waits for running writes, marks the store as cleanly closed, and releases
// it.
func (s *Store) Close() error {
	s.closing.Do(func() {
		conn, healthy := s.writer.stop()
		var faults []error
		if healthy && !s.lost.Load() {
			faults = append(faults, endEpoch(conn))
		}
		s.shut.Store(true)
		faults = append(faults, s.readers.Close())
		// The last connection that is closed gives up the log. After a failure it stays
		// open until the process ends, so that the next one has the whole log.
		if healthy {
			faults = append(faults, conn.Close())
		}
		faults = append(faults, s.lock.Close())
		s.closed = errors.Join(faults...)
	})
	return s.closed
}

// read runs f on a reader, in a transaction, so that it sees one instant.
func (s *Store) read(ctx context.Context, f func(conn *sqlite.Conn) error) (err error) {
	conn, err := s.readers.Take(ctx)
	if err != nil {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case s.shut.Load():
			return store.ErrClosed
		}
		return fmt.Errorf("read store: %w", s.note(err))
	}
	defer s.readers.Put(conn)
	end := sqlitex.Transaction(conn)
	defer end(&err)
	switch err := f(conn); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err() // The engine says only that it was interrupted.
	default:
		return fmt.Errorf("read store: %w", s.note(err))
	}
}
