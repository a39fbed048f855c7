package storetest

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

func supersedeTests() []test {
	return []test{
		{"OpenAndFailed", supersedeOpenAndFailed},
		{"EndedStay", endedStay},
		{"FateUnknownInherited", fateUnknownInherited},
		{"NotWantedAnyMoreStays", notWantedStays},
		{"StaleSupersedesNothing", staleSupersedesNothing},
	}
}

// supersedeOpenAndFailed has a new revision take the place of what has not
// arrived.
func supersedeOpenAndFailed(w *world) {
	key := w.connect("both", both())
	pending := w.one(order("o", "a"))
	blocked := w.one(shipment("o", "a", "n"))
	w.state(blocked, store.Blocked)
	failed := w.one(order("o2", "a"))
	w.end(failed, store.Failed)

	w.one(order("o", "b"))
	w.one(shipment("o", "b", "n"))
	w.one(order("o2", "b"))
	for _, id := range []store.DeliveryID{pending, blocked, failed} {
		d := w.delivery(id)
		if d.State != store.Superseded || d.Reason == "" || d.FinishTime.IsZero() {
			w.Errorf("older delivery is %+v, want it superseded", d)
		}
	}
	w.counted(key, store.Totals{Made: 6, Superseded: 3})
}

func endedStay(w *world) {
	key := w.connect("orders", ordersOnly())
	for _, state := range []store.DeliveryState{store.Delivered, store.Skipped} {
		id := w.one(order("o", string(rune('a'+state))))
		w.end(id, state)
		w.one(order("o", string(rune('A'+state))))
		w.state(id, state)
	}
	cancelled := w.one(order("p", "a"))
	w.must(w.store.CancelDelivery(w.ctx, cancelled, w.now()))
	w.one(order("p", "b"))
	w.state(cancelled, store.Cancelled)
	w.counted(key, store.Totals{Made: 6, Delivered: 1, Skipped: 1, Cancelled: 1, Superseded: 1})
}

// fateUnknownInherited follows a send of unknown fate through the revisions that
// take its place, until the fate is known (promise P3).
func fateUnknownInherited(w *world) {
	w.connect("orders", ordersOnly())
	lost := func(id store.DeliveryID, state store.DeliveryState) {
		c := w.outcome(id, state)
		c.FateUnknown = true
		w.complete(c)
	}
	for name, between := range map[string]func(id store.DeliveryID){
		"pending": func(store.DeliveryID) {},
		"failed":  func(id store.DeliveryID) { lost(id, store.Failed) },
		"cancelled": func(id store.DeliveryID) {
			w.must(w.store.CancelDelivery(w.ctx, id, w.now()))
		},
	} {
		first := w.one(order(name, "a"))
		lost(first, store.Pending)
		between(first)
		second := w.one(order(name, "b"))
		third := w.one(order(name, "c"))
		w.same(name+": second of unknown fate", w.delivery(second).FateUnknown, true)
		w.same(name+": third of unknown fate", w.delivery(third).FateUnknown, true)
		w.end(third, store.Delivered)
		fourth := w.one(order(name, "d"))
		w.same(name+": fate after a delivery", w.delivery(fourth).FateUnknown, false)
	}
}

// notWantedStays disables a connection: what it was to get stays open, and goes
// with the record's newest content when it is resumed, which is then the revision that
// it brought (promise P2).
func notWantedStays(w *world) {
	connections := []int64{w.connect("orders", ordersOnly()), w.connect("tracking", trackingOnly())}
	id, parcel := w.one(order("o", "a")), w.one(shipment("o", "a", "n"))
	for _, key := range connections {
		w.setState(key, store.Disabled, "")
	}
	for _, submission := range []store.Submission{order("o", "b"), shipment("o", "b", "n")} {
		w.same("deliveries for a disabled connection", len(w.accept(submission)[0].Deliveries), 0)
	}
	for _, key := range connections {
		w.setState(key, store.Active, "")
	}
	load := func(id store.DeliveryID, body string, newer bool) {
		w.state(id, store.Pending)
		loaded, err := w.store.LoadDeliveries(w.ctx, []store.DeliveryID{id})
		w.must(err)
		w.same("loaded", len(loaded), 1)
		w.same("body", string(loaded[0].Body), body)
		w.same("revision that goes", loaded[0].Delivery.Revision, int64(2))
		w.same("is newer", loaded[0].Newer, newer)
	}
	load(id, "order o b", true)
	load(parcel, "parcel n b", true)
	w.same("revision before it goes", w.delivery(id).Revision, int64(1))
	for _, state := range []store.DeliveryState{store.Pending, store.Delivered} {
		c := w.outcome(id, state)
		c.Revision = 2
		w.complete(c)
		w.same("revision once it went", w.delivery(id).Revision, int64(2))
		if state == store.Pending {
			load(id, "order o b", false)
		}
	}
	c := w.outcome(parcel, store.Delivered) // A first attempt that ends it.
	c.Revision = 2
	w.complete(c)
	w.same("revision of the parcel", w.delivery(parcel).Revision, int64(2))
	w.same("revision of the next one", w.delivery(w.one(order("o", "c"))).Revision, int64(3))
}

func staleSupersedesNothing(w *world) {
	w.connect("both", both())
	submission := order("o", "a")
	submission.Order.SourceVersion = number(2)
	id := w.one(submission)
	submission = order("o", "b")
	submission.Order.SourceVersion = number(1)
	w.accept(submission)
	d := w.delivery(id)
	w.same("state", d.State, store.Pending)
	w.same("due", d.Due, kept(d.CreateTime))
	w.same("finished", d.FinishTime, time.Time{})
}
