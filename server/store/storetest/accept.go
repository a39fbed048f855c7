package storetest

import (
	"fmt"
	"sync"

	"github.com/spurline/spurline/server/store"
)

func acceptTests() []test {
	return []test{
		{"Verdicts", verdicts},
		{"OrderAsKept", orderAsKept},
		{"TrackingAsKept", trackingAsKept},
		{"NumberMoves", numberMoves},
		{"OneDeliveryPerWant", oneDeliveryPerWant},
		{"NothingForUnchanged", nothingForUnchanged},
		{"SameKeyAtOnce", sameKeyAtOnce},
		{"ExtraFields", extraFields},
		{"ExtraFieldsBounded", extraFieldsBounded},
		{"MerchantsApart", merchantsApart},
	}
}

// verdicts submits content after content and looks at what the store says.
func verdicts(w *world) {
	type step struct {
		content  string
		version  *int64
		result   store.Result
		revision int64
		stored   *int64
	}
	cases := map[string][]step{
		"WithoutVersions": {
			{"a", nil, store.Created, 1, nil},
			{"a", nil, store.Unchanged, 1, nil},
			{"b", nil, store.Revised, 2, nil},
			{"a", nil, store.Revised, 3, nil},
		},
		"OlderIsStale": {
			{"a", number(5), store.Created, 1, number(5)},
			{"b", number(4), store.Stale, 1, number(5)},
			{"a", number(4), store.Stale, 1, number(5)},
			{"b", number(5), store.Revised, 2, number(5)},
			{"c", number(6), store.Revised, 3, number(6)},
		},
		"UnchangedKeepsTheHigherVersion": {
			{"a", number(1), store.Created, 1, number(1)},
			{"a", number(7), store.Unchanged, 1, number(7)},
			{"b", number(6), store.Stale, 1, number(7)},
			{"b", number(8), store.Revised, 2, number(8)},
		},
		"FirstVersionComesLater": {
			{"a", nil, store.Created, 1, nil},
			{"a", number(3), store.Unchanged, 1, number(3)},
			{"b", number(2), store.Stale, 1, number(3)},
		},
		"MissingVersionIsNotOlder": {
			{"a", number(3), store.Created, 1, number(3)},
			{"a", nil, store.Unchanged, 1, number(3)},
			{"b", nil, store.Revised, 2, number(3)},
			{"c", number(2), store.Stale, 2, number(3)},
		},
		"NegativeVersions": {
			{"a", number(-2), store.Created, 1, number(-2)},
			{"b", number(-3), store.Stale, 1, number(-2)},
			{"b", number(0), store.Revised, 2, number(0)},
		},
	}
	w.connect("both", both())
	for name, steps := range cases {
		for i, s := range steps {
			o := order(name, s.content)
			o.Order.SourceVersion = s.version
			parcel := shipment(name, s.content, "n-"+name)
			parcel.SourceVersion = s.version
			for _, submission := range []store.Submission{o, parcel} {
				got := w.accept(submission)[0]
				deliveries := 0
				if s.result == store.Created || s.result == store.Revised {
					deliveries = 1
				}
				if got.Result != s.result || got.Revision != s.revision || len(got.Deliveries) != deliveries {
					w.Errorf("%s, step %d: got %+v, want result %d, revision %d, %d deliveries",
						name, i+1, got, s.result, s.revision, deliveries)
				}
			}
			stored, err := w.store.OrderByID(w.ctx, w.merchant.Key, name)
			w.must(err)
			w.same(name+": source version of the order", stored.SourceVersion, s.stored)
			w.same(name+": source version of the parcel", w.tracking("n-"+name).SourceVersion, s.stored)
		}
	}
}

// tracking is the tracking record of a number.
func (w *world) tracking(numberKey string) store.Tracking {
	w.Helper()
	found, err := w.store.FindTracking(w.ctx, w.merchant.Key, numberKey)
	w.must(err)
	if len(found) != 1 {
		w.Fatalf("number %q has %d tracking records, want 1", numberKey, len(found))
	}
	return found[0]
}

func orderAsKept(w *world) {
	submission := order("o", "a")
	submission.Order.SourceVersion = number(4)
	w.accept(submission)
	created := kept(w.clock)
	submission = order("o", "b")
	submission.Order.Source = "market"
	w.accept(submission)

	got, err := w.store.OrderByID(w.ctx, w.merchant.Key, "o")
	w.must(err)
	want := store.Order{
		Key: got.Key, MerchantKey: w.merchant.Key, MerchantID: w.merchant.ID, OrderID: "o", Revision: 2,
		SourceVersion: number(4), Body: []byte("order o b"), Hash: []byte("b"), Source: "market",
		LastChange: got.LastChange, CreateTime: created, UpdateTime: kept(w.clock),
	}
	w.same("order", got, want)

	revisions, err := w.store.OrderRevisions(w.ctx, got.Key, store.Page{Limit: 10})
	w.must(err)
	first := want
	first.Revision, first.Body, first.Hash, first.Source = 1, []byte("order o a"), []byte("a"), "shop"
	first.UpdateTime = created
	w.same("revisions", revisions, []store.Order{want, first})

	_, err = w.store.OrderByID(w.ctx, w.merchant.Key, "other")
	w.is("unknown order", err, store.ErrNotFound)
}

