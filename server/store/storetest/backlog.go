package storetest

import (
	"fmt"

	"github.com/spurline/spurline/server/store"
)

// Limits bound the open deliveries of a store.
type Limits struct {
	// Backlog is how many of all merchants are let in; up to a quarter more for
	// merchants with less than the average.
	Backlog int64
	// Share is a merchant's part of them in per cent.
	Share int
}

func backlogTests() []test {
	return []test{
		{"MerchantsShare", merchantsShare},
		{"WhatMakesNoDelivery", whatMakesNoDelivery},
		{"RejoinMakesDeliveries", rejoinMakesDeliveries},
		{"FullForThoseWhoFilledIt", fullForThoseWhoFilledIt},
		{"EveryEndMakesRoom", everyEndMakesRoom},
		{"KnownAfterReopening", knownAfterReopening},
	}
}

// limit opens the store again with limits.
func (w *world) limit(backlog int64, share int) {
	w.Helper()
	w.engine.Limit(Limits{Backlog: backlog, Share: share})
	w.reopen()
}

// refused submits an order that is not let in, and nothing of it is kept.
func (w *world) refused(submission store.Submission, want error) {
	w.Helper()
	_, err := w.store.Accept(w.ctx, w.plan(submission))
	w.is("submission over the limit", err, want)
	if submission.Order == nil {
		return
	}
	kept, err := w.store.OrderByID(w.ctx, w.merchant.Key, submission.Order.OrderID)
	if err == nil && string(kept.Hash) == string(submission.Order.Hash) {
		w.Errorf("the refused content of order %q is kept", submission.Order.OrderID)
	}
}

// orders submits new orders and returns their deliveries.
func (w *world) orders(name string, count int) []store.DeliveryID {
	w.Helper()
	var made []store.DeliveryID
	for i := range count {
		for _, ref := range w.accept(order(fmt.Sprint(name, i), "a"))[0].Deliveries {
			made = append(made, ref.ID)
		}
	}
	return made
}

// merchantsShare: a merchant that has its share open gets no further, and the
// others do not feel it (promise P5).
func merchantsShare(w *world) {
	w.limit(8, 50)
	connection := w.connect("both", both())
	other := w.beside(w.tb)
	other.connect("both", both())
	open := w.orders("o", 3)
	w.accept(shipment("o0", "a", "blocked")) // It waits for its order and counts.
	w.refused(order("more", "a"), store.ErrMerchantBacklog)
	w.refused(order("o0", "b"), store.ErrMerchantBacklog)
	w.refused(shipment("o1", "a", "n1"), store.ErrMerchantBacklog)
	w.same("tracking of the refused shipment", len(w.found("n1")), 0)
	w.counted(connection, store.Totals{Made: 4})
	other.orders("p", 4)
	w.end(open[1], store.Delivered)
	w.orders("again", 1)
	w.refused(order("more", "a"), store.ErrMerchantBacklog)
}

// found are the tracking records of a number.
func (w *world) found(numberKey string) []store.Tracking {
	w.Helper()
	found, err := w.store.FindTracking(w.ctx, w.merchant.Key, numberKey)
	w.must(err)
	return found
}

// whatMakesNoDelivery is accepted whatever waits: repeats, what is known already,
// and what nobody wants (promise P9).
func whatMakesNoDelivery(w *world) {
	w.limit(4, 50)
	w.connect("orders", ordersOnly())
	repeated := order("o", "a")
	repeated.RequestID, repeated.RequestHash = "r", []byte("h")
	repeated.Order.SourceVersion = number(5)
	first := w.accept(repeated)
	w.orders("fill", 1)
	w.refused(order("more", "a"), store.ErrMerchantBacklog)

	w.same("the repeat", w.accept(repeated), first)
	other := repeated
	other.RequestHash = []byte("other")
	_, err := w.store.Accept(w.ctx, w.plan(other))
	w.is("another request of that id", err, store.ErrRequestReused)
	for name, c := range map[string]struct {
		content string
		version int64
		want    store.Result
	}{"newer with equal content": {"a", 7, store.Unchanged}, "older": {"b", 4, store.Stale}} {
		submission := order("o", c.content)
		submission.Order.SourceVersion = number(c.version)
		w.same(name, w.accept(submission)[0].Result, c.want)
	}
	w.same("a shipment that nobody wants", w.accept(shipment("o", "a", "n"))[0].Result, store.Created)

	without := w.beside(w.tb)
	for i := range 10 {
		got := without.accept(order(fmt.Sprint("w", i), "a"))[0]
		w.same("an order that nobody wants", got.Result, store.Created)
	}
	outdated := w.plan(order("late", "a"))
	w.connect("second", ordersOnly())
	_, err = w.store.Accept(w.ctx, outdated)
	w.is("a plan that is out of date", err, store.ErrConfigChanged)
}

