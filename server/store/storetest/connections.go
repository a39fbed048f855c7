package storetest

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

func connectionTests() []test {
	return []test{
		{"CreateAndRead", createConnection},
		{"List", listConnections},
		{"Planned", planned},
		{"State", connectionState},
		{"StateOfOldSettings", stateOfOldSettings},
		{"CheckResult", checkResult},
		{"Throttle", throttle},
		{"PluginState", pluginState},
		{"Delete", deleteConnection},
		{"DeleteByForce", deleteByForce},
		{"IDIsFreeAgain", idFreeAgain},
	}
}

func createConnection(w *world) {
	fresh := w.newConnection("c", store.Takes{Orders: true, Tracking: true, Facts: 1<<11 | 2, ScopePerOrder: true})
	fresh.WaitForOrder, fresh.AllowRepeats = 90*time.Minute, true
	created, err := w.store.CreateConnection(w.ctx, fresh)
	w.must(err)
	want := fresh
	want.Key, want.MerchantID, want.Generation, want.Version = created.Key, w.merchant.ID, 1, 1
	want.CreateTime, want.UpdateTime = kept(fresh.CreateTime), kept(fresh.CreateTime)
	w.same("created", created, want)
	w.same("read by key", w.connection(created.Key), want)
	byID, err := w.store.ConnectionByID(w.ctx, w.merchant.Key, "c")
	w.must(err)
	w.same("read by id", byID, want)
	w.counted(created.Key, store.Totals{})

	_, err = w.store.CreateConnection(w.ctx, fresh)
	w.is("same id", err, store.ErrExists)
	_, err = w.store.ConnectionByID(w.ctx, w.merchant.Key, "other")
	w.is("unknown id", err, store.ErrNotFound)
	_, err = w.store.ConnectionByKey(w.ctx, 1<<40)
	w.is("unknown key", err, store.ErrNotFound)
	_, err = w.store.ConnectionTotals(w.ctx, 1<<40)
	w.is("totals of an unknown key", err, store.ErrNotFound)
}

func listConnections(w *world) {
	var want, all []int64
	for _, id := range []string{"z", "a", "m"} {
		want = append(want, w.connect(id, both()))
	}
	other := w.beside(w.tb)
	theirs := other.connect("a", both())
	list := func(merchant int64) (keys []int64) {
		for after := int64(0); ; {
			page, err := w.store.Connections(w.ctx, merchant, store.Page{After: after, Limit: 2})
			w.must(err)
			if len(page) == 0 {
				return keys
			}
			for _, c := range page {
				keys = append(keys, c.Key)
			}
			after = keys[len(keys)-1]
		}
	}
	w.same("connections of a merchant", list(w.merchant.Key), want)
	for _, key := range list(0) {
		if key == theirs || key == want[0] || key == want[1] || key == want[2] {
			all = append(all, key)
		}
	}
	w.same("connections of all", all, append(want, theirs))
}

func planned(w *world) {
	first := w.waiting("first", trackingOnly(factA), time.Minute)
	disabled, paused := w.connect("disabled", both()), w.connect("paused", both())
	w.setState(disabled, store.Disabled, "")
	w.setState(paused, store.Paused, "X")
	version, wants, err := w.store.PlannedConnections(w.ctx, w.merchant.Key)
	w.must(err)
	w.same("wants", wants, []store.Want{
		{Connection: first, Takes: trackingOnly(factA), WaitForOrder: time.Minute},
		{Connection: paused, Takes: both()},
	})
	merchant, err := w.store.MerchantByID(w.ctx, w.merchant.ID)
	w.must(err)
	w.same("config version", version, merchant.ConfigVersion)

	takes := store.Takes{Orders: true, Facts: 2, ScopePerOrder: true}
	w.must(w.store.SetTakes(w.ctx, map[int64]store.Takes{paused: takes, 1 << 40: both()}))
	_, wants, err = w.store.PlannedConnections(w.ctx, w.merchant.Key)
	w.must(err)
	w.same("takes", wants[1].Takes, takes)
}

func connectionState(w *world) {
	key := w.connect("c", both())
	w.setState(key, store.Paused, store.PausedByOperator)
	c := w.connection(key)
	w.same("paused", []any{c.State, c.PauseReason, c.UpdateTime},
		[]any{store.Paused, store.PausedByOperator, kept(w.clock)})
	changed, err := w.store.SetConnectionState(w.ctx, store.StateChange{
		Connection: key, State: store.Paused, Reason: store.PausedByOperator, Now: w.now(),
	})
	w.must(err)
	w.same("paused twice", changed, false)
	w.setState(key, store.Active, "")
	w.same("resumed", w.connection(key).PauseReason, "")
	_, err = w.store.SetConnectionState(w.ctx, store.StateChange{Connection: 1 << 40, State: store.Active})
	w.is("unknown", err, store.ErrNotFound)
}

// stateOfOldSettings has an outcome of older settings pause no lane, and an
// outcome leave alone what an operator paused (promise P6).
func stateOfOldSettings(w *world) {
	key := w.connect("c", both())
	pause := func(generation int64) bool {
		changed, err := w.store.SetConnectionState(w.ctx, store.StateChange{
			Connection: key, Generation: generation, State: store.Paused, Reason: "UNAUTHORIZED", Hint: "log in",
			Now: w.now(),
		})
		w.must(err)
		return changed
	}
	w.edit(store.ConnectionEdit{Connection: w.connection(key), SettingsChanged: true, Now: w.now()})
	w.same("outcome of older settings", pause(1), false)
	w.same("state", w.connection(key).State, store.Active)
	w.same("outcome of these settings", pause(2), true)
	c := w.connection(key)
	w.same("paused", []any{c.State, c.PauseReason, c.PauseHint}, []any{store.Paused, "UNAUTHORIZED", "log in"})
	w.setState(key, store.Paused, store.PausedByOperator)
	w.same("outcome after the operator's pause", pause(2), false)
	w.same("reason", w.connection(key).PauseReason, store.PausedByOperator)
}

