package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/spurline/spurline/server/store"
)

func laneTests() []test {
	return []test{
		{"WaitingLanes", waitingLanes},
		{"LateLanes", lateLanes},
		{"NextDue", nextDue},
		{"DueOrder", dueOrder},
		{"DueBusy", dueBusy},
		{"LoadOrder", loadOrder},
		{"LoadTracking", loadTracking},
		{"LoadOnlyPending", loadOnlyPending},
	}
}

// later makes a delivery wait until a time.
func (w *world) later(id store.DeliveryID, due time.Time) {
	w.Helper()
	c := w.outcome(id, store.Pending)
	c.Due = due
	w.complete(c)
}

// lateLanes looks for what is overdue on active connections, some lanes at a time.
func lateLanes(w *world) {
	active, paused := w.connect("active", ordersOnly()), w.connect("paused", ordersOnly())
	done, later := w.connect("done", ordersOnly()), w.connect("later", ordersOnly())
	disabled, last := w.connect("disabled", ordersOnly()), w.connect("last", ordersOnly())
	made := w.first(order("o", "a"))
	due := kept(w.clock)
	w.first(order("p", "a"))
	w.end(made[done], store.Delivered)
	second := w.now()
	for _, ref := range w.reading(store.DueQuery{Connection: done, Now: second, Limit: 10}).Due {
		w.end(ref.ID, store.Delivered)
	}
	for _, ref := range w.reading(store.DueQuery{Connection: later, Now: second, Limit: 10}).Due {
		w.later(ref.ID, second.Add(time.Hour))
	}
	w.setState(paused, store.Paused, "X")
	w.setState(disabled, store.Disabled, "")
	mine := []int64{active, paused, done, later, disabled} // Other tests make lanes between them.
	look := func(before time.Time, limit int) (lanes []store.Lane, steps int) {
		for after := active - 1; ; {
			found, err := w.store.LateLanes(w.ctx, before, after, limit)
			w.must(err)
			for _, lane := range found.Lanes {
				if lane.Connection == last || slices.Contains(mine, lane.Connection) {
					lanes = append(lanes, lane)
				}
			}
			if after = found.Next; after == 0 || after >= last {
				return lanes, steps
			}
			if slices.Contains(mine, after) {
				steps++
			}
		}
	}
	want := []store.Lane{{Connection: active, Due: due}, {Connection: last, Due: due}}
	for _, limit := range []int{1, 2, 1000} {
		lanes, _ := look(due, limit)
		w.same("late lanes", lanes, want)
	}
	lanes, _ := look(due.Add(-time.Microsecond), 1)
	w.same("late lanes before they were due", lanes, []store.Lane(nil))
	if _, steps := look(due, 1); steps != 4 {
		w.Errorf("one lane at a time takes %d steps more, want 4: idle lanes are passed over", steps)
	}
}

// waitingLanes looks for lanes whatever their connection's state.
func waitingLanes(w *world) {
	idle, active := w.connect("idle", trackingOnly()), w.connect("active", ordersOnly())
	paused, done := w.connect("paused", ordersOnly()), w.connect("done", ordersOnly())
	disabled, gone := w.connect("disabled", ordersOnly()), w.connect("gone", ordersOnly())
	first := w.first(order("o", "a"))
	second := w.first(order("p", "a"))
	due := kept(w.now())
	w.later(first[active], due.Add(time.Hour))
	w.later(second[active], due.Add(time.Minute))
	w.end(first[done], store.Delivered)
	w.end(second[done], store.Failed)
	w.setState(paused, store.Paused, "X")
	w.setState(disabled, store.Disabled, "")
	_, err := w.store.DeleteConnection(w.ctx, gone, 0, true, w.now())
	w.must(err)

	lanes, err := w.store.WaitingLanes(w.ctx)
	w.must(err)
	got := map[int64]time.Time{}
	for _, lane := range lanes {
		for _, key := range []int64{idle, active, paused, done, disabled, gone} {
			if lane.Connection == key {
				got[key] = lane.Due
			}
		}
	}
	created := w.delivery(first[paused]).Due
	w.same("waiting lanes", got, map[int64]time.Time{
		active: due.Add(time.Minute), paused: created, disabled: created,
	})
}

