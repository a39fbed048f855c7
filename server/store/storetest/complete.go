package storetest

import (
	"context"
	"time"

	"github.com/spurline/spurline/server/store"
)

func completeTests() []test {
	return []test{
		{"States", completeStates},
		{"DeliveryAsKept", deliveryAsKept},
		{"AttemptsLogged", attemptsLogged},
		{"WithoutAttempt", withoutAttempt},
		{"Present", present},
		{"RemoteKept", remoteKept},
		{"ManyAtOnce", manyAtOnce},
		{"Unknown", completeUnknown},
		{"ExpiredContext", expiredContext},
	}
}

func completeStates(w *world) {
	key := w.connect("orders", ordersOnly())
	for i, state := range []store.DeliveryState{store.Pending, store.Delivered, store.Skipped, store.Failed} {
		id := w.one(order(string(rune('a'+i)), "a"))
		w.end(id, state)
		d := w.delivery(id)
		w.same("state", d.State, state)
		w.same("finished", d.FinishTime.IsZero(), state == store.Pending)
	}
	w.counted(key, store.Totals{Made: 4, Delivered: 1, Skipped: 1, Failed: 1})
}

func deliveryAsKept(w *world) {
	key := w.connect("tracking", trackingOnly())
	id := w.one(shipment("o", "a", "n"))
	created := kept(w.clock)
	want := store.Delivery{
		ID: id, Connection: key, Kind: store.TrackingRecord, Record: w.tracking("n").Key, Revision: 1, Covers: 1,
		State: store.Pending, Due: created, CreateTime: created, MerchantID: w.merchant.ID, ConnectionID: "tracking",
		Plugin: "paper", OrderID: "o", TrackingNumber: "No n",
	}
	w.same("fresh delivery", w.delivery(id), want)

	now := w.now()
	w.complete(store.Completion{
		ID: id, State: store.Failed, Reason: "NO_CARRIER", Hint: "set the carrier", FixScope: store.FixRecord,
		Due: now.Add(time.Hour), Sends: 3, Spent: 2, RetryAge: time.Minute, FateUnknown: true, Now: now,
		Attempt: fullAttempt(now), Remote: &store.RemoteRecord{RemoteID: "r", RemoteURL: "https://r"},
	})
	want.State, want.Reason, want.Hint, want.FixScope = store.Failed, "NO_CARRIER", "set the carrier", store.FixRecord
	want.Sends, want.Spent, want.RetryAge, want.FateUnknown = 3, 2, time.Minute, true
	want.Due, want.FinishTime, want.RemoteID, want.RemoteURL = kept(now.Add(time.Hour)), kept(now), "r", "https://r"
	want.Last = fullAttempt(now)
	want.Last.Start = kept(now)
	w.same("failed delivery", w.delivery(id), want)

	_, err := w.store.DeliveryByID(w.ctx, 1)
	w.is("unknown delivery", err, store.ErrNotFound)
}

func fullAttempt(start time.Time) *store.Attempt {
	return &store.Attempt{
		Number: 1, Start: start, Duration: 1234567 * time.Microsecond, Outcome: store.OutcomeRejected,
		Reason: "NO_CARRIER", Hint: "set the carrier", FixScope: store.FixRecord, HTTPStatus: 422,
		RequestExcerpt: "POST /", ResponseExcerpt: "no\ncarrier", DifferingFields: []string{"carrier", "title"},
	}
}

// attemptsLogged logs four attempts and reads them page by page.
func attemptsLogged(w *world) {
	w.connect("orders", ordersOnly())
	id := w.one(order("o", "a"))
	var want []store.Attempt
	for i := range 4 {
		c := w.outcome(id, store.Pending)
		c.Attempt = fullAttempt(kept(c.Now))
		c.Attempt.Number = i + 1
		c.Attempt.HTTPStatus = 500 + i
		w.complete(c)
		logged := *c.Attempt
		want = append([]store.Attempt{logged}, want...)
		w.same("last attempt", *w.delivery(id).Last, logged)
	}
	all, err := w.store.Attempts(w.ctx, id, store.Page{Limit: 10})
	w.must(err)
	w.same("attempts", all, want)
	var paged []store.Attempt
	for after := int64(0); ; {
		page, err := w.store.Attempts(w.ctx, id, store.Page{After: after, Limit: 3})
		w.must(err)
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		after = int64(page[len(page)-1].Number)
	}
	w.same("attempts by page", paged, want)
}

