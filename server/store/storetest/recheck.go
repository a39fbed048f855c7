package storetest

import (
	"slices"
	"time"

	"github.com/spurline/spurline/server/store"
)

func recheckTests() []test {
	return []test{
		{"Due", recheckDue},
		{"Probing", probing},
		{"Ends", recheckEnds},
		{"Account", throttledAccount},
		{"ThrottledAccountWithoutConnections", throttledAccountWithoutConnections},
	}
}

// refused pauses a connection as an outcome of its settings does.
func (w *world) pausedFor(key int64, recheck time.Duration) {
	w.Helper()
	_, err := w.store.SetConnectionState(w.ctx, store.StateChange{
		Connection: key, Generation: 1, State: store.Paused, Reason: "REFUSED", Hint: "look at the key",
		Recheck: recheck, Now: w.now(),
	})
	w.must(err)
}

func (w *world) linked(key int64) store.Connection {
	w.Helper()
	c, err := w.store.ConnectionByKey(w.ctx, key)
	w.must(err)
	return c
}

// rechecks returns which of the connections are due.
func (w *world) rechecks(at time.Time, keys ...int64) []int64 {
	w.Helper()
	due, _, err := w.store.DueRechecks(w.ctx, w.linked(keys[0]).Plugin, at, 1000)
	w.must(err)
	var found []int64
	for _, c := range due {
		if slices.Contains(keys, c.Key) {
			found = append(found, c.Key)
		}
	}
	return found
}

func recheckDue(w *world) {
	late, early := w.connect("late", ordersOnly()), w.connect("early", ordersOnly())
	w.pausedFor(late, time.Hour)
	paused := w.clock
	w.pausedFor(early, time.Minute)
	w.same("due at once", w.rechecks(w.clock, late, early), []int64(nil))
	w.same("due after a minute", w.rechecks(w.clock.Add(time.Minute), late, early), []int64{early})
	w.same("due after an hour", w.rechecks(w.clock.Add(time.Hour), late, early), []int64{early, late})
	_, next, err := w.store.DueRechecks(w.ctx, w.linked(early).Plugin, paused, 1000)
	w.must(err)
	others, none, err := w.store.DueRechecks(w.ctx, "another", w.clock.Add(time.Hour), 1000)
	w.must(err)
	w.same("due of another plugin", []any{len(others), none}, []any{0, time.Time{}})
	if next.IsZero() || next.After(w.clock.Add(time.Minute)) {
		w.Errorf("the next recheck is due %s, want %s or earlier", next, w.clock.Add(time.Minute))
	}
	again := kept(w.clock.Add(2 * time.Minute))
	w.must(w.store.PlanRecheck(w.ctx, store.Recheck{Connection: early, Generation: 1, Time: again, Wait: 2 * time.Minute}))
	w.must(w.store.PlanRecheck(w.ctx, store.Recheck{Connection: late, Generation: 2, Time: again, Wait: time.Minute}))
	w.same("early", []any{w.linked(early).RecheckTime, w.linked(early).RecheckWait}, []any{again, 2 * time.Minute})
	w.same("late, of another generation", w.linked(late).RecheckWait, time.Hour)
}

func probing(w *world) {
	key := w.connect("orders", ordersOnly())
	w.one(order("o", "a"))
	w.pausedFor(key, time.Minute)
	for generation, want := range map[int64]bool{2: false, 1: true} {
		started, err := w.store.StartProbing(w.ctx, key, generation, w.now())
		w.must(err)
		w.same("started", started, want)
	}
	c := w.linked(key)
	w.same("probing", []any{c.State, c.Probing, c.PauseReason, c.RecheckTime},
		[]any{store.Active, true, "", time.Time{}})
	started, err := w.store.StartProbing(w.ctx, key, 1, w.now())
	w.must(err)
	w.same("started again", started, false)
	w.must(w.store.EndProbing(w.ctx, key, 2))
	w.same("probing after a send of other settings", w.linked(key).Probing, true)
	w.must(w.store.EndProbing(w.ctx, key, 1))
	w.same("probing after a good send", w.linked(key).Probing, false)
}

