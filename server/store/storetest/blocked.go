package storetest

import (
	"github.com/spurline/spurline/server/store"
)

func blockedTests() []test {
	return []test{
		{"Promoted", promoted},
		{"NotBlocked", notBlocked},
		{"FailedOrderKeeps", failedOrderKeeps},
		{"SupersededOrderKeeps", supersededOrderKeeps},
		{"RetriedTrackingBlocks", retriedTrackingBlocks},
		{"OnlyItsOrder", onlyItsOrder},
	}
}

// promoted ends the delivery of an order in each way (promise P4).
func promoted(w *world) {
	w.connect("both", both())
	ways := []struct {
		name string
		end  func(id store.DeliveryID)
		want store.DeliveryState
	}{
		{"retry", func(id store.DeliveryID) { w.end(id, store.Pending) }, store.Blocked},
		{"delivered", func(id store.DeliveryID) { w.end(id, store.Delivered) }, store.Pending},
		{"skipped", func(id store.DeliveryID) { w.end(id, store.Skipped) }, store.Pending},
		{"failed", func(id store.DeliveryID) { w.end(id, store.Failed) }, store.Blocked},
		{"cancelled", func(id store.DeliveryID) { w.must(w.store.CancelDelivery(w.ctx, id, w.now())) }, store.Pending},
	}
	for _, way := range ways {
		o := w.one(order(way.name, "a"))
		tracking := w.one(shipment(way.name, "a", way.name))
		before := w.delivery(tracking)
		w.same(way.name+": before", []any{before.State, before.Reason}, []any{store.Blocked, "WAITING_FOR_ORDER"})
		way.end(o)
		after := w.delivery(tracking)
		w.same(way.name+": after", after.State, way.want)
		if way.want == store.Pending {
			w.same(way.name+": due and reason", []any{after.Due, after.Reason}, []any{kept(w.clock), ""})
		}
	}
}

func notBlocked(w *world) {
	orders, tracking := w.connect("orders", ordersOnly()), w.connect("tracking", trackingOnly())
	w.accept(order("old", "a"))
	all := w.connect("all", both())
	made := w.first(shipment("old", "a", "old"))
	w.states(map[store.DeliveryID]store.DeliveryState{made[tracking]: store.Pending, made[all]: store.Pending})

	made = w.first(shipment("unknown", "a", "unknown"))
	w.states(map[store.DeliveryID]store.DeliveryState{made[tracking]: store.Pending, made[all]: store.Pending})

	w.end(w.first(order("done", "a"))[all], store.Delivered)
	made = w.first(shipment("done", "a", "done"))
	w.states(map[store.DeliveryID]store.DeliveryState{made[tracking]: store.Pending, made[all]: store.Pending})

	w.counted(orders, store.Totals{Made: 2})
}

// failedOrderKeeps retries a failed order: its tracking goes after its delivery,
// not before.
func failedOrderKeeps(w *world) {
	w.connect("both", both())
	o := w.one(order("o", "a"))
	w.end(o, store.Failed)
	tracking := w.one(shipment("o", "a", "n"))
	w.state(tracking, store.Blocked)
	w.must(w.store.RetryDelivery(w.ctx, o, w.now()))
	w.states(map[store.DeliveryID]store.DeliveryState{o: store.Pending, tracking: store.Blocked})
	w.end(o, store.Delivered)
	w.state(tracking, store.Pending)
}

// supersededOrderKeeps has an order change while its tracking waits for it.
func supersededOrderKeeps(w *world) {
	w.connect("both", both())
	first := w.one(order("o", "a"))
	tracking := w.one(shipment("o", "a", "n"))
	second := w.one(order("o", "b"))
	w.states(map[store.DeliveryID]store.DeliveryState{first: store.Superseded, tracking: store.Blocked})
	w.end(first, store.Delivered)
	w.states(map[store.DeliveryID]store.DeliveryState{first: store.Delivered, tracking: store.Blocked})
	w.end(second, store.Delivered)
	w.state(tracking, store.Pending)

	// A newer revision of a delivered order holds newer tracking.
	w.one(order("o", "c"))
	w.state(w.one(shipment("o", "b", "n")), store.Blocked)
}

// retriedTrackingBlocks retries tracking whose order has not arrived.
func retriedTrackingBlocks(w *world) {
	w.connect("both", both())
	w.end(w.one(order("o", "a")), store.Delivered)
	tracking := w.one(shipment("o", "a", "n"))
	w.end(tracking, store.Failed)
	second := w.one(order("o", "b"))
	w.must(w.store.RetryDelivery(w.ctx, tracking, w.now()))
	w.state(tracking, store.Blocked)
	w.end(second, store.Skipped)
	w.state(tracking, store.Pending)
}

// onlyItsOrder promotes on one connection and for one order.
func onlyItsOrder(w *world) {
	one, two := w.connect("one", both()), w.connect("two", both())
	orders := w.first(order("o", "a"))
	tracking := w.first(shipment("o", "a", "n"))
	w.first(order("p", "a"))
	others := w.first(shipment("p", "a", "m"))
	w.end(orders[one], store.Delivered)
	w.states(map[store.DeliveryID]store.DeliveryState{
		tracking[one]: store.Pending, tracking[two]: store.Blocked,
		others[one]: store.Blocked, others[two]: store.Blocked,
	})
	w.counted(two, store.Totals{Made: 4})
}
