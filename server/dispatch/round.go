package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/spurline/spurline/server/store"
)

// Bounds of one round.
const (
	lanesPerRound = 64
	// laneQuantum is the most deliveries of a lane in one turn.
	laneQuantum = 50
	// laneQuantumBytes is the most bytes of a lane in one turn, but for a single
	// record that is larger.
	laneQuantumBytes = 512 << 10
	// mostBytesUnderWay bounds the memory of what is under way.
	mostBytesUnderWay = 256 << 20
	// retryFetch is when a lane is looked at again after its read failed.
	retryFetch = time.Second
	// heldAgain is when a lane is looked at again that left something due behind
	// something under way. Other orders of it do not wait that long.
	heldAgain = time.Second
	// newsAgain is how often a throttled lane is read at most because of news: an
	// edit of its settings ends the throttle.
	newsAgain = time.Second
)

// turn is what a round is to do for one lane, and what it found.
type turn struct {
	lane *lane
	// Given by the loop, which does not touch them until the round is back.
	// limit is the most to take, 0 if only the connection is to be read anew.
	limit int
	// credit is the most bytes to take, but for a single record.
	credit int
	// probe: the lane's extra interface is out of order, and except has also what was
	// tried there before.
	probe  bool
	except []store.DeliveryID
	// busyRecords and, if that is its scope, busyOrders are what the lane must leave
	// alone.
	busyRecords []store.RecordRef
	busyOrders  []string
	// known is the connection as the loop knows it, nil at the lane's first turn.
	known *store.Connection

	// Found by the round.
	connection *store.Connection
	gone       bool
	taken      []*sending
	// bytes is about how much the deliveries found due have.
	bytes int
	due   []store.DueDelivery
	// more: there may be more due than was taken.
	more bool
	// next is when something waits next, zero if nothing does.
	next time.Time
	// held: something due was left behind something under way.
	held bool
	err  error
}

// runRound reads for the turns. It touches nothing that belongs to the loop.
func (d *Dispatcher) runRound(ctx context.Context, turns []*turn) {
	now := time.Now()
	for _, t := range turns {
		t.err = d.readTurn(ctx, t, now)
	}
	d.load(ctx, turns, now)
}

// readTurn reads the connection as it is now, and the headers of its due
// deliveries. At the first turn of a lane it stops after the connection: only
// then the loop knows the account and how much may go.
func (d *Dispatcher) readTurn(ctx context.Context, t *turn, now time.Time) error {
	connection, err := d.options.Store.ConnectionByKey(ctx, t.lane.key)
	if errors.Is(err, store.ErrNotFound) {
		t.gone = true
		return nil
	}
	if err != nil {
		return err
	}
	t.connection = &connection
	if t.known == nil || t.limit == 0 || decidesOtherwise(*t.known, connection) {
		t.more = true
		return nil
	}
	if connection.State != store.Active {
		return nil // Resuming it wakes the lane.
	}
	query := store.DueQuery{
		Connection: t.lane.key, Now: now, Limit: t.limit, Except: t.except, BusyRecords: t.busyRecords,
	}
	if connection.Takes.ScopePerOrder {
		query.BusyOrders = t.busyOrders
	}
	t.due, err = d.options.Store.DueDeliveries(ctx, query)
	if err != nil {
		return err
	}
	t.more = len(t.due) == t.limit
	t.due = firstPerScope(t.due, connection.Takes.ScopePerOrder)
	within, size := withinBytes(t.due, t.credit)
	t.more = t.more || len(within) < len(t.due)
	t.due, t.bytes = within, size
	if t.more {
		return nil
	}
	under := t.except
	for _, delivery := range t.due {
		under = append(under, delivery.ID)
	}
	next, waiting, err := d.options.Store.NextDue(ctx, t.lane.key, under)
	if err != nil {
		return err
	}
	switch {
	case !waiting:
	case next.After(now):
		t.next = next
	case len(under) > 0:
		t.held, t.next = true, now.Add(heldAgain)
	default:
		t.more = true // It became due since.
	}
	return nil
}

// decidesOtherwise says whether the loop, which decided by what it knew, has to
// decide again by what the connection is now.
func decidesOtherwise(known, now store.Connection) bool {
	return known.Generation != now.Generation || known.AccountID != now.AccountID || !known.Probing && now.Probing
}

// load reads the deliveries of all turns at once and makes them ready to send.
func (d *Dispatcher) load(ctx context.Context, turns []*turn, now time.Time) {
	var ids []store.DeliveryID
	owner := map[store.DeliveryID]*turn{}
	for _, t := range turns {
		if t.err != nil {
			continue
		}
		for _, delivery := range t.due {
			ids = append(ids, delivery.ID)
			owner[delivery.ID] = t
		}
	}
	if len(ids) == 0 {
		return
	}
	loaded, err := d.options.Store.LoadDeliveries(ctx, ids)
	if err != nil {
		for _, t := range owner {
			t.err = err
		}
		return
	}
	for _, delivery := range loaded {
		t := owner[delivery.Delivery.ID]
		t.taken = append(t.taken, d.prepare(delivery, *t.connection, now))
	}
	for _, t := range owner {
		// What ended between the reads may have held something back.
		t.more = t.more || len(t.taken) < len(t.due)
	}
}

// sends is how many of what was taken go to the plugin.
func (t *turn) sends() int {
	n := 0
	for _, s := range t.taken {
		if s.settled == nil {
			n++
		}
	}
	return n
}
