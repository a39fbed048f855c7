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
		{"Fresh", wakesFresh},
		{"Changes", changes},
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
			got.add(lane.Connection, lane.Due)
			for _, fresh := range lane.Fresh {
				got.add(lane.Connection, fresh.Due)
			}
		}
	})
	return got
}

func (g *wakes) add(connection int64, due time.Time) {
	if at, ok := g.due[connection]; !due.IsZero() && (!ok || due.Before(at)) {
		g.due[connection] = kept(due)
	}
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
	due := w.reading(store.DueQuery{Connection: connection, Limit: 1}).Next
	if due.IsZero() {
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

// wakesFresh hands on what was just made as it would be found, and nothing else.
func wakesFresh(w *world) {
	orders, waits := w.connect("orders", ordersOnly()), w.waiting("waits", trackingOnly(), time.Hour)
	all := w.connect("all", both())
	var woken []store.Lane
	w.store.OnWake(func(lanes []store.Lane) { woken = append(woken, lanes...) })
	made := w.first(traced(order("o", "a"), 1))
	w.same("lanes woken", len(woken), 2)
	for i, key := range []int64{orders, all} {
		lane := woken[i]
		want := w.load(made[key])[0]
		want.Delivery.MerchantID, want.Delivery.ConnectionID, want.Delivery.Plugin = "", "", ""
		w.same("lane", []any{lane.Connection, lane.Due}, []any{key, time.Time{}})
		w.same("fresh", lane.Fresh, []store.FreshDelivery{{
			DueDelivery: w.reading(store.DueQuery{Connection: key, Now: w.clock, Limit: 10}).Due[0], Loaded: &want,
		}})
	}
	w.end(made[all], store.Delivered)
	woken = nil
	parcel := w.first(shipment("o", "a", "n"))
	w.same("lanes woken by a parcel", len(woken), 2)
	w.same("fresh parcel", woken[1].Fresh, []store.FreshDelivery{{
		DueDelivery: w.reading(store.DueQuery{Connection: all, Now: w.clock, Limit: 10}).Due[0],
	}})
	w.same("fresh parcel's delivery", woken[1].Fresh[0].ID, parcel[all])
	woken = nil
	w.accept(order("o", "b"))
	for _, lane := range woken {
		w.same("fresh of a revision", len(lane.Fresh), 0)
	}
	woken = nil
	w.first(shipment("unknown", "a", "m"))
	w.same("fresh of what waits for its order", len(woken[0].Fresh), 0)
	w.same("its lane", woken[0].Connection, waits)
}

// changes are told of connections that dispatch has to read anew.
func changes(w *world) {
	var told []int64
	w.store.OnChange(func(connections []int64) { told = append(told, connections...) })
	key := w.connect("c", ordersOnly())
	other := w.connect("other", ordersOnly())
	told = nil
	expect := func(what string, want ...int64) {
		w.same("changes told after "+what, told, want)
		told = nil
	}
	w.first(order("o", "a"))
	expect("an order")
	w.edit(store.ConnectionEdit{Connection: w.connection(key), SettingsChanged: true, Now: w.now()})
	expect("an edit", key)
	w.must(w.store.SetCheckResult(w.ctx, store.CheckResult{Connection: key, Generation: 2, Check: store.Passed}))
	expect("a test", key)
	w.must(w.store.SetPluginState(w.ctx, store.PluginStateChange{Connection: key, Generation: 2, State: []byte("s")}))
	expect("state of the plugin")
	w.must(w.store.SetTakes(w.ctx, map[int64]store.Takes{key: both(), other: ordersOnly()}))
	expect("another description", key)
	w.setState(key, store.Paused, "X")
	expect("a pause", key)
	w.setState(key, store.Active, "")
	expect("a resumption", key)
	w.pausedFor(other, time.Minute)
	told = nil
	_, err := w.store.StartProbing(w.ctx, other, 1, w.now())
	w.must(err)
	expect("a good recheck", other)
	w.must(w.store.EndProbing(w.ctx, other, 1))
	expect("a good probe", other)
	_, err = w.store.DeleteConnection(w.ctx, key, 0, true, w.now())
	w.must(err)
	expect("the deletion", key)
}
