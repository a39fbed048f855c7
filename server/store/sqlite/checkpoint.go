package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"
)

// The writer does the checkpoints itself. Those that SQLite does after a commit keep
// their errors to themselves, and one is no small matter: a checkpoint in parts
// counts pages as done that only the last part's sync makes durable. If that sync
// fails the system drops them, and the next one, which succeeds, gives up the log
// that still has them (promise P2). After an error nothing may be synced any more:
// only a new process starts from the whole log again.

// checkpointPages of log are the knee between throughput and the longest commit:
// 16 MiB.
const checkpointPages = 4000

// checkpoint moves the log into the file once it is long enough. A full disk leaves
// it where it is: nothing was synced, so that the next one does all of it again.
func (w *writer) checkpoint() {
	if w.broken.Load() != nil {
		return
	}
	log, done, err := w.moveLog("NOOP")
	if err == nil && log-done >= w.checkpointAfter {
		_, _, err = w.moveLog("PASSIVE")
	}
	switch {
	case err == nil, sqlite.ErrCode(err).ToPrimary() == sqlite.ResultFull:
	case isDamage(err):
		w.fail(explain(w.store.path, err))
	default:
		w.fail(fmt.Errorf("checkpoint not confirmed: %w", err))
	}
}

// moveLog returns how many pages the log has, and how many of them are in the file.
func (w *writer) moveLog(mode string) (log, done int64, err error) {
	q := start(w.conn, `PRAGMA wal_checkpoint(`+mode+`)`)
	if q.next() {
		_, log, done = q.int(), q.int(), q.int()
	}
	return log, done, q.done()
}
