package storetest

import (
	"github.com/spurline/spurline/server/store"
)

func epochTests() []test {
	return []test{
		{"Clean", cleanEnd},
		{"Unclean", uncleanEnd},
		{"LeftUnclean", leftUnclean},
		{"RetriedAfterCancel", retriedAfterCancel},
		{"Intents", intents},
		{"ChangedUnderWay", changedUnderWay},
		{"IntentsOfTheSuperseded", intentsOfTheSuperseded},
		{"IntentsOfTheHeld", intentsOfTheHeld},
		{"IntentsOfTheReopened", intentsOfTheReopened},
		{"TakesIntentsNoMore", takesIntentsNoMore},
		{"TakesIntentsNow", takesIntentsNow},
		{"Closed", closed},
	}
}

// fate demands what the store knows of earlier sends, however it is asked.
func (w *world) fate(id store.DeliveryID, unknown bool) {
	w.Helper()
	w.same("fate unknown, read", w.delivery(id).FateUnknown, unknown)
	for _, l := range w.load(id) {
		w.same("fate unknown, loaded", l.Delivery.FateUnknown, unknown)
	}
}

func cleanEnd(w *world) {
	w.connect("orders", ordersOnly())
	id := w.one(order("o", "a"))
	w.reopen()
	w.fate(id, false)
	w.reopen()
	w.fate(id, false)
	w.fate(w.one(order("o", "b")), false)
}

// uncleanEnd kills the store: what was pending then may have been sent, until an
// outcome says otherwise (promise P3).
func uncleanEnd(w *world) {
	key := w.connect("both", both())
	sent, other := w.one(order("sent", "a")), w.one(order("other", "a"))
	revised, failed := w.one(order("revised", "a")), w.one(order("failed", "a"))
	delivered := w.one(order("delivered", "a"))
	w.end(failed, store.Failed)
	w.end(delivered, store.Delivered)
	w.crash()
	fresh := w.one(order("fresh", "a"))
	w.fate(fresh, false)
	for _, id := range []store.DeliveryID{sent, other, revised} {
		w.fate(id, true)
	}
	w.fate(delivered, false)
	w.must(w.store.RetryDelivery(w.ctx, failed, w.now()))
	w.fate(failed, false)
	w.must(w.store.RetryDelivery(w.ctx, other, w.now()))
	w.fate(other, true)
	successor := w.one(order("revised", "b"))
	w.fate(successor, true)
	w.end(sent, store.Pending)
	w.fate(sent, false)

	w.reopen()
	w.fate(sent, false)
	w.fate(fresh, false)
	w.fate(other, true)
	w.fate(successor, true)
	w.crash()
	w.fate(sent, true)
	w.fate(fresh, true)
	w.counted(key, store.Totals{Made: 7, Delivered: 1, Superseded: 1})
}

// leftUnclean closes the store after outcomes were lost: what was pending may have been
// sent (promise P3).
func leftUnclean(w *world) {
	takes := ordersOnly()
	takes.Intents = true
	careful, plain := w.connect("careful", takes), w.connect("plain", ordersOnly())
	sent, waiting := w.first(order("sent", "a")), w.first(order("waiting", "a"))
	w.must(w.store.Intend(w.ctx, []store.DeliveryID{sent[careful]}))
	w.store.LeaveUnclean()
	w.reopen()
	for id, unknown := range map[store.DeliveryID]bool{
		sent[careful]: true, sent[plain]: true, waiting[careful]: false, waiting[plain]: true,
	} {
		w.fate(id, unknown)
	}
	later := w.first(order("later", "a"))
	w.reopen()
	w.fate(later[careful], false)
	w.fate(later[plain], false)
}

