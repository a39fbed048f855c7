package storetest

import (
	"fmt"
	"time"

	"github.com/spurline/spurline/server/store"
)

func waitTests() []test {
	return []test{
		{"SetBack", clockSetBack},
		{"Within", waitsWithin},
		{"Behind", waitBehindOthers},
		{"Account", accountSetBack},
	}
}

// hour bounds all waits by an hour.
func hour() store.Waits {
	return store.Waits{Delivery: time.Hour, Throttle: time.Hour, Recheck: time.Hour}
}

// retried makes a delivery wait.
func (w *world) retried(id store.DeliveryID, until time.Time) {
	w.Helper()
	c := w.outcome(id, store.Pending)
	c.Due = until
	w.complete(c)
}

// many is a shipment of so many parcels.
func many(orderID string, parcels int) store.Submission {
	var numbers []string
	for i := range parcels {
		numbers = append(numbers, fmt.Sprint(orderID, "-", i))
	}
	return shipment(orderID, "a", numbers...)
}

// dues counts what is pending in a lane by when it is due.
func (w *world) dues(connection int64) map[time.Time]int {
	w.Helper()
	found := map[time.Time]int{}
	reading := w.reading(store.DueQuery{Connection: connection, Now: w.clock.Add(1000 * time.Hour), Limit: 5000})
	for _, d := range reading.Due {
		found[d.Due]++
	}
	return found
}

// clockSetBack sets the clock back by a day: nothing waits for the day to come again,
// more than a step of deliveries neither (promise P2).
func clockSetBack(w *world) {
	got := w.listen()
	orders, tracking := w.connect("orders", ordersOnly()), w.waiting("tracking", trackingOnly(), 3*time.Hour)
	all, idle := w.connect("all", both()), w.connect("idle", ordersOnly())
	retried := w.first(order("o", "a"))
	w.first(order("known", "a"))
	w.retried(retried[orders], w.now().Add(30*time.Minute))
	w.accept(many("known", 600))
	w.accept(many("unknown", 7))
	blocked := w.first(shipment("o", "a", "n"))[all]
	until := w.now().Add(time.Minute)
	w.must(w.store.SetThrottle(w.ctx, store.Throttle{Connection: orders, Generation: 1, NotBefore: until}))
	w.pausedFor(idle, time.Minute)
	got.take()

	w.clock = w.clock.Add(-24 * time.Hour)
	now := w.now()
	w.must(w.store.BoundWaits(w.ctx, now, hour()))
	bound := kept(now.Add(time.Hour))
	woken := got.take()
	for _, connection := range []int64{orders, tracking, all} {
		w.same("woken", woken[connection], bound)
	}
	w.same("orders", w.dues(orders), map[time.Time]int{bound: 2})
	w.same("tracking", w.dues(tracking), map[time.Time]int{bound: 601, kept(now.Add(3 * time.Hour)): 7})
	w.state(blocked, store.Blocked)
	w.same("account", w.linked(orders).NotBefore, bound)
	w.same("recheck", w.linked(idle).RecheckTime, bound)
	w.same("sends and age", w.delivery(retried[orders]).Sends, 1)

	w.must(w.store.BoundWaits(w.ctx, now, hour()))
	w.same("woken again", got.take(), map[int64]time.Time{})
}

// accountSetBack bounds the wait of an account of which there is no connection now, and
// forgets it once it is over (promise P6).
func accountSetBack(w *world) {
	key := w.connect("c", ordersOnly())
	name := func() {
		w.must(w.store.SetCheckResult(w.ctx, store.CheckResult{
			Connection: key, Generation: w.linked(key).Generation, Check: store.Passed, AccountID: "org", Now: w.now(),
		}))
	}
	edit := func() {
		w.edit(store.ConnectionEdit{Connection: w.connection(key), SettingsChanged: true, Now: w.now()})
	}
	name()
	w.must(w.store.SetThrottle(w.ctx, store.Throttle{
		Connection: key, Generation: 1, NotBefore: w.clock.Add(100 * time.Hour),
	}))
	edit()
	now := w.now()
	w.must(w.store.BoundWaits(w.ctx, now, hour()))
	name()
	w.same("bounded", w.linked(key).NotBefore, kept(now.Add(time.Hour)))
	edit()
	w.must(w.store.BoundWaits(w.ctx, now.Add(2*time.Hour), hour()))
	name()
	w.same("over", w.linked(key).NotBefore, time.Time{})
}

// waitsWithin leaves alone what waits no longer than it may.
func waitsWithin(w *world) {
	got := w.listen()
	orders, tracking := w.connect("orders", ordersOnly()), w.waiting("tracking", trackingOnly(), 3*time.Hour)
	id := w.one(order("o", "a"))
	until := w.now().Add(time.Hour)
	w.retried(id, until)
	w.accept(many("unknown", 3))
	waiting := kept(w.clock.Add(3 * time.Hour))
	w.must(w.store.SetThrottle(w.ctx, store.Throttle{Connection: orders, Generation: 1, NotBefore: until}))
	w.pausedFor(tracking, time.Hour)
	recheck := w.linked(tracking).RecheckTime
	got.take()
	w.must(w.store.BoundWaits(w.ctx, w.now(), hour()))
	w.same("woken", got.take(), map[int64]time.Time{})
	w.same("orders", w.dues(orders), map[time.Time]int{kept(until): 1})
	w.same("tracking", w.dues(tracking), map[time.Time]int{waiting: 3})
	w.same("account", w.linked(orders).NotBefore, kept(until))
	w.same("recheck", w.linked(tracking).RecheckTime, recheck)
}

// waitBehindOthers bounds a retry that is due after steps of tracking that may wait so
// long for its order.
func waitBehindOthers(w *world) {
	tracking := w.waiting("tracking", trackingOnly(), 100*time.Hour)
	id := w.one(shipment("o", "a", "n"))
	w.accept(many("unknown", 600))
	waiting := kept(w.clock.Add(100 * time.Hour))
	c := w.outcome(id, store.Pending)
	c.Due = w.clock.Add(200 * time.Hour)
	w.complete(c)
	w.must(w.store.BoundWaits(w.ctx, w.now(), hour()))
	w.same("tracking", w.dues(tracking), map[time.Time]int{kept(w.clock.Add(time.Hour)): 1, waiting: 600})
}