// rejoinMakesDeliveries: an order that only tracking wants makes deliveries if it
// changes a fact of tracking that went out, and otherwise none.
func rejoinMakesDeliveries(w *world) {
	w.limit(4, 50)
	w.connect("tracking", trackingOnly(factA))
	w.accept(shipment("o", "a", "n1"))
	w.accept(shipment("p", "a", "n2"))
	w.refused(shipment("q", "a", "n3"), store.ErrMerchantBacklog)
	w.same("an order that changes nothing of it", w.accept(order("o", "a"))[0].Result, store.Created)
	w.same("an order without tracking", w.accept(facts("other", "a", map[store.Fact]uint64{factA: 1}))[0].Result,
		store.Created)
	w.refused(facts("o", "b", map[store.Fact]uint64{factA: 1}), store.ErrMerchantBacklog)
}

// fullForThoseWhoFilledIt: at the limit of all, merchants with less than the
// average still get in, up to a quarter more (promise P5).
func fullForThoseWhoFilledIt(w *world) {
	w.limit(8, 100)
	w.connect("orders", ordersOnly())
	others := []*world{w.beside(w.tb), w.beside(w.tb), w.beside(w.tb)}
	for _, other := range others {
		other.connect("orders", ordersOnly())
	}
	flood := w.orders("flood", 8)
	w.refused(order("more", "a"), store.ErrMerchantBacklog) // Its share is everything.
	others[0].orders("first", 1)
	w.end(flood[0], store.Delivered) // 8 are open, 7 of them the flood's.
	w.refused(order("more", "a"), store.ErrBacklog)
	others[0].orders("second", 1)
	others[1].orders("first", 1)
	others[2].refused(order("one", "a"), store.ErrBacklog) // 10 are open, and that is the end.
	w.end(flood[1], store.Delivered)
	others[2].orders("first", 1)
	for _, id := range flood[2:5] {
		w.end(id, store.Delivered)
	}
	w.orders("later", 1)
}

// everyEndMakesRoom ends a delivery in each way there is, and opens one again.
func everyEndMakesRoom(w *world) {
	w.limit(4, 50)
	connection := w.connect("orders", ordersOnly())
	full := func(after string) {
		w.Helper()
		w.refused(order("more after "+after, "a"), store.ErrMerchantBacklog)
	}
	last := w.orders("o", 2)[1]
	next := func(after string) {
		w.Helper()
		last = w.one(order(after, "a"))
		full(after)
	}
	full("nothing")
	for _, state := range []store.DeliveryState{store.Delivered, store.Skipped, store.Failed} {
		w.end(last, state)
		next(fmt.Sprint("state ", state))
	}
	w.end(last, store.Pending)
	full("a retry")
	w.must(w.store.CancelDelivery(w.ctx, last, w.now()))
	w.must(w.store.RetryDelivery(w.ctx, last, w.now()))
	full("a cancellation taken back")
	w.must(w.store.CancelDelivery(w.ctx, last, w.now()))
	next("a cancellation")
	w.end(last, store.Skipped)
	last = w.one(order("revised", "a"))
	w.end(last, store.Failed)
	last = w.one(order("revised", "b")) // It takes the place of what had failed.
	full("a revision")
	_, err := w.store.DeleteConnection(w.ctx, connection, 0, true, w.now())
	w.must(err)
	w.connect("again", ordersOnly())
	w.orders("after the deletion ", 2)
	full("the deletion")
}

// knownAfterReopening: what is open is known after a restart and after a crash.
func knownAfterReopening(w *world) {
	w.limit(4, 50)
	w.connect("orders", ordersOnly())
	open := w.orders("o", 2)
	for name, again := range map[string]func(){"restart": w.reopen, "crash": w.crash} {
		again()
		w.refused(order("more after a "+name, "a"), store.ErrMerchantBacklog)
	}
	w.end(open[0], store.Delivered)
	w.crash()
	w.orders("later", 1)
	w.limit(8, 50)
	w.orders("with another limit ", 2)
	w.refused(order("more", "a"), store.ErrMerchantBacklog)
}
