package storetest

import (
	"github.com/spurline/spurline/server/store"
)

func requestTests() []test {
	return []test{
		{"Replay", replay},
		{"Reused", reused},
		{"ConfigChanged", configChanged},
		{"RequestIDsOfMerchantsApart", requestsApart},
	}
}

// replay repeats a request and gets the answer of the first time.
func replay(w *world) {
	connection := w.connect("tracking", trackingOnly())
	submission := shipment("o", "a", "n1", "n2")
	submission.RequestID, submission.RequestHash = "r", []byte("h")
	first := w.accept(submission)
	w.same("records", len(first), 2)
	w.end(first[0].Deliveries[0].ID, store.Delivered)
	w.accept(shipment("o", "b", "n1"))

	again := w.accept(submission)
	w.same("receipt of the repeat", again, first)
	if got := w.tracking("n1"); got.Revision != 2 || string(got.Hash) != "ob" {
		w.Errorf("the repeat changed the record: %+v", got)
	}
	w.counted(connection, store.Totals{Made: 3, Delivered: 1})
}

func reused(w *world) {
	connection := w.connect("orders", ordersOnly())
	submission := order("o", "a")
	submission.RequestID, submission.RequestHash = "r", []byte("h")
	w.accept(submission)
	other := order("o2", "a")
	other.RequestID, other.RequestHash = "r", []byte("other")
	_, err := w.store.Accept(w.ctx, w.plan(other))
	w.is("request id with other content", err, store.ErrRequestReused)
	_, err = w.store.OrderByID(w.ctx, w.merchant.Key, "o2")
	w.is("order of the refused request", err, store.ErrNotFound)
	w.counted(connection, store.Totals{Made: 1})
}

func requestsApart(w *world) {
	submission := order("o", "a")
	submission.RequestID, submission.RequestHash = "r", []byte("h")
	w.accept(submission)
	other := w.beside(w.tb)
	submission.RequestHash = []byte("other")
	w.same("result for another merchant", other.accept(submission)[0].Result, store.Created)
}

// configChanged changes what a plan rests on: an older plan is refused, so that no
// record misses a connection made a moment ago (promise P9).
func configChanged(w *world) {
	key := w.connect("first", both())
	edit := func(c store.Connection) store.ConnectionEdit {
		return store.ConnectionEdit{Connection: c, Now: w.now()}
	}
	changes := []struct {
		name   string
		change func()
	}{
		{"create", func() { w.connect("second", both()) }},
		{"edit", func() { w.edit(edit(w.connection(key))) }},
		{"disable", func() { w.setState(key, store.Disabled, "") }},
		{"resume", func() { w.setState(key, store.Active, "") }},
		{"takes", func() { w.must(w.store.SetTakes(w.ctx, map[int64]store.Takes{key: ordersOnly()})) }},
		{"delete", func() {
			_, err := w.store.DeleteConnection(w.ctx, key, 0, true, w.now())
			w.must(err)
		}},
	}
	for _, c := range changes {
		planned := w.plan(order("o-"+c.name, "a"))
		parcels := w.plan(shipment("o-"+c.name, "a", "n-"+c.name))
		c.change()
		_, err := w.store.Accept(w.ctx, planned)
		w.is("order planned before "+c.name, err, store.ErrConfigChanged)
		_, err = w.store.Accept(w.ctx, parcels)
		w.is("shipment planned before "+c.name, err, store.ErrConfigChanged)
		_, err = w.store.OrderByID(w.ctx, w.merchant.Key, "o-"+c.name)
		w.is("order of the refused plan", err, store.ErrNotFound)
		w.same("result of the new plan", w.accept(order("o-"+c.name, "a"))[0].Result, store.Created)
	}
	w.counted(key, store.Totals{Made: 4, Cancelled: 4})
}

// connection reads a connection.
func (w *world) connection(key int64) store.Connection {
	w.Helper()
	c, err := w.store.ConnectionByKey(w.ctx, key)
	w.must(err)
	return c
}

// edit edits a connection and returns how many deliveries that reopened.
func (w *world) edit(edit store.ConnectionEdit) int64 {
	w.Helper()
	_, reopened, err := w.store.EditConnection(w.ctx, edit)
	w.must(err)
	return reopened
}

// setState changes a connection as a caller does.
func (w *world) setState(key int64, state store.ConnectionState, reason string) {
	w.Helper()
	changed, err := w.store.SetConnectionState(w.ctx, store.StateChange{
		Connection: key, State: state, Reason: reason, Now: w.now(),
	})
	w.must(err)
	if !changed {
		w.Fatalf("state of connection %d did not change to %d", key, state)
	}
}
