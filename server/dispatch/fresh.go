package dispatch

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

// A delivery that was just made, in a lane that has nothing else to do, goes from the
// commit that made it to its plugin without being read back. Whatever stands in its way
// sends it back into the crowd: it is in the store like any other (promise P2).

// takesFresh says whether all that woke the lane can go from memory.
func (l *lane) takesFresh(woken store.Lane) bool {
	reads := l.queued && len(l.fresh) == 0
	return len(woken.Fresh) > 0 && woken.Due.IsZero() && l.connection != nil && !l.stale && !l.behind && !l.fetching &&
		!reads && len(l.fresh)+len(woken.Fresh) <= laneQuantum
}

// unseen leaves out what was read from the store before its wake was heard.
func (l *lane) unseen(fresh []store.FreshDelivery) []store.FreshDelivery {
	for len(fresh) > 0 && fresh[0].ID <= l.seen {
		fresh = fresh[1:]
	}
	return fresh
}

// dropFresh leaves the fresh deliveries of the lane to the store.
func (l *lane) dropFresh() {
	if len(l.fresh) > 0 {
		l.fresh, l.behind = nil, true
	}
}

// resumeAt has the store looked into after the next turn, at a time or before.
func (l *lane) resumeAt(at time.Time) {
	if l.resume.IsZero() || at.Before(l.resume) {
		l.resume = at
	}
}

// giveFresh gives the turn as many fresh deliveries as it has room for. What is left
// is found in the store.
func (l *lane) giveFresh(t *turn) {
	due := make([]store.DueDelivery, 0, len(l.fresh))
	for i := range l.fresh {
		due = append(due, l.fresh[i].DueDelivery)
	}
	due = l.without(due, t)
	due = firstPerScope(due, l.connection.Takes.ScopePerOrder)
	due = due[:min(len(due), t.limit)]
	t.due, t.bytes = withinBytes(due, t.credit)
	t.loaded = l.fresh
	t.fresh, t.more = true, len(t.due) < len(l.fresh)
	t.limit = len(t.due)
	l.fresh = nil
}

// loadedFresh is the delivery if it was just made and is complete. It looks for them in
// the order in which they are due, which is that of the fresh ones.
func (t *turn) loadedFresh(id store.DeliveryID) *store.LoadedDelivery {
	for len(t.loaded) > 0 {
		fresh := &t.loaded[0]
		t.loaded = t.loaded[1:]
		if fresh.ID == id {
			return fresh.Loaded
		}
	}
	return nil
}

// without leaves out what shares its scope with something under way.
func (l *lane) without(due []store.DueDelivery, t *turn) []store.DueDelivery {
	if len(l.underWay) == 0 || !l.connection.Takes.ScopePerOrder {
		return due // They are of new records.
	}
	busy := make(map[string]bool, len(t.busyOrders))
	for _, order := range t.busyOrders {
		busy[order] = true
	}
	kept := due[:0]
	for _, d := range due {
		if !busy[d.OrderID] {
			kept = append(kept, d)
		}
	}
	return kept
}

// leftBehind says whether the store may have something due in the lane after the
// turn, besides what is under way.
func (l *lane) leftBehind(t *turn) bool {
	switch {
	case t.err != nil, t.more, t.held, l.woken, t.known == nil:
		return true
	case t.fresh:
		return l.behind
	}
	return t.probe || t.connection.State != store.Active || !t.next.IsZero() && !t.next.After(time.Now())
}