// recheckEnds: an edit and an operator end what was planned (promise P6).
func recheckEnds(w *world) {
	resumed, paused, edited := w.connect("a", ordersOnly()), w.connect("b", ordersOnly()), w.connect("c", ordersOnly())
	for _, key := range []int64{resumed, paused, edited} {
		w.pausedFor(key, time.Minute)
	}
	for key, state := range map[int64]store.ConnectionState{resumed: store.Active, paused: store.Paused} {
		_, err := w.store.SetConnectionState(w.ctx, store.StateChange{
			Connection: key, State: state, Reason: store.PausedByOperator, Now: w.now(),
		})
		w.must(err)
	}
	_, _, err := w.store.EditConnection(w.ctx, store.ConnectionEdit{
		Connection: w.linked(edited), SettingsChanged: true, Now: w.now(),
	})
	w.must(err)
	w.same("due", w.rechecks(w.clock.Add(time.Hour), resumed, paused, edited), []int64(nil))
	for key, state := range map[int64]store.ConnectionState{
		resumed: store.Active, paused: store.Paused, edited: store.Active,
	} {
		w.same("state", w.linked(key).State, state)
	}
}

// throttledAccountWithoutConnections: an account waits although all connections that were
// of it when it was told to are of other settings, or gone (promise P6).
func throttledAccountWithoutConnections(w *world) {
	edited, deleted := w.connect("edited", ordersOnly()), w.connect("deleted", ordersOnly())
	account := "lonely account of " + w.merchant.ID
	name := func(key, generation int64) {
		w.must(w.store.SetCheckResult(w.ctx, store.CheckResult{
			Connection: key, Generation: generation, Check: store.Passed, AccountID: account, Now: w.now(),
		}))
	}
	name(edited, 1)
	name(deleted, 1)
	until := kept(w.clock.Add(time.Hour))
	w.must(w.store.SetThrottle(w.ctx, store.Throttle{Connection: edited, Generation: 1, NotBefore: until}))
	w.must(w.store.SetThrottle(w.ctx, store.Throttle{
		Connection: deleted, Generation: 1, NotBefore: until.Add(-time.Minute),
	}))
	w.edit(store.ConnectionEdit{Connection: w.connection(edited), SettingsChanged: true, Now: w.now()})
	_, err := w.store.DeleteConnection(w.ctx, deleted, 0, true, w.now())
	w.must(err)
	w.same("wait of other settings", w.linked(edited).NotBefore, time.Time{})
	late := w.connect("late", ordersOnly())
	name(edited, 2)
	name(late, 1)
	w.same("wait of the edited one, which is of it again", w.linked(edited).NotBefore, until)
	w.same("wait of a new one", w.linked(late).NotBefore, until)
}

// throttledAccount: the connections of an account are limited together (promise P6).
func throttledAccount(w *world) {
	one, two, other := w.connect("one", ordersOnly()), w.connect("two", ordersOnly()), w.connect("other", ordersOnly())
	account := "account of " + w.merchant.ID
	for key, id := range map[int64]string{one: account, two: account, other: account + "'s neighbour"} {
		w.must(w.store.SetCheckResult(w.ctx, store.CheckResult{
			Connection: key, Generation: 1, Check: store.Passed, AccountID: id, Now: w.now(),
		}))
	}
	until := kept(w.now().Add(time.Hour))
	w.must(w.store.SetThrottle(w.ctx, store.Throttle{Connection: one, Generation: 2, NotBefore: until}))
	w.same("after a throttle of other settings", w.linked(two).NotBefore, time.Time{})
	w.must(w.store.SetThrottle(w.ctx, store.Throttle{Connection: one, Generation: 1, NotBefore: until}))
	late := w.connect("late", ordersOnly())
	w.must(w.store.SetCheckResult(w.ctx, store.CheckResult{
		Connection: late, Generation: 1, Check: store.Passed, AccountID: account, Now: w.now(),
	}))
	for key, want := range map[int64]time.Time{one: until, two: until, other: {}, late: until} {
		w.same("not before", w.linked(key).NotBefore, want)
	}
}