// retriedAfterCancel cancels what may be under way when the store is killed, and
// has it go again (promise P3).
func retriedAfterCancel(w *world) {
	w.connect("orders", ordersOnly())
	retried, revised := w.one(order("retried", "a")), w.one(order("revised", "a"))
	w.must(w.store.CancelDelivery(w.ctx, retried, w.now()))
	w.must(w.store.CancelDelivery(w.ctx, revised, w.now()))
	w.crash()
	w.must(w.store.RetryDelivery(w.ctx, retried, w.now()))
	w.fate(retried, true)
	w.fate(w.one(order("revised", "b")), true)
}

// intents: where a repeat makes a second record, only what may have been sent is in
// doubt, not what waits behind it (promise P3).
func intents(w *world) {
	takes := ordersOnly()
	takes.Intents = true
	w.connect("careful", takes)
	sent, answered, waiting := w.one(order("sent", "a")), w.one(order("answered", "a")), w.one(order("waiting", "a"))
	revised := w.one(order("revised", "a"))
	w.must(w.store.Intend(w.ctx, []store.DeliveryID{sent, answered, revised}))
	w.end(answered, store.Pending)
	w.fate(sent, false)
	successor := w.one(order("revised", "b"))
	w.crash()
	for id, unknown := range map[store.DeliveryID]bool{sent: true, answered: false, waiting: false, successor: true} {
		w.fate(id, unknown)
	}
	w.fate(w.one(order("revised", "c")), true)
	c := w.outcome(sent, store.Failed)
	c.FateUnknown, c.Attempt = true, nil
	w.complete(c)
	w.must(w.store.RetryDelivery(w.ctx, sent, w.now()))
	w.fate(sent, false)
}

// changedUnderWay kills the store while something is sent that became ready again, or
// got a successor, meanwhile (promise P3).
func changedUnderWay(w *world) {
	takes := both()
	takes.Intents = true
	careful, plain := w.connect("careful", takes), w.connect("plain", both())
	revised := w.first(order("revised", "a"))[careful]
	successor := w.first(order("revised", "b"))[careful]
	w.must(w.store.Intend(w.ctx, []store.DeliveryID{revised})) // It was on its way before it was revised.
	waited := w.first(shipment("waited", "a", "n1"))[careful]
	w.must(w.store.Intend(w.ctx, []store.DeliveryID{waited}))
	w.end(w.first(order("waited", "a"))[careful], store.Delivered)
	retried := w.first(order("retried", "a"))[careful]
	w.must(w.store.Intend(w.ctx, []store.DeliveryID{retried}))
	w.must(w.store.CancelDelivery(w.ctx, retried, w.now()))
	w.must(w.store.RetryDelivery(w.ctx, retried, w.now()))
	held := w.first(shipment("held", "a", "n2"))[plain]
	w.must(w.store.CancelDelivery(w.ctx, held, w.now()))
	w.first(order("held", "a"))
	w.must(w.store.RetryDelivery(w.ctx, held, w.now()))
	w.states(map[store.DeliveryID]store.DeliveryState{
		successor: store.Pending, waited: store.Pending, retried: store.Pending, held: store.Blocked,
	})
	w.crash()
	for _, id := range []store.DeliveryID{successor, waited, retried, held} {
		w.fate(id, true)
	}
}

// intentsOfTheSuperseded: a delivery whose place another one took after it was loaded
// is sent all the same, and what took its place has to know (promise P3).
func intentsOfTheSuperseded(w *world) {
	takes := ordersOnly()
	takes.Intents = true
	w.connect("careful", takes)
	loaded := w.one(order("o", "a"))
	successor, waiting := w.one(order("o", "b")), w.one(order("waiting", "a"))
	w.must(w.store.Intend(w.ctx, []store.DeliveryID{loaded}))
	w.fate(successor, false)
	w.crash()
	w.fate(successor, true)
	w.fate(waiting, false)
}

