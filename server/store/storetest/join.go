package storetest

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

func joinTests() []test {
	return []test{
		{"ChangedFacts", changedFacts},
		{"FactsOfTheShipment", factsOfShipment},
		{"FactsLeftOut", factsLeftOut},
		{"OnlyWhereItWas", onlyWhereItWas},
		{"Covers", covers},
		{"RevisionKeptOnce", revisionOnce},
		{"WaitForOrder", waitForOrder},
		{"WaitOnlyForUnknown", waitOnlyForUnknown},
		{"WaitOnlyOnce", waitOnlyOnce},
		{"ReleaseBehindItsOrder", releaseBehindOrder},
	}
}

// Facts that the tests join.
const (
	factA store.Fact = 1
	factB store.Fact = 4
	factC store.Fact = 11
)

// facts is an order with facts.
func facts(id, content string, of map[store.Fact]uint64) store.Submission {
	submission := order(id, content)
	submission.Order.Facts = digests(of)
	return submission
}

// changedFacts changes orders whose tracking went out.
func changedFacts(w *world) {
	key := w.connect("ab", trackingOnly(factA, factB))
	base := map[store.Fact]uint64{factA: 1, factB: 1}
	cases := []struct {
		name  string
		facts map[store.Fact]uint64
		joins bool
	}{
		{"same facts", map[store.Fact]uint64{factA: 1, factB: 1}, false},
		{"a fact that is not joined", map[store.Fact]uint64{factA: 1, factB: 1, factC: 7}, false},
		{"one fact", map[store.Fact]uint64{factA: 1, factB: 2}, true},
		{"both facts", map[store.Fact]uint64{factA: 3, factB: 2}, true},
		{"a fact goes", map[store.Fact]uint64{factA: 1}, true},
		{"all facts go", nil, true},
	}
	made := int64(0)
	for _, c := range cases {
		w.accept(facts(c.name, "a", base))
		sent := w.one(shipment(c.name, "a", c.name))
		w.end(sent, store.Delivered)
		made++
		got := w.accept(facts(c.name, "b", c.facts))[0].Deliveries
		if (len(got) == 1) != c.joins || len(got) > 1 {
			w.Errorf("%s: %d new deliveries", c.name, len(got))
			continue
		}
		revision := int64(1)
		if c.joins {
			made++
			revision = 2
			d := w.delivery(got[0].ID)
			w.same(c.name+": delivery", []any{d.Connection, d.Kind, d.Revision, d.State, d.TrackingNumber, d.OrderID},
				[]any{key, store.TrackingRecord, int64(2), store.Pending, "No " + c.name, c.name})
		}
		w.same(c.name+": revision", w.tracking(c.name).Revision, revision)
		w.state(sent, store.Delivered)
	}
	w.counted(key, store.Totals{Made: made, Delivered: int64(len(cases))})
}

// factsOfShipment checks that the order's own facts lie over those of the
// shipment.
func factsOfShipment(w *world) {
	key := w.connect("a", trackingOnly(factA))
	cases := []struct {
		name                   string
		shipment, first, later uint64
		bumps                  int64
	}{
		{"order confirms the shipment", 5, 0, 5, 0},
		{"order contradicts the shipment", 5, 0, 6, 1},
		{"order drops to the same", 5, 5, 0, 0},
		{"order drops to another", 5, 6, 0, 1},
		{"shipment says nothing", 0, 0, 6, 1},
		{"nobody says anything", 0, 0, 0, 0},
	}
	for _, c := range cases {
		submission := shipment(c.name, "a", c.name)
		submission.Parcels[0].Facts = digests(map[store.Fact]uint64{factA: c.shipment})
		w.end(w.one(submission), store.Delivered)
		// The order comes after its tracking, and changes later.
		got := len(w.accept(facts(c.name, "a", map[store.Fact]uint64{factA: c.first}))[0].Deliveries)
		want := 0
		if c.first != 0 && c.first != c.shipment {
			want = 1
		}
		w.same(c.name+": deliveries with the first order", got, want)
		before := w.tracking(c.name).Revision
		w.accept(facts(c.name, "b", map[store.Fact]uint64{factA: c.later}))
		w.same(c.name+": bumps", w.tracking(c.name).Revision-before, c.bumps)
	}
	lists, err := w.store.Deliveries(w.ctx, store.DeliveryFilter{
		MerchantKey: w.merchant.Key, Connection: key,
	}, store.Page{Limit: 100})
	w.must(err)
	w.same("deliveries", len(lists), 6+1+3)
}

