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
)

// turn is what a round is to do for one lane, and what it found.
type turn struct {
	lane *lane
	// Given by the loop, which does not touch them until the round is back.
	// limit is the most to take.
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
	// known is the connection as the loop knows it, nil if it has to be read.
	known *store.Connection

	// fresh: what is due is known, and of those in loaded that are complete everything.
	fresh  bool
	loaded []store.FreshDelivery

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
	var reading []*turn
	for _, t := range turns {
		switch {
		case t.known == nil:
			t.err = d.readConnection(ctx, t)
			continue
		case t.known.State != store.Active:
			t.due = nil // Resuming it wakes the lane.
		case !t.fresh:
			reading = append(reading, t)
		}
		t.connection = t.known
	}
	d.readLanes(ctx, reading, now)
	d.load(ctx, turns, now)
}

// readConnection reads the connection at the first turn of a lane, and after a change:
// only then the loop knows the account and how much may go.
func (d *Dispatcher) readConnection(ctx context.Context, t *turn) error {
	connection, err := d.options.Store.ConnectionByKey(ctx, t.lane.key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		t.gone = true
		return nil
	case err != nil:
		return err
	}
	t.connection, t.more = &connection, true
	return nil
}

// readLanes reads the headers of what is due in the lanes.
func (d *Dispatcher) readLanes(ctx context.Context, turns []*turn, now time.Time) {
	if len(turns) == 0 {
		return
	}
	queries := make([]store.DueQuery, 0, len(turns))
	for _, t := range turns {
		query := store.DueQuery{
			Connection: t.lane.key, Now: now, Limit: t.limit, Except: t.except, BusyRecords: t.busyRecords,
		}
		if t.known.Takes.ScopePerOrder {
			query.BusyOrders = t.busyOrders
		}
		queries = append(queries, query)
	}
	readings, err := d.options.Store.DueDeliveries(ctx, queries)
	for i, t := range turns {
		if err != nil {
			t.err = err
			continue
		}
		t.found(readings[i], now)
	}
}

// found takes note of what is due in the lane.
func (t *turn) found(reading store.DueReading, now time.Time) {
	t.due = reading.Due
	t.more = len(t.due) == t.limit
	t.due = firstPerScope(t.due, t.known.Takes.ScopePerOrder)
	behind := len(t.due) < len(reading.Due) || !reading.Next.IsZero() && !reading.Next.After(now)
	within, size := withinBytes(t.due, t.credit)
	t.more = t.more || len(within) < len(t.due)
	t.due, t.bytes = within, size
	switch {
	case t.more:
	case behind:
		t.held, t.next = true, now.Add(heldAgain)
	default:
		t.next = reading.Next
	}
}

// load reads the deliveries of all turns at once and makes them ready to send.
func (d *Dispatcher) load(ctx context.Context, turns []*turn, now time.Time) {
	var ids []store.DeliveryID
	var owner map[store.DeliveryID]*turn
	var last lastOrder
	for _, t := range turns {
		if t.err != nil {
			continue
		}
		if len(t.due) > 0 {
			t.taken = make([]*sending, 0, len(t.due))
		}
		for _, delivery := range t.due {
			if loaded := t.loadedFresh(delivery.ID); loaded != nil {
				t.taken = append(t.taken, d.prepare(ctx, loaded, t.connection, &last, now))
				continue
			}
			if owner == nil {
				owner = map[store.DeliveryID]*turn{}
			}
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
	for i := range loaded {
		t := owner[loaded[i].Delivery.ID]
		t.taken = append(t.taken, d.prepare(ctx, &loaded[i], t.connection, nil, now))
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

// size is about how many bytes what was taken has.
func (t *turn) size() int {
	size := 0
	for _, s := range t.taken {
		size += s.size
	}
	return size
}