func checkResult(w *world) {
	key := w.connect("c", both())
	set := func(generation int64, check store.CheckState) store.Connection {
		w.must(w.store.SetCheckResult(w.ctx, store.CheckResult{
			Connection: key, Generation: generation, Check: check, AccountID: "acc", AccountName: "Account", Now: w.now(),
		}))
		return w.connection(key)
	}
	before := w.connection(key)
	w.same("older generation", set(0, store.Passed), before)
	w.same("later generation", set(2, store.Passed), before)
	got := set(1, store.Faulty)
	before.Check, before.CheckTime, before.AccountID, before.AccountName = store.Faulty, kept(w.clock), "acc", "Account"
	w.same("its own generation", got, before)
}

func throttle(w *world) {
	key := w.connect("c", both())
	base := kept(epoch)
	set := func(generation int64, seconds int) time.Duration {
		w.must(w.store.SetThrottle(w.ctx, store.Throttle{
			Connection: key, Generation: generation, NotBefore: base.Add(time.Duration(seconds) * time.Second),
		}))
		if at := w.connection(key).NotBefore; !at.IsZero() {
			return at.Sub(base)
		}
		return 0
	}
	w.same("another generation", set(2, 10), time.Duration(0))
	w.same("first", set(1, 10), 10*time.Second)
	w.same("earlier", set(1, 5), 10*time.Second)
	w.same("later", set(1, 20), 20*time.Second)
}

func pluginState(w *world) {
	key := w.connect("c", both())
	set := func(generation int64, state string) string {
		w.must(w.store.SetPluginState(w.ctx, store.PluginStateChange{
			Connection: key, Generation: generation, State: []byte(state),
		}))
		return string(w.connection(key).PluginState)
	}
	w.same("another generation", set(2, "x"), "")
	w.same("its own", set(1, "y"), "y")
	w.same("again", set(1, "z"), "z")
}

func deleteConnection(w *world) {
	key := w.connect("c", ordersOnly())
	id := w.one(order("o", "a"))
	remove := func(version int64) (int64, error) {
		return w.store.DeleteConnection(w.ctx, key, version, false, w.now())
	}
	_, err := remove(0)
	w.is("with an open delivery", err, store.ErrInUse)
	w.end(id, store.Failed)
	_, err = remove(9)
	w.is("another version", err, store.ErrVersion)
	n, err := remove(1)
	w.must(err)
	w.same("cancelled", n, int64(1))
	w.state(id, store.Cancelled)
	_, err = remove(0)
	w.is("deleted twice", err, store.ErrNotFound)
	w.is("retry on a deleted connection", w.store.RetryDelivery(w.ctx, id, w.now()), store.ErrWrongState)
}

// deleteByForce leaves nothing open, erases what is secret, and keeps what was
// (promises P2 and P8).
func deleteByForce(w *world) {
	key, other := w.connect("c", both()), w.connect("other", both())
	w.must(w.store.SetPluginState(w.ctx, store.PluginStateChange{Connection: key, Generation: 1, State: []byte("s")}))
	orders := w.first(order("o", "a"))
	tracking := w.first(shipment("o", "a", "n"))
	delivered := w.first(order("p", "a"))
	w.end(delivered[key], store.Delivered)
	n, err := w.store.DeleteConnection(w.ctx, key, 0, true, w.now())
	w.must(err)
	w.same("cancelled", n, int64(2))
	w.states(map[store.DeliveryID]store.DeliveryState{
		orders[key]: store.Cancelled, tracking[key]: store.Cancelled, delivered[key]: store.Delivered,
		orders[other]: store.Pending, tracking[other]: store.Blocked,
	})
	w.counted(key, store.Totals{Made: 3, Delivered: 1, Cancelled: 2})
	d := w.delivery(orders[key])
	w.same("facts of the deleted connection", []string{d.ConnectionID, d.Plugin}, []string{"c", "paper"})
	_, err = w.store.ConnectionByKey(w.ctx, key)
	w.is("read", err, store.ErrNotFound)
	_, err = w.store.ConnectionByID(w.ctx, w.merchant.Key, "c")
	w.is("read by id", err, store.ErrNotFound)
	w.same("deliveries for it", len(w.first(order("q", "a"))), 1)
}

func idFreeAgain(w *world) {
	old := w.connect("c", ordersOnly())
	w.one(order("o", "a"))
	_, err := w.store.DeleteConnection(w.ctx, old, 0, true, w.now())
	w.must(err)
	last := func(what, id string, want int64) {
		got, err := w.store.LastConnectionKey(w.ctx, w.merchant.Key, id)
		w.must(err)
		w.same("connection of the id, "+what, got, want)
	}
	last("deleted", "c", old)
	fresh := w.connect("c", ordersOnly())
	last("made anew", "c", fresh)
	_, err = w.store.LastConnectionKey(w.ctx, w.merchant.Key, "never")
	w.is("connection of an id that was never used", err, store.ErrNotFound)
	_, err = w.store.LastConnectionKey(w.ctx, w.merchant.Key+1<<40, "c")
	w.is("connection of another merchant", err, store.ErrNotFound)
	if fresh <= old {
		w.Errorf("new connection has key %d, the deleted one had %d", fresh, old)
	}
	w.counted(fresh, store.Totals{})
	w.one(order("o", "b"))
	w.counted(old, store.Totals{Made: 1, Cancelled: 1})
	w.counted(fresh, store.Totals{Made: 1})
}