// covers checks that a delivery is known to be up to date where an order changed only
// facts that its connection does not take, and only there.
func covers(w *world) {
	takesA := w.connect("a", trackingOnly(factA))
	takesB := w.connect("b", trackingOnly(factB))
	w.accept(facts("o", "a", map[store.Fact]uint64{factA: 1, factB: 1}))
	w.accept(shipment("o", "a", "p"))
	last := func() (a, b store.Delivery) {
		deliveries, err := w.store.RecordDeliveries(w.ctx,
			store.RecordRef{Kind: store.TrackingRecord, Key: w.tracking("p").Key})
		w.must(err)
		for _, d := range deliveries {
			switch d.Connection {
			case takesA:
				a = d
			case takesB:
				b = d
			}
		}
		return a, b
	}
	check := func(what string, wantA, wantB [2]int64) {
		a, b := last()
		w.same(what+": a", [2]int64{a.Revision, a.Covers}, wantA)
		w.same(what+": b", [2]int64{b.Revision, b.Covers}, wantB)
	}
	check("at first", [2]int64{1, 1}, [2]int64{1, 1})
	w.accept(facts("o", "b", map[store.Fact]uint64{factA: 1, factB: 1, factC: 1}))
	check("a fact that nobody takes", [2]int64{1, 1}, [2]int64{1, 1})
	w.accept(facts("o", "c", map[store.Fact]uint64{factA: 1, factB: 2}))
	w.accept(facts("o", "d", map[store.Fact]uint64{factA: 1, factB: 3}))
	check("twice a fact that b takes", [2]int64{1, 3}, [2]int64{3, 3})
	w.accept(facts("o", "e", map[store.Fact]uint64{factA: 2, factB: 3}))
	check("then one that a takes", [2]int64{4, 4}, [2]int64{3, 4})
	w.setState(takesA, store.Disabled, "")
	w.accept(facts("o", "f", map[store.Fact]uint64{factA: 3, factB: 4}))
	check("both, while a is disabled", [2]int64{4, 4}, [2]int64{5, 5})
	w.setState(takesA, store.Active, "")
	w.accept(facts("o", "g", map[store.Fact]uint64{factA: 4, factB: 4}))
	check("a is up to date again", [2]int64{6, 6}, [2]int64{5, 6})
	w.setState(takesA, store.Disabled, "")
	w.accept(facts("o", "h", map[store.Fact]uint64{factA: 4, factB: 5}))
	check("what b takes, while a is disabled", [2]int64{6, 7}, [2]int64{7, 7})
	w.setState(takesA, store.Active, "")
	w.accept(facts("o", "i", map[store.Fact]uint64{factA: 4, factB: 6}))
	check("and once it is enabled", [2]int64{6, 8}, [2]int64{8, 8})
}

// factsLeftOut checks that a connection which joins facts finds out what changed also
// of orders that were kept before anybody wanted to know their facts.
func factsLeftOut(w *world) {
	bodies := map[string]uint64{}
	// leftOut is an order with a fact that only its body tells.
	leftOut := func(id, content string, digest uint64) store.Submission {
		submission := order(id, content)
		bodies[string(submission.Order.Body)] = digest
		submission.Order.FactsLeftOut = true
		submission.Order.FactsOf = func(body []byte) (store.FactDigests, error) {
			digest, known := bodies[string(body)]
			if !known {
				w.Errorf("asked for the facts of %q", body)
			}
			return digests(map[store.Fact]uint64{factA: digest}), nil
		}
		return submission
	}
	withFacts := func(submission store.Submission) store.Submission {
		found, err := submission.Order.FactsOf(submission.Order.Body)
		w.must(err)
		submission.Order.Facts, submission.Order.FactsLeftOut = found, false
		return submission
	}
	w.connect("orders", store.Takes{Orders: true})
	cases := []struct {
		name                 string
		first, second, third uint64
		// bumps are the new revisions that the second and third revision make.
		bumps int64
	}{
		{"the same", 1, 1, 1, 0},
		{"another one, then the same", 1, 2, 2, 1},
		{"the same, then another one", 1, 1, 2, 1},
		{"another one each time", 1, 2, 3, 2},
		{"none, then one", 0, 0, 4, 1},
		{"one, then none", 4, 0, 0, 1},
	}
	for _, c := range cases {
		for _, later := range []string{"left out", "told"} {
			id := c.name + ", " + later
			w.accept(leftOut(id, "a", c.first+10))
			w.accept(leftOut(id, "b", c.first)) // Only the last revision counts.
		}
	}
	w.connect("joins", trackingOnly(factA))
	for _, c := range cases {
		for later, change := range map[string]func(store.Submission) store.Submission{
			"left out": func(s store.Submission) store.Submission { return s }, "told": withFacts,
		} {
			id := c.name + ", " + later
			w.end(w.one(shipment(id, "a", id)), store.Delivered)
			w.accept(change(leftOut(id, "c", c.second)))
			w.accept(change(leftOut(id, "d", c.third)))
			w.same(id+": revision", w.tracking(id).Revision, 1+c.bumps)
		}
	}
}

