package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// item is a write that waits for its commit.
type item struct {
	ctx context.Context //nolint:containedctx // it is the caller's, who waits
	// merchant whose accept it is, 0 for outcomes and configuration.
	merchant int64
	size     int
	// work writes inside the transaction. It may run again if another item of the
	// batch fails. An error that callers branch on fails this item alone if nothing
	// was written before it, so work checks first.
	work func(t *tx) error
	// claimed is set by the writer, who then answers, or by the caller, who has given
	// up and whose work is never done.
	claimed atomic.Bool
	err     error
	done    chan struct{}
	// Its place in the queue.
	line          *line
	before, after *item
}

// writer owns the connection that writes. Everything that waits when a commit
// returns goes into the next one, so that one flush serves many callers.
type writer struct {
	store  *Store
	conn   *sqlite.Conn
	lastID store.DeliveryID
	// lastChange is the id of the last row of order_change.
	lastChange int64
	current    *current
	folding    *folding

	mu     sync.Mutex
	queue  *queue
	closed bool
	wake   store.Wake
	change store.Change
	// told is told of commits, see space.go.
	told    func(took time.Duration)
	signal  chan struct{}
	stopped chan struct{}
	failed  chan error
	// broken is the error after which nothing is written any more, see fail.
	broken atomic.Pointer[error]

	fields  *fieldCache
	room    *room
	backlog *backlog
	counts  counts
	// checkpointAfter is how many pages the log has before they go into the file.
	checkpointAfter int64
}

func newWriter(conn *sqlite.Conn, s *Store, space *room, limits backlogLimits) (*writer, error) {
	w := &writer{
		store: s, conn: conn, wake: func([]store.Lane) {}, change: func([]int64) {},
		signal: make(chan struct{}, 1), stopped: make(chan struct{}), failed: make(chan error, 1),
		queue: newQueue(defaultBounds), fields: newFieldCache(), room: space, checkpointAfter: checkpointPages,
	}
	lastID, err := readInt(conn, `SELECT coalesce(max(id), 0) FROM delivery`)
	if err != nil {
		return nil, err
	}
	w.lastID = store.DeliveryID(lastID)
	if w.lastChange, err = readInt(conn, `SELECT coalesce(max(id), 0) FROM order_change`); err != nil {
		return nil, err
	}
	var owners map[int64]int64
	if w.current, w.folding, owners, err = readTally(conn); err != nil {
		return nil, err
	}
	w.backlog = newBacklog(w.current, owners, limits)
	w.counts.open.Store(w.backlog.all)
	go w.loop()
	return w, nil
}

func (w *writer) onChange(change store.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change = change
}

func (w *writer) onWake(wake store.Wake) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wake = wake
}

// write has the work of outcomes and configuration done in the next commit and
// waits for it to be flushed. A caller whose context ends before its turn has
// changed nothing. Once its turn has come the answer is the commit's, however long
// that takes: no other would be true.
func (w *writer) write(ctx context.Context, size int, work func(t *tx) error) error {
	return w.await(&item{ctx: ctx, size: size, work: work})
}

// accept is write for a submission of a merchant, which takes its turn with those
// of others. ErrBusy if too many wait.
func (w *writer) accept(ctx context.Context, merchant int64, size int, work func(t *tx) error) error {
	return w.await(&item{ctx: ctx, merchant: merchant, size: size, work: work})
}

func (w *writer) await(i *item) error {
	if err := i.ctx.Err(); err != nil {
		return err
	}
	i.done = make(chan struct{})
	if err := w.enqueue(i); err != nil {
		return err
	}
	w.ring()
	select {
	case <-i.done:
	case <-i.ctx.Done():
		if i.claimed.CompareAndSwap(false, true) {
			w.mu.Lock()
			w.queue.remove(i)
			w.mu.Unlock()
			return i.ctx.Err()
		}
		<-i.done
	}
	return i.err
}

func (w *writer) enqueue(i *item) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return store.ErrClosed
	case !w.queue.push(i):
		w.counts.busy.Add(1)
		return store.ErrBusy
	}
	return nil
}

func (w *writer) ring() {
	select {
	case w.signal <- struct{}{}:
	default:
	}
}

// stop refuses new writes, waits for those that wait, and hands the connection
// back. healthy is false after a commit of unknown fate.
func (w *writer) stop() (conn *sqlite.Conn, healthy bool) {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.ring()
	<-w.stopped
	return w.conn, w.broken.Load() == nil
}