func nextDue(w *world) {
	key := w.connect("c", ordersOnly())
	first, second := w.one(order("o", "a")), w.one(order("p", "a"))
	due := kept(w.now())
	w.later(first, due.Add(time.Minute))
	w.later(second, due.Add(time.Hour))
	expect := func(want time.Time, except ...store.DeliveryID) {
		got := w.reading(store.DueQuery{Connection: key, Now: due, Limit: 10, Except: except})
		w.same(fmt.Sprint("due except ", except), got, store.DueReading{Next: want})
	}
	expect(due.Add(time.Minute))
	expect(due.Add(time.Hour), first)
	expect(time.Time{}, first, second)
	w.must(w.store.RetryDelivery(w.ctx, second, due))
	query := store.DueQuery{Connection: key, Now: due, Limit: 10}
	got := w.reading(query)
	w.same("next due behind one that is due now", []any{len(got.Due), got.Next}, []any{1, due.Add(time.Minute)})
	query.BusyOrders = []string{"p"}
	w.same("next due with a busy order", w.reading(query), store.DueReading{Next: due})
	w.must(w.store.CancelDelivery(w.ctx, second, w.now()))
	expect(due.Add(time.Minute))
}

// reading asks one lane.
func (w *world) reading(query store.DueQuery) store.DueReading {
	w.Helper()
	readings, err := w.store.DueDeliveries(w.ctx, []store.DueQuery{query})
	w.must(err)
	if len(readings) != 1 {
		w.Fatalf("%d readings for one query", len(readings))
	}
	return readings[0]
}

// dueIDs asks for due deliveries and returns their ids.
func (w *world) dueIDs(query store.DueQuery) []store.DeliveryID {
	w.Helper()
	ids := []store.DeliveryID{}
	for _, d := range w.reading(query).Due {
		ids = append(ids, d.ID)
	}
	return ids
}

func dueOrder(w *world) {
	key, other := w.connect("c", ordersOnly()), w.connect("other", ordersOnly())
	ids := map[string]store.DeliveryID{}
	for _, name := range []string{"a", "b", "c", "d"} {
		ids[name] = w.first(order(name, "x"))[key]
	}
	now := kept(w.now())
	w.later(ids["a"], now)
	w.later(ids["b"], now)
	w.later(ids["d"], now.Add(-time.Hour))
	w.later(ids["c"], now.Add(time.Microsecond))
	query := store.DueQuery{Connection: key, Now: now, Limit: 10}
	w.same("due", w.dueIDs(query), []store.DeliveryID{ids["d"], ids["a"], ids["b"]})
	query.Limit = 2
	w.same("limited", w.dueIDs(query), []store.DeliveryID{ids["d"], ids["a"]})
	query.Except = []store.DeliveryID{ids["d"]}
	w.same("except", w.dueIDs(query), []store.DeliveryID{ids["a"], ids["b"]})
	query.Now = now.Add(time.Microsecond)
	query.Limit = 10
	w.same("a moment later", w.dueIDs(query), []store.DeliveryID{ids["a"], ids["b"], ids["c"]})
	w.same("another lane", len(w.dueIDs(store.DueQuery{Connection: other, Now: now, Limit: 10})), 4)

	due := w.reading(store.DueQuery{Connection: key, Now: now, Limit: 1})
	d := w.delivery(ids["d"])
	w.same("due delivery", due.Due, []store.DueDelivery{{
		ID: d.ID, Kind: store.OrderRecord, Record: d.Record, Due: d.Due, OrderID: "d", Size: len("order d x"),
	}})
}

// dueBusy leaves out what has a send under way (promise P4).
func dueBusy(w *world) {
	key := w.connect("c", trackingOnly())
	var ids []store.DeliveryID
	for _, record := range w.accept(shipment("o", "a", "n1", "n2")) {
		ids = append(ids, record.Deliveries[0].ID)
	}
	ids = append(ids, w.one(shipment("p", "a", "m")))
	query := store.DueQuery{Connection: key, Now: w.now(), Limit: 10}
	w.same("due", w.dueIDs(query), ids)
	query.BusyOrders = []string{"o"}
	w.same("busy order", w.dueIDs(query), ids[2:])
	query.BusyOrders = nil
	query.BusyRecords = []store.RecordRef{
		{Kind: store.TrackingRecord, Key: w.delivery(ids[0]).Record},
		{Kind: store.OrderRecord, Key: w.delivery(ids[1]).Record},
	}
	w.same("busy record", w.dueIDs(query), ids[1:])
	w.same("nothing due yet", w.dueIDs(store.DueQuery{
		Connection: key, Now: w.clock.Add(-time.Hour), Limit: 10,
	}), []store.DeliveryID{})
}

