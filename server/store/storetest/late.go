package storetest

import (
	"github.com/spurline/spurline/server/store"
)

func lateTests() []test {
	return []test{
		{"Superseded", lateSuperseded},
		{"Cancelled", lateCancelled},
		{"DeliveredTwice", deliveredTwice},
		{"UnknownFate", lateUnknownFate},
		{"UnknownFateOfCancelled", lateUnknownFateOfCancelled},
		{"DeletedConnection", lateDeleted},
	}
}

// lateSuperseded has outcomes come for a delivery that was superseded while it
// was under way: only Delivered counts (promise P2).
func lateSuperseded(w *world) {
	key := w.connect("orders", ordersOnly())
	first := w.one(order("o", "a"))
	second := w.one(order("o", "b"))
	for _, state := range []store.DeliveryState{store.Pending, store.Failed, store.Skipped} {
		c := w.outcome(first, state)
		c.Remote = &store.RemoteRecord{RemoteID: "r"}
		w.complete(c)
		d := w.delivery(first)
		w.same("state and reason", []any{d.State, d.Reason}, []any{store.Superseded, "SUPERSEDED"})
	}
	w.same("attempts", w.delivery(first).Last.Number, 3)
	w.same("remote id for the successor", w.delivery(second).RemoteID, "r")
	w.same("fate of the successor", w.delivery(second).FateUnknown, false)
	w.counted(key, store.Totals{Made: 2, Superseded: 1})
	w.end(first, store.Delivered)
	w.states(map[store.DeliveryID]store.DeliveryState{first: store.Delivered, second: store.Pending})
	w.counted(key, store.Totals{Made: 2, Delivered: 1})
}

func lateCancelled(w *world) {
	key := w.connect("orders", ordersOnly())
	id := w.one(order("o", "a"))
	w.must(w.store.CancelDelivery(w.ctx, id, w.now()))
	w.end(id, store.Failed)
	w.state(id, store.Cancelled)
	w.counted(key, store.Totals{Made: 1, Cancelled: 1})
	c := w.outcome(id, store.Delivered)
	c.Present = true
	w.complete(c)
	w.state(id, store.Delivered)
	w.counted(key, store.Totals{Made: 1, Delivered: 1, Present: 1})
}

func deliveredTwice(w *world) {
	key := w.connect("orders", ordersOnly())
	id := w.one(order("o", "a"))
	w.end(id, store.Delivered)
	w.end(id, store.Delivered)
	w.end(id, store.Failed)
	w.state(id, store.Delivered)
	w.counted(key, store.Totals{Made: 1, Delivered: 1})
}

// unknownFate is an outcome that does not know whether the record arrived.
func (w *world) unknownFate(id store.DeliveryID, state store.DeliveryState) {
	w.Helper()
	c := w.outcome(id, state)
	c.FateUnknown = true
	w.complete(c)
}

// lateUnknownFate tells what took the place of a delivery that it may have
// arrived (promise P3).
func lateUnknownFate(w *world) {
	w.connect("both", both())
	first := w.one(order("o", "a"))
	second := w.one(order("o", "b"))
	tracking := w.one(shipment("o", "a", "n"))
	other := w.one(order("p", "a"))
	w.unknownFate(first, store.Failed)
	w.same("successor", w.delivery(second).FateUnknown, true)
	w.same("tracking of the order", w.delivery(tracking).FateUnknown, false)
	w.same("another order", w.delivery(other).FateUnknown, false)
	w.end(second, store.Pending)
	w.same("successor after its own outcome", w.delivery(second).FateUnknown, false)
}

// lateUnknownFateOfCancelled cancels a delivery under way, whose send may have
// arrived, and has the record go again later (promise P3).
func lateUnknownFateOfCancelled(w *world) {
	w.connect("orders", ordersOnly())
	cancelled := func(id string) store.DeliveryID {
		d := w.one(order(id, "a"))
		w.must(w.store.CancelDelivery(w.ctx, d, w.now()))
		w.unknownFate(d, store.Failed)
		return d
	}
	retried := cancelled("retried")
	w.must(w.store.RetryDelivery(w.ctx, retried, w.now()))
	w.same("retried", w.delivery(retried).FateUnknown, true)

	cancelled("revised")
	w.same("revised", w.delivery(w.one(order("revised", "b"))).FateUnknown, true)

	first := w.one(order("successor", "a"))
	second := w.one(order("successor", "b"))
	w.must(w.store.CancelDelivery(w.ctx, second, w.now()))
	w.unknownFate(first, store.Failed)
	w.must(w.store.RetryDelivery(w.ctx, second, w.now()))
	w.same("cancelled successor", w.delivery(second).FateUnknown, true)
}

func lateDeleted(w *world) {
	key := w.connect("orders", ordersOnly())
	id, lost := w.one(order("o", "a")), w.one(order("p", "a"))
	_, err := w.store.DeleteConnection(w.ctx, key, 0, true, w.now())
	w.must(err)
	w.end(id, store.Delivered)
	w.end(lost, store.Pending)
	w.states(map[store.DeliveryID]store.DeliveryState{id: store.Delivered, lost: store.Cancelled})
	w.counted(key, store.Totals{Made: 2, Delivered: 1, Cancelled: 1})
}
