package storetest

import (
	"sync"
	"time"

	"github.com/spurline/spurline/server/store"
)

func wakeTests() []test {
	return []test{
		{"Accept", wakesOfAccept},
		{"Mend", wakesOfMend},
	}
}

// wakes collects what a store says it woke.
type wakes struct {
	mu  sync.Mutex
	due map[int64]time.Time
}

func (w *world) listen() *wakes {
	got := &wakes{due: map[int64]time.Time{}}
	w.store.OnWake(func(lanes []store.Lane) {
		got.mu.Lock()
		defer got.mu.Unlock()
		for _, lane := range lanes {
			if at, ok := got.due[lane.Connection]; !ok || lane.Due.Before(at) {
				got.due[lane.Connection] = kept(lane.Due)
			}
		}
	})
	return got
}

// take returns what was woken since the last call. A store calls before it
// answers.
func (g *wakes) take() map[int64]time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	due := g.due
	g.due = map[int64]time.Time{}
	return due
}

func wakesOfAccept(w *world) {
	got := w.listen()
	orders, waits := w.connect("orders", ordersOnly()), w.waiting("waits", trackingOnly(), time.Hour)
	all := w.connect("all", both())
	w.first(order("o", "a"))
	w.same("with an order", got.take(), map[int64]time.Time{orders: kept(w.clock), all: kept(w.clock)})
	w.first(shipment("o", "a", "n"))
	w.same("with tracking that is blocked on one", got.take(), map[int64]time.Time{waits: kept(w.clock)})
	w.first(shipment("p", "a", "m"))
	w.same("with tracking that waits", got.take(), map[int64]time.Time{
		waits: kept(w.clock).Add(time.Hour), all: kept(w.clock),
	})
	w.first(order("p", "a"))
	w.same("with the order it waits for", got.take(), map[int64]time.Time{
		orders: kept(w.clock), waits: kept(w.clock), all: kept(w.clock),
	})
	w.accept(order("p", "a"))
	w.same("with unchanged content", got.take(), map[int64]time.Time{})
}

// head is when the first delivery of a lane is due.
func (w *world) head(connection int64) time.Time {
	w.Helper()
	due, waiting, err := w.store.NextDue(w.ctx, connection, nil)
	w.must(err)
	if !waiting {
		w.Fatalf("nothing waits in lane %d", connection)
	}
	return due
}

func wakesOfMend(w *world) {
	got := w.listen()
	key := w.connect("all", both())
	o := w.one(order("o", "a"))
	w.one(shipment("o", "a", "n"))
	got.take()
	w.end(o, store.Failed)
	w.same("with a failure", got.take(), map[int64]time.Time{})
	w.must(w.store.RetryDelivery(w.ctx, o, w.now()))
	w.same("with a retry", got.take(), map[int64]time.Time{key: kept(w.clock)})
	c := w.outcome(o, store.Delivered)
	w.complete(c)
	w.same("with a promotion", got.take(), map[int64]time.Time{key: kept(c.Now)})
	failed := w.one(order("p", "a"))
	w.end(failed, store.Failed)
	got.take()
	w.edit(store.ConnectionEdit{Connection: w.connection(key), SettingsChanged: true, Now: w.now()})
	w.same("with other settings", got.take(), map[int64]time.Time{key: w.head(key)})
	w.setState(key, store.Paused, "X")
	got.take()
	w.setState(key, store.Active, "")
	w.same("with a resumption", got.take(), map[int64]time.Time{key: w.head(key)})
	_, err := w.store.DeleteConnection(w.ctx, key, 0, true, w.now())
	w.must(err)
	w.same("with the deletion", got.take(), map[int64]time.Time{})
}
