package sqlite

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// tx is one commit in the making.
type tx struct {
	conn   *sqlite.Conn
	w      *writer
	lastID store.DeliveryID
	// lastChange is the id of the last change of an order.
	lastChange int64
	// tally is what the commit changes of it, noteKey the key of the note of that, 0 if
	// there is none.
	tally   tally
	noteKey int64
	// wrote: the current item has written.
	wrote bool
	// wakes are the lanes that get pending deliveries.
	wakes map[int64]*store.Lane
	// changed are the connections that a reader has to read anew.
	changed map[int64]struct{}
	// growth is what the commit adds to the backlog.
	growth growth
	// fields are the names of extra fields of merchants that the commit looked at.
	fields map[int64]noted
	// after runs once the commit is flushed.
	after []func()
}

// run executes a statement that writes.
func (t *tx) run(text string, args ...any) error {
	t.wrote = true
	return run(t.conn, text, args...)
}

// query reads.
func (t *tx) query(text string, args ...any) *query { return start(t.conn, text, args...) }

// nextID grows with time, and never stands still when a clock does.
func (t *tx) nextID(now time.Time) store.DeliveryID {
	t.lastID = max(t.lastID+1, firstID(now))
	return t.lastID
}

// firstID is the least id of a delivery made at a time: the milliseconds, and 20
// bits to count within one.
func firstID(at time.Time) store.DeliveryID {
	const counterBits = 20
	return store.DeliveryID(at.UnixMilli() << counterBits)
}

func (t *tx) wake(connection int64, due time.Time) {
	if lane := t.lane(connection); lane.Due.IsZero() || due.Before(lane.Due) {
		lane.Due = due
	}
}

// wakeFresh wakes a lane with a delivery that was just made.
func (t *tx) wakeFresh(connection int64, fresh store.FreshDelivery) {
	lane := t.lane(connection)
	lane.Fresh = append(lane.Fresh, fresh)
}

func (t *tx) lane(connection int64) *store.Lane {
	lane, ok := t.wakes[connection]
	if !ok {
		lane = &store.Lane{Connection: connection}
		t.wakes[connection] = lane
	}
	return lane
}

// change notes that a reader has to read the connection anew.
func (t *tx) change(connection int64) { t.changed[connection] = struct{}{} }

// committed tells the world.
func (t *tx) committed() {
	for _, after := range t.after {
		after()
	}
	t.w.mu.Lock()
	wake, change := t.w.wake, t.w.change
	t.w.mu.Unlock()
	if len(t.changed) > 0 {
		change(slices.Sorted(maps.Keys(t.changed)))
	}
	if len(t.wakes) == 0 {
		return
	}
	lanes := make([]store.Lane, 0, len(t.wakes))
	for _, lane := range t.wakes {
		lanes = append(lanes, *lane)
	}
	slices.SortFunc(lanes, func(a, b store.Lane) int { return cmp.Compare(a.Connection, b.Connection) })
	wake(lanes)
}

// count moves a delivery from a state to another in the totals and the backlog;
// zero stands for a delivery that is just made.
func (t *tx) count(merchant, connection int64, from, to store.DeliveryState) {
	switch {
	case from.Open() && !to.Open():
		t.growth.add(merchant, -1)
	case !from.Open() && to.Open():
		t.growth.add(merchant, 1)
	}
	totals := t.tally.totals.of(connection)
	if from == 0 {
		totals.Made++
	} else if c := counter(totals, from); c != nil {
		*c--
	}
	if c := counter(totals, to); c != nil {
		*c++
	}
}

// counter returns the total of a state, nil for open ones: those are what is
// left.
func counter(totals *store.Totals, state store.DeliveryState) *int64 {
	switch state {
	case store.Delivered:
		return &totals.Delivered
	case store.Skipped:
		return &totals.Skipped
	case store.Failed:
		return &totals.Failed
	case store.Superseded:
		return &totals.Superseded
	case store.Cancelled:
		return &totals.Cancelled
	case store.Pending, store.Blocked:
	}
	return nil
}