func (w *world) load(ids ...store.DeliveryID) []store.LoadedDelivery {
	w.Helper()
	loaded, err := w.store.LoadDeliveries(w.ctx, ids)
	w.must(err)
	return loaded
}

func loadOrder(w *world) {
	w.connect("c", ordersOnly())
	id := w.one(order("o", "a"))
	loaded := w.load(id)
	w.same("loaded", loaded, []store.LoadedDelivery{{
		Delivery: w.delivery(id), Body: []byte("order o a"), RecordKey: loaded[0].RecordKey,
	}})
	preview, err := w.store.PreviewDelivery(w.ctx, id)
	w.must(err)
	w.same("preview", preview, loaded[0])
	next := w.load(w.one(order("o", "b")))[0]
	w.same("record key of the next revision", next.RecordKey, loaded[0].RecordKey)
	w.same("body of the next revision", string(next.Body), "order o b")
}

// loadTracking reads parcels with their order and their place in it.
func loadTracking(w *world) {
	w.connect("c", trackingOnly())
	var ids []store.DeliveryID
	for _, record := range w.accept(shipment("o", "a", "n2", "n1")) {
		ids = append(ids, record.Deliveries[0].ID)
	}
	ids = append(ids, w.one(shipment("o", "a", "n3")))
	other := w.one(shipment("p", "a", "m"))
	for _, l := range w.load(ids...) {
		w.same("order of "+l.Delivery.TrackingNumber, l.OrderBody, []byte(nil))
	}
	w.accept(order("o", "a"))

	loaded := w.load(ids[2], other, ids[0], ids[1])
	keys := map[string]bool{}
	for i, want := range []struct {
		number, body, order string
		place, count        int
		siblings            []string
	}{
		{"No n3", "parcel n3 a", "order o a", 3, 3, []string{"No n2", "No n1"}},
		{"No m", "parcel m a", "", 1, 1, nil},
		{"No n2", "parcel n2 a", "order o a", 1, 3, []string{"No n1", "No n3"}},
		{"No n1", "parcel n1 a", "order o a", 2, 3, []string{"No n2", "No n3"}},
	} {
		l := loaded[i]
		w.same(want.number, []any{
			l.Delivery.TrackingNumber, string(l.Body), string(l.OrderBody), l.ParcelNumber, l.ParcelCount, l.Siblings,
		}, []any{want.number, want.body, want.order, want.place, want.count, want.siblings})
		keys[l.RecordKey] = true
	}
	w.same("different record keys", len(keys), 4)

	w.accept(voided(shipment("o", "b", "n2", "gone")))
	w.accept(shipment("o", "c", "gone")) // It is there again.
	l := w.load(ids[2])[0]
	w.same("siblings", l.Siblings, []string{"No n2", "No n1", "No gone"})
	w.same("voided siblings", l.VoidedSiblings, []string{"No n2"})

	w.same("earlier orders of one that was not moved", l.EarlierOrders, []string(nil))
	for _, orderID := range []string{"q", "o", "p"} {
		ids[2] = w.one(shipment(orderID, "moved", "n3"))
	}
	w.same("earlier orders", w.load(ids[2])[0].EarlierOrders, []string{"o", "q"})

	numbers := make([]string, 60)
	for i := range numbers {
		numbers[i] = fmt.Sprint("many-", i)
	}
	many := w.accept(shipment("many", "a", numbers...))
	last := w.load(many[59].Deliveries[0].ID)[0]
	w.same("of many", []int{last.ParcelNumber, last.ParcelCount, len(last.Siblings)}, []int{60, 60, 50})
}

// loadOnlyPending leaves out what is not to go any more.
func loadOnlyPending(w *world) {
	w.connect("both", both())
	ids := []store.DeliveryID{7}
	want := 0
	for _, state := range everyState() {
		id := w.in(state, string(rune('a'+state)))
		ids = append(ids, id)
		if state == store.Pending {
			want = len(ids) - 1
		}
		preview, err := w.store.PreviewDelivery(w.ctx, id)
		w.must(err)
		w.same("preview", preview.Delivery.State, state)
	}
	loaded := w.load(ids...)
	w.same("loaded", len(loaded), 1)
	w.same("pending one", loaded[0].Delivery.ID, ids[want])
}