func trackingAsKept(w *world) {
	submission := shipment("o", "a", "n1", "n2")
	submission.SourceVersion = number(9)
	w.accept(submission)
	got, err := w.store.OrderTracking(w.ctx, w.merchant.Key, "o")
	w.must(err)
	if len(got) != 2 {
		w.Fatalf("order has %d tracking records, want 2", len(got))
	}
	for i, n := range []string{"n1", "n2"} {
		w.same("tracking "+n, got[i], store.Tracking{
			Key: got[i].Key, MerchantKey: w.merchant.Key, MerchantID: w.merchant.ID, NumberKey: n, Number: "No " + n,
			OrderID: "o", ShipmentID: "s-o", Revision: 1, SourceVersion: number(9), Body: []byte("parcel " + n + " a"),
			Hash: []byte("oa"), CreateTime: kept(w.clock), UpdateTime: kept(w.clock),
		})
	}
}

// numberMoves checks that a number that goes to another order stays one record.
func numberMoves(w *world) {
	connection := w.connect("tracking", trackingOnly())
	first := w.one(shipment("o1", "a", "n"))
	before := w.tracking("n")
	second := w.one(shipment("o2", "a", "n"))
	after := w.tracking("n")
	if after.Key != before.Key || after.Revision != 2 || after.OrderID != "o2" || after.ShipmentID != "s-o2" {
		w.Errorf("moved record is %+v, was %+v", after, before)
	}
	w.states(map[store.DeliveryID]store.DeliveryState{first: store.Superseded, second: store.Pending})
	w.counted(connection, store.Totals{Made: 2, Superseded: 1})
	left, err := w.store.OrderTracking(w.ctx, w.merchant.Key, "o1")
	w.must(err)
	w.same("tracking left at the first order", len(left), 0)

	moved := func(orderID string) (now []string) {
		records, err := w.store.MovedTracking(w.ctx, w.merchant.Key, orderID)
		w.must(err)
		for _, record := range records {
			now = append(now, record.Number+" at "+record.OrderID)
		}
		return now
	}
	w.same("moved from the first order", moved("o1"), []string{"No n at o2"})
	w.same("moved from the second order", moved("o2"), []string(nil))
	owners, err := w.store.FindOrders(w.ctx, w.merchant.Key, "o1")
	w.must(err)
	w.same("merchants of the first order", len(owners), 1)
	w.one(shipment("o1", "b", "n"))
	w.same("moved back to the first order", moved("o1"), []string(nil))
	w.same("moved back from the second order", moved("o2"), []string{"No n at o1"})
}

func oneDeliveryPerWant(w *world) {
	orders, tracking := w.connect("orders", ordersOnly()), w.connect("tracking", trackingOnly())
	all := w.connect("all", both())
	disabled := w.connect("disabled", both())
	w.setState(disabled, store.Disabled, "")
	paused := w.connect("paused", both())
	w.setState(paused, store.Paused, store.PausedByOperator)

	want := map[string][]int64{"order": {orders, all, paused}, "parcel": {tracking, all, paused}}
	for name, submission := range map[string]store.Submission{
		"order": order("o", "a"), "parcel": shipment("p", "a", "n"),
	} {
		var got []int64
		for _, ref := range w.accept(submission)[0].Deliveries {
			got = append(got, ref.Connection)
			w.state(ref.ID, store.Pending)
		}
		w.same("connections that get the "+name, got, want[name])
	}
	w.counted(all, store.Totals{Made: 2})
	w.counted(orders, store.Totals{Made: 1})
	w.counted(disabled, store.Totals{})
}

func nothingForUnchanged(w *world) {
	connection := w.connect("both", both())
	w.accept(order("o", "a"))
	w.accept(shipment("o", "a", "n"))
	w.accept(order("o", "a"))
	w.accept(shipment("o", "a", "n"))
	w.counted(connection, store.Totals{Made: 2})
	stored, err := w.store.OrderByID(w.ctx, w.merchant.Key, "o")
	w.must(err)
	w.same("update time", stored.UpdateTime, stored.CreateTime)
}

// sameKeyAtOnce has many callers submit the same order: each one counts, in some
// order, and at most one delivery stays open (promise P2).
func sameKeyAtOnce(w *world) {
	const callers = 40
	connection := w.connect("orders", ordersOnly())
	submissions := make([]store.Submission, callers)
	for i := range submissions {
		submissions[i] = w.plan(order("o", fmt.Sprint(i)))
	}
	revisions := make([]int64, callers)
	var wg sync.WaitGroup
	for i, submission := range submissions {
		wg.Go(func() {
			receipt, err := w.store.Accept(w.ctx, submission)
			if err != nil {
				w.Errorf("accept: %v", err)
				return
			}
			revisions[i] = receipt.Records[0].Revision
		})
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, revision := range revisions {
		seen[revision] = true
	}
	w.same("different revisions", len(seen), callers)
	w.counted(connection, store.Totals{Made: callers, Superseded: callers - 1})
}
