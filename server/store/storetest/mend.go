package storetest

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

func mendTests() []test {
	return []test{
		{"RetryStates", retryStates},
		{"RetryForgetsSpent", retryForgets},
		{"RetryOfOldRevision", retryOld},
		{"RetryFailed", retryFailed},
		{"RetryWhereItMoved", retryWhereItMoved},
		{"CancelStates", cancelStates},
		{"NotFound", mendNotFound},
	}
}

// retryWhereItMoved retries tracking whose number moved to another order after its
// delivery had ended: it goes in the scope of that order (promise P4).
func retryWhereItMoved(w *world) {
	key := w.connect("c", both())
	ended := map[string]store.DeliveryID{}
	for _, number := range []string{"n1", "n2", "n3"} {
		ended[number] = w.one(shipment("old", "a", number))
	}
	w.end(ended["n1"], store.Skipped)
	w.must(w.store.CancelDelivery(w.ctx, ended["n2"], w.now()))
	w.end(ended["n3"], store.Failed)
	w.one(order("held", "a"))
	w.setState(key, store.Disabled, "")
	w.accept(shipment("new", "b", "n1"))
	w.accept(shipment("new", "b", "n2"))
	w.accept(shipment("held", "b", "n3"))
	w.setState(key, store.Active, "")
	for _, id := range ended {
		w.must(w.store.RetryDelivery(w.ctx, id, w.now()))
	}
	w.states(map[store.DeliveryID]store.DeliveryState{
		ended["n1"]: store.Pending, ended["n2"]: store.Pending, ended["n3"]: store.Blocked,
	})
	for number, orderID := range map[string]string{"n1": "new", "n2": "new", "n3": "held"} {
		w.same("order of "+number, w.delivery(ended[number]).OrderID, orderID)
	}
}

// in makes a delivery of an order and brings it to a state. Blocked ones are of
// tracking.
func (w *world) in(state store.DeliveryState, id string) store.DeliveryID {
	w.Helper()
	d := w.one(order(id, "a"))
	switch state {
	case store.Pending:
	case store.Blocked:
		d = w.one(shipment(id, "a", id))
	case store.Delivered, store.Skipped, store.Failed:
		w.end(d, state)
	case store.Superseded:
		w.one(order(id, "b"))
	case store.Cancelled:
		w.must(w.store.CancelDelivery(w.ctx, d, w.now()))
	}
	w.state(d, state)
	return d
}

func everyState() []store.DeliveryState {
	return []store.DeliveryState{
		store.Pending, store.Blocked, store.Delivered, store.Skipped, store.Failed, store.Superseded, store.Cancelled,
	}
}

func retryStates(w *world) {
	key := w.connect("both", both())
	for _, state := range everyState() {
		id := w.in(state, string(rune('a'+state)))
		err := w.store.RetryDelivery(w.ctx, id, w.now())
		switch state {
		case store.Delivered, store.Superseded:
			w.is("retry", err, store.ErrWrongState)
			w.state(id, state)
		case store.Blocked:
			w.must(err) // It goes when its order has gone.
			w.state(id, state)
		case store.Pending, store.Skipped, store.Failed, store.Cancelled:
			w.must(err)
			d := w.delivery(id)
			w.same("retried", []any{d.State, d.Due, d.Reason, d.FinishTime},
				[]any{store.Pending, kept(w.clock), "", time.Time{}})
		}
	}
	w.counted(key, store.Totals{Made: 9, Delivered: 1, Superseded: 1})
}

func retryForgets(w *world) {
	w.connect("orders", ordersOnly())
	id := w.one(order("o", "a"))
	c := w.outcome(id, store.Failed)
	c.Sends, c.Spent, c.RetryAge, c.Reason, c.Hint, c.FixScope = 5, 4, time.Hour, "R", "H", store.FixRecord
	w.complete(c)
	w.must(w.store.RetryDelivery(w.ctx, id, w.now()))
	d := w.delivery(id)
	w.same("retried", []any{d.Sends, d.Spent, d.RetryAge, d.Reason, d.Hint, d.FixScope, d.Last.Number},
		[]any{5, 0, time.Duration(0), "", "", store.FixEither, 1})
}

func retryOld(w *world) {
	w.connect("orders", ordersOnly())
	id := w.in(store.Skipped, "o")
	w.end(w.one(order("o", "b")), store.Delivered)
	w.is("retry of an older revision", w.store.RetryDelivery(w.ctx, id, w.now()), store.ErrWrongState)
	w.state(id, store.Skipped)

	// A revision that the connection did not get hinders nothing.
	joins, plain := w.connect("joins", trackingOnly(factA)), w.connect("plain", trackingOnly())
	w.accept(facts("p", "a", map[store.Fact]uint64{factA: 1}))
	made := w.first(shipment("p", "a", "n"))
	w.end(made[plain], store.Failed)
	w.end(made[joins], store.Failed)
	w.accept(facts("p", "b", map[store.Fact]uint64{factA: 2}))
	w.must(w.store.RetryDelivery(w.ctx, made[plain], w.now()))
	w.is("retry of a superseded one", w.store.RetryDelivery(w.ctx, made[joins], w.now()), store.ErrWrongState)
}

func retryFailed(w *world) {
	key, other := w.connect("orders", ordersOnly()), w.connect("other", ordersOnly())
	for i, reason := range []string{"X", "Y", "X", "X"} {
		made := w.first(order(string(rune('a'+i)), "a"))
		for _, id := range made {
			c := w.outcome(id, store.Failed)
			c.Reason = reason
			w.complete(c)
		}
	}
	w.first(order("skipped", "a"))
	retry := func(reason string, limit int, want int64) {
		n, err := w.store.RetryFailed(w.ctx, key, reason, limit, w.now())
		w.must(err)
		w.same("reopened with reason "+reason, n, want)
	}
	retry("Z", 10, 0)
	retry("X", 2, 2)
	w.counted(key, store.Totals{Made: 5, Failed: 2})
	retry("", 10, 2)
	retry("", 10, 0)
	w.counted(key, store.Totals{Made: 5})
	w.counted(other, store.Totals{Made: 5, Failed: 4})
}

func cancelStates(w *world) {
	key := w.connect("both", both())
	for _, state := range everyState() {
		id := w.in(state, string(rune('a'+state)))
		err := w.store.CancelDelivery(w.ctx, id, w.now())
		switch state {
		case store.Delivered, store.Skipped, store.Superseded, store.Cancelled:
			w.is("cancel", err, store.ErrWrongState)
			w.state(id, state)
		case store.Pending, store.Blocked, store.Failed:
			w.must(err)
			w.state(id, store.Cancelled)
			w.same("finished", w.delivery(id).FinishTime, kept(w.clock))
		}
	}
	w.counted(key, store.Totals{Made: 9, Delivered: 1, Skipped: 1, Superseded: 1, Cancelled: 4})
}

func mendNotFound(w *world) {
	w.is("retry", w.store.RetryDelivery(w.ctx, 7, w.now()), store.ErrNotFound)
	w.is("cancel", w.store.CancelDelivery(w.ctx, 7, w.now()), store.ErrNotFound)
	_, err := w.store.PreviewDelivery(w.ctx, 7)
	w.is("preview", err, store.ErrNotFound)
	n, err := w.store.RetryFailed(w.ctx, 1<<40, "", 1, w.now())
	w.must(err)
	w.same("reopened", n, int64(0))
}