// intentsOfTheHeld: tracking that is under way while its order is submitted, and
// arrives, may have arrived too (promise P3).
func intentsOfTheHeld(w *world) {
	takes := both()
	takes.Intents = true
	w.connect("careful", takes)
	sent, waiting := w.one(shipment("o", "a", "T1")), w.one(shipment("o", "a", "T2"))
	w.must(w.store.Intend(w.ctx, []store.DeliveryID{sent}))
	first := w.one(order("o", "a"))
	w.state(sent, store.Blocked)
	w.end(first, store.Delivered)
	w.state(sent, store.Pending)
	w.fate(sent, false)
	w.crash()
	w.fate(sent, true)
	w.fate(waiting, false)
}

// intentsOfTheReopened: only who looked there forgets a doubt, not an edit of the
// settings (promise P3).
func intentsOfTheReopened(w *world) {
	takes := ordersOnly()
	takes.Intents = true
	key := w.connect("careful", takes)
	id := w.one(order("o", "a"))
	failed := func() {
		c := w.outcome(id, store.Failed)
		c.FateUnknown = true
		w.complete(c)
	}
	failed()
	w.edit(store.ConnectionEdit{Connection: w.connection(key), SettingsChanged: true, Now: w.now()})
	w.state(id, store.Pending)
	w.fate(id, true)
	failed()
	_, err := w.store.RetryFailed(w.ctx, key, "", 10, w.now())
	w.must(err)
	w.state(id, store.Pending)
	w.fate(id, true)
	c := w.outcome(id, store.Failed)
	c.FateUnknown, c.Reason = true, "FATE_UNKNOWN"
	w.complete(c)
	_, err = w.store.RetryFailed(w.ctx, key, "FATE_UNKNOWN", 10, w.now())
	w.must(err)
	w.state(id, store.Pending)
	w.fate(id, false)
}

// takesIntentsNoMore upgrades a plugin to one that can look up, while a backlog waits:
// what is sent of it is noted as before (promise P3).
func takesIntentsNoMore(w *world) {
	takes := ordersOnly()
	takes.Intents = true
	key := w.connect("careful", takes)
	before, after := w.one(order("before", "a")), w.one(order("after", "a"))
	waiting, retried := w.one(order("waiting", "a")), w.one(order("retried", "a"))
	w.must(w.store.Intend(w.ctx, []store.DeliveryID{before}))
	w.must(w.store.SetTakes(w.ctx, map[int64]store.Takes{key: ordersOnly()}))
	w.end(retried, store.Pending)
	made := w.one(order("made", "a"))
	for id, needs := range map[store.DeliveryID]bool{
		before: false, after: true, waiting: true, retried: false, made: false,
	} {
		w.same("needs an intent", w.load(id)[0].NeedsIntent, needs)
	}
	w.must(w.store.Intend(w.ctx, []store.DeliveryID{after}))
	w.crash()
	for id, unknown := range map[store.DeliveryID]bool{
		before: true, after: true, waiting: false, retried: true, made: true,
	} {
		w.fate(id, unknown)
	}
}

// takesIntentsNow replaces a plugin by one that can look up nothing: what it may have
// under way stays in doubt, whatever becomes of its order meanwhile (promise P3).
func takesIntentsNow(w *world) {
	key := w.connect("careful", both())
	held, pending := w.one(shipment("o", "a", "T1")), w.one(shipment("p", "a", "T2"))
	w.reopen()
	takes := both()
	takes.Intents = true
	w.must(w.store.SetTakes(w.ctx, map[int64]store.Takes{key: takes}))
	made := w.one(shipment("q", "a", "T3"))
	first := w.one(order("o", "a"))
	w.state(held, store.Blocked)
	w.end(first, store.Delivered)
	w.state(held, store.Pending)
	w.crash()
	w.fate(held, true)
	w.fate(pending, true)
	w.fate(made, false)
}

func closed(w *world) {
	w.connect("orders", ordersOnly())
	planned := w.plan(order("o", "a"))
	w.must(w.store.Close())
	w.must(w.store.Close())
	_, err := w.store.Accept(w.ctx, planned)
	w.is("accept", err, store.ErrClosed)
	_, err = w.store.MerchantByID(w.ctx, w.merchant.ID)
	w.is("read", err, store.ErrClosed)
	w.open()
}