func (w *writer) loop() {
	defer close(w.stopped)
	for {
		batch, closed := w.take()
		if len(batch) > 0 {
			w.commit(batch)
			w.counts.refusals(batch)
			for _, i := range batch {
				close(i.done)
			}
			w.checkpoint() // After the answers: what is in the log is safe.
			w.linger(len(batch))
			continue
		}
		if closed {
			return
		}
		<-w.signal
	}
}

// take takes what goes into the next commit, and leaves out those whose callers
// wait no more.
func (w *writer) take() (batch []*item, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	batch = w.queue.pick(func(i *item) bool {
		return i.ctx.Err() == nil && i.claimed.CompareAndSwap(false, true)
	})
	return batch, w.closed && w.queue.len() == 0
}

// commit runs the items in one transaction. If the engine fails on one of them,
// the halves are tried on their own, so that a bad row fails one caller.
func (w *writer) commit(batch []*item) {
	if w.broken.Load() == nil {
		begun := time.Now()
		t, err := w.try(batch)
		switch {
		case err == nil:
			w.counts.commit(batch)
			w.tell(time.Since(begun))
			t.committed()
			return
		case w.broken.Load() != nil:
		case isDamage(err):
			w.fail(explain(w.store.path, err))
		case len(batch) == 1:
			batch[0].err = classify(err)
			return
		default:
			w.counts.bisections.Add(1)
			w.commit(batch[:len(batch)/2])
			w.commit(batch[len(batch)/2:])
			return
		}
	}
	for _, i := range batch {
		i.err = *w.broken.Load()
	}
}

// try returns an error if nothing of the batch was committed.
func (w *writer) try(batch []*item) (*tx, error) {
	t := &tx{
		conn: w.conn, w: w, lastID: w.lastID, wakes: map[int64]*store.Lane{}, changed: map[int64]struct{}{},
		lastChange: w.lastChange, tally: newTally(), growth: growth{merchants: map[int64]int64{}}, fields: map[int64]noted{},
	}
	if err := run(w.conn, `BEGIN IMMEDIATE`); err != nil {
		return nil, err
	}
	for _, i := range batch {
		t.wrote = false
		i.err = i.work(t)
		if i.err != nil && (t.wrote || !forCaller(i.err)) {
			w.rollback()
			return nil, i.err
		}
	}
	err := t.note()
	step := w.folding.next()
	if err == nil {
		err = t.fold(step)
	}
	if err != nil {
		w.rollback()
		return nil, err
	}
	err = run(w.conn, `COMMIT`)
	switch {
	case err == nil:
		w.lastID, w.lastChange = t.lastID, t.lastChange
		w.current.add(t.tally)
		w.folding.committed(step, t.noteKey, t.tally)
		w.backlog.committed(t.growth)
		w.counts.open.Store(w.backlog.all)
		return t, nil
	case sqlite.ErrCode(err).ToPrimary() == sqlite.ResultFull:
		w.rollback()
		return nil, err
	}
	// The disk did not confirm it: what is on it is not known, and another flush
	// that succeeds would prove nothing (promise P1).
	w.counts.flushFailures.Add(1)
	w.fail(fmt.Errorf("commit not confirmed: %w", err))
	return nil, err
}

func (w *writer) rollback() {
	if w.conn.AutocommitEnabled() {
		return // SQLite has rolled back by itself.
	}
	if err := run(w.conn, `ROLLBACK`); err != nil {
		w.fail(fmt.Errorf("roll back: %w", err))
	}
}

// fail ends the store: every write from now on gets the error. Readers call it too; the
// first error is the one that is told.
func (w *writer) fail(err error) {
	err = fmt.Errorf("store failed: %w", err)
	if w.broken.CompareAndSwap(nil, &err) {
		w.store.logger.Error("store failed, nothing can be written any more", "error", err)
		w.failed <- err
	}
}

// forCaller tells errors that callers branch on from those of the engine.
func forCaller(err error) bool {
	for _, known := range []error{
		store.ErrNotFound, store.ErrExists, store.ErrVersion, store.ErrInUse, store.ErrConfigChanged,
		store.ErrRequestReused, store.ErrWrongState, store.ErrFull, store.ErrMerchantBacklog,
		store.ErrBacklog,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// classify says what kind of error ended a write that was tried on its own.
func classify(err error) error {
	switch {
	case forCaller(err):
		return err
	case sqlite.ErrCode(err).ToPrimary() == sqlite.ResultFull:
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return fmt.Errorf("write store: %w", err)
}