func withoutAttempt(w *world) {
	w.connect("orders", ordersOnly())
	id := w.one(order("o", "a"))
	w.complete(store.Completion{ID: id, State: store.Skipped, Reason: "FILTER", Now: w.now()})
	d := w.delivery(id)
	w.same("last attempt", d.Last, (*store.Attempt)(nil))
	w.same("state and reason", []any{d.State, d.Reason}, []any{store.Skipped, "FILTER"})
	attempts, err := w.store.Attempts(w.ctx, id, store.Page{Limit: 1})
	w.must(err)
	w.same("attempts", len(attempts), 0)
}

func present(w *world) {
	key := w.connect("orders", ordersOnly())
	c := w.outcome(w.one(order("o", "a")), store.Delivered)
	c.Present = true
	w.complete(c)
	w.end(w.one(order("p", "a")), store.Delivered)
	w.counted(key, store.Totals{Made: 2, Delivered: 2, Present: 1})
}

// remoteKept follows what is known of a record at an extra interface over
// revisions, failures and cancelling (promise P3).
func remoteKept(w *world) {
	w.connect("orders", ordersOnly())
	remote := store.RemoteRecord{RemoteID: "r", RemoteURL: "https://r", State: []byte("s"), ContentKey: []byte("c")}
	id := w.one(order("o", "a"))
	c := w.outcome(id, store.Delivered)
	c.Remote = &remote
	w.complete(c)
	expect := func(what string, id store.DeliveryID) {
		loaded, err := w.store.PreviewDelivery(w.ctx, id)
		w.must(err)
		w.same(what, loaded.Remote, remote)
		w.same(what+": remote id", loaded.Delivery.RemoteID, remote.RemoteID)
	}
	expect("delivered", id)
	id = w.one(order("o", "b"))
	expect("new revision", id)
	w.end(id, store.Failed)
	expect("failed", id)
	w.must(w.store.CancelDelivery(w.ctx, id, w.now()))
	expect("cancelled", id)

	id = w.one(order("o", "c"))
	remote = store.RemoteRecord{RemoteID: "r2"}
	c = w.outcome(id, store.Pending)
	c.Remote = &remote
	w.complete(c)
	expect("replaced while pending", id)

	other := w.one(order("p", "a"))
	loaded, err := w.store.PreviewDelivery(w.ctx, other)
	w.must(err)
	w.same("remote of a record that never went", loaded.Remote, store.RemoteRecord{})
}

func manyAtOnce(w *world) {
	key := w.connect("orders", ordersOnly())
	var completions []store.Completion
	for i := range 20 {
		id := w.one(order(string(rune('a'+i)), "a"))
		completions = append(completions, w.outcome(id, []store.DeliveryState{
			store.Delivered, store.Failed, store.Skipped, store.Pending,
		}[i%4]))
	}
	w.complete(completions...)
	w.counted(key, store.Totals{Made: 20, Delivered: 5, Failed: 5, Skipped: 5})
}

func completeUnknown(w *world) {
	key := w.connect("orders", ordersOnly())
	id := w.one(order("o", "a"))
	w.complete(w.outcome(7, store.Delivered), w.outcome(id, store.Delivered))
	w.counted(key, store.Totals{Made: 1, Delivered: 1})
}

// expiredContext gives up before the store begins: nothing changes.
func expiredContext(w *world) {
	key := w.connect("orders", ordersOnly())
	planned := w.plan(order("o", "a"))
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	_, err := w.store.Accept(ctx, planned)
	w.is("accept", err, context.Canceled)
	_, err = w.store.OrderByID(w.ctx, w.merchant.Key, "o")
	w.is("order", err, store.ErrNotFound)
	w.counted(key, store.Totals{})
	_, err = w.store.OrderByID(ctx, w.merchant.Key, "o")
	w.is("read", err, context.Canceled)
}
