package storetest

import (
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
)

func traceTests() []test {
	return []test{
		{"KeptWithWhatItMade", traceKept},
		{"OfTheCallThatChanged", traceOfChange},
		{"OfTheOrderThatIsJoined", traceJoined},
		{"OutlivesAttemptsAndRestarts", traceOutlives},
	}
}

// place is the place of a call that a test numbers, none for 0.
func place(call byte) trace.Place {
	if call == 0 {
		return trace.Place{}
	}
	return trace.Place{Trace: [16]byte{15: call}, Span: [8]byte{call}, Flags: trace.Sampled}
}

// traced is a submission by such a call.
func traced(submission store.Submission, call byte) store.Submission {
	submission.Trace = place(call)
	return submission
}

// hasTrace demands the trace of a delivery, however it is read.
func (w *world) hasTrace(what string, id store.DeliveryID, call byte) {
	w.Helper()
	d := w.delivery(id)
	w.same(what+": delivery", d.Trace, place(call))
	shown, err := w.store.PreviewDelivery(w.ctx, id)
	w.must(err)
	w.same(what+": preview", shown.Delivery.Trace, place(call))
	listed, err := w.store.Deliveries(w.ctx, store.DeliveryFilter{Connection: d.Connection}, store.Page{Limit: 100})
	w.must(err)
	for _, one := range listed {
		if one.ID == id {
			w.same(what+": in the list", one.Trace, place(call))
		}
	}
	if d.State == store.Pending {
		w.same(what+": loaded", w.load(id)[0].Delivery.Trace, place(call))
	}
}

// traceKept submits with and without a trace.
func traceKept(w *world) {
	w.connect("all", both())
	w.hasTrace("order", w.one(traced(order("o", "a"), 1)), 1)
	w.hasTrace("order without", w.one(order("o2", "a")), 0)
	parcels := w.accept(traced(shipment("o3", "a", "n1", "n2"), 2))
	for _, parcel := range parcels {
		w.hasTrace("parcel", parcel.Deliveries[0].ID, 2)
	}
	w.hasTrace("parcel without", w.one(shipment("o4", "a", "n3")), 0)
	record := store.RecordRef{Kind: store.TrackingRecord, Key: w.tracking("n1").Key}
	last, err := w.store.RecordDeliveries(w.ctx, record)
	w.must(err)
	w.same("last of the record", last[0].Trace, place(2))
}

// traceOfChange has calls that change nothing, and some that do.
func traceOfChange(w *world) {
	w.connect("all", both())
	first := traced(order("o", "a"), 1)
	first.Order.SourceVersion = number(5)
	id := w.one(first)
	same := traced(order("o", "a"), 2)
	w.same("result of the same", w.accept(same)[0].Result, store.Unchanged)
	older := traced(order("o", "older"), 3)
	older.Order.SourceVersion = number(4)
	w.same("result of an older one", w.accept(older)[0].Result, store.Stale)
	w.hasTrace("after both", id, 1)
	second := w.one(traced(order("o", "b"), 4))
	w.hasTrace("the next revision", second, 4)
	w.hasTrace("what it supersedes", id, 1)
	w.hasTrace("a revision of a call without", w.one(order("o", "c")), 0)

	replayed := traced(order("p", "a"), 5)
	replayed.RequestID, replayed.RequestHash = "r", []byte("h")
	id = w.one(replayed)
	replayed.Trace = place(6)
	w.same("delivery of the repeat", w.one(replayed), id)
	w.hasTrace("after the repeat", id, 5)

	parcel := w.one(traced(shipment("q", "a", "n"), 7))
	w.same("result of the same parcel", w.accept(traced(shipment("q", "a", "n"), 8))[0].Result, store.Unchanged)
	w.hasTrace("after it", parcel, 7)
	w.hasTrace("its next revision", w.one(traced(shipment("q", "b", "n"), 9)), 9)
}

// traceJoined has an order change what is joined to tracking: its call is what brings
// the tracking's next revision.
func traceJoined(w *world) {
	w.connect("joins", trackingOnly(factA))
	w.accept(traced(facts("o", "a", map[store.Fact]uint64{factA: 1}), 1))
	sent := w.one(traced(shipment("o", "a", "n"), 2))
	w.end(sent, store.Delivered)
	joined := w.one(traced(facts("o", "b", map[store.Fact]uint64{factA: 2}), 3))
	w.hasTrace("the revision that the order made", joined, 3)
	w.hasTrace("the one before", sent, 2)
}

// traceOutlives reads a trace again after attempts, a retry by hand and two kinds of
// restart.
func traceOutlives(w *world) {
	w.connect("orders", ordersOnly())
	id := w.one(traced(order("o", "a"), 1))
	w.end(id, store.Pending)
	w.hasTrace("after an attempt", id, 1)
	w.reopen()
	w.hasTrace("after a restart", id, 1)
	w.end(id, store.Failed)
	w.crash()
	w.hasTrace("after a kill", id, 1)
	w.must(w.store.RetryDelivery(w.ctx, id, w.now()))
	w.hasTrace("after a retry by hand", id, 1)
	w.end(id, store.Delivered)
	w.hasTrace("when delivered", id, 1)
}