// onlyWhereItWas leaves connections out that never had the record, or join other
// facts.
func onlyWhereItWas(w *world) {
	joinsA := w.connect("joins-a", trackingOnly(factA))
	joinsB := w.connect("joins-b", trackingOnly(factB))
	w.accept(facts("o", "a", map[store.Fact]uint64{factA: 1, factB: 1}))
	first := w.first(shipment("o", "a", "n"))
	later := w.connect("later", trackingOnly(factA))

	second := w.first(facts("o", "b", map[store.Fact]uint64{factA: 2, factB: 1}))
	w.same("connections with a new delivery", len(second), 1)
	w.states(map[store.DeliveryID]store.DeliveryState{
		first[joinsA]: store.Superseded, second[joinsA]: store.Pending, first[joinsB]: store.Pending,
	})
	w.counted(later, store.Totals{})
}

// revisionOnce bumps a record once for two connections, and keeps its content.
func revisionOnce(w *world) {
	one, two := w.connect("one", trackingOnly(factA)), w.connect("two", trackingOnly(factA, factB))
	w.accept(facts("o", "a", map[store.Fact]uint64{factA: 1}))
	w.first(shipment("o", "a", "n", "n2"))
	before := w.tracking("n")
	made := w.accept(facts("o", "b", map[store.Fact]uint64{factA: 2}))[0].Deliveries
	w.same("deliveries for two parcels on two connections", len(made), 4)
	after := w.tracking("n")
	before.Revision, before.UpdateTime = 2, kept(w.clock)
	w.same("record", after, before)
	w.same("equal content afterwards", w.accept(shipment("o", "a", "n"))[0].Result, store.Unchanged)
	w.counted(one, store.Totals{Made: 4, Superseded: 2})
	w.counted(two, store.Totals{Made: 4, Superseded: 2})
}

// waiting makes a connection wait for orders.
func (w *world) waiting(id string, takes store.Takes, wait time.Duration) int64 {
	w.Helper()
	c := w.newConnection(id, takes)
	c.WaitForOrder = wait
	c, err := w.store.CreateConnection(w.ctx, c)
	w.must(err)
	return c.Key
}

// waitForOrder holds tracking until its order comes.
func waitForOrder(w *world) {
	key := w.waiting("waits", trackingOnly(factA), time.Hour)
	id := w.one(shipment("o", "a", "n"))
	d := w.delivery(id)
	w.same("due", d.Due, kept(w.clock).Add(time.Hour))
	w.same("state and reason", []any{d.State, d.Reason}, []any{store.Pending, "WAITING_FOR_ORDER"})

	w.same("deliveries with the order", len(w.accept(order("o", "a"))[0].Deliveries), 0)
	d = w.delivery(id)
	w.same("due with the order", d.Due, kept(w.clock))
	w.same("state and reason with the order", []any{d.State, d.Reason}, []any{store.Pending, ""})
	w.same("revision", w.tracking("n").Revision, int64(1))

	// An order with a joined fact makes a revision that does not wait any more.
	id = w.one(shipment("p", "a", "m"))
	next := w.one(facts("p", "a", map[store.Fact]uint64{factA: 1}))
	w.state(id, store.Superseded)
	w.same("due of the new revision", w.delivery(next).Due, kept(w.clock))
	w.counted(key, store.Totals{Made: 3, Superseded: 1})
}

func waitOnlyForUnknown(w *world) {
	w.waiting("waits", trackingOnly(factA), time.Hour)
	w.accept(order("o", "a"))
	w.same("due", w.delivery(w.one(shipment("o", "a", "n"))).Due, kept(w.clock))
}

// waitOnlyOnce: what has gone without its order does not wait for it with a later
// revision, a void least of all; what has not gone does not wait anew.
func waitOnlyOnce(w *world) {
	w.waiting("waits", trackingOnly(factA), time.Hour)
	first := w.delivery(w.one(shipment("o", "a", "n")))
	w.clock = w.clock.Add(time.Minute)
	second := w.delivery(w.one(shipment("o", "b", "n")))
	w.same("due of an edit while waiting", second.Due, first.Due)
	w.end(second.ID, store.Delivered)
	third := w.delivery(w.one(shipment("o", "c", "n")))
	w.same("due and reason of an edit afterwards", []any{third.Due, third.Reason}, []any{kept(w.clock), ""})
}

// releaseBehindOrder has the order of waiting tracking come on a connection that
// copies both: the order goes first (promise P4).
func releaseBehindOrder(w *world) {
	w.waiting("both", both(), time.Hour)
	tracking := w.one(shipment("o", "a", "n"))
	made := w.one(order("o", "a"))
	w.states(map[store.DeliveryID]store.DeliveryState{made: store.Pending, tracking: store.Blocked})
	w.end(made, store.Delivered)
	w.state(tracking, store.Pending)
	w.same("due", w.delivery(tracking).Due, kept(w.clock))
}
