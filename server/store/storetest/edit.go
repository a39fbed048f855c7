package storetest

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

func editTests() []test {
	return []test{
		{"Values", editValues},
		{"Version", editVersion},
		{"SettingsChanged", settingsChanged},
		{"ReopensWhatSettingsMend", reopensWhatSettingsMend},
		{"KeepsDoubt", editKeepsDoubt},
		{"ResumesWhatWasRefused", resumesWhatWasRefused},
	}
}

// editValues changes everything that callers edit, and tries to change what they
// do not.
func editValues(w *world) {
	key := w.connect("c", both())
	w.must(w.store.SetCheckResult(w.ctx, store.CheckResult{
		Connection: key, Generation: 1, Check: store.Passed, AccountID: "of-values", Now: w.now(),
	}))
	w.must(w.store.SetPluginState(w.ctx, store.PluginStateChange{Connection: key, Generation: 1, State: []byte("s")}))
	want := w.connection(key)
	want.Title, want.Settings = "Other", map[string]string{"region": "us", "x": "y"}
	want.Secrets, want.SecretTimes = []byte("other"), map[string]time.Time{"key2": kept(epoch)}
	want.Filter, want.WaitForOrder, want.AllowRepeats = "false", time.Hour, true
	want.Takes = store.Takes{Tracking: true, Facts: 6, ScopePerOrder: true}
	edit := want
	edit.State, edit.PauseReason, edit.Check, edit.AccountID = store.Disabled, "X", store.Faulty, "other"
	edit.PluginState, edit.NotBefore, edit.Generation = []byte("other"), w.now(), 9
	edited, reopened, err := w.store.EditConnection(w.ctx, store.ConnectionEdit{Connection: edit, Now: w.now()})
	w.must(err)
	want.Version, want.UpdateTime = 2, kept(w.clock)
	w.same("edited", edited, want)
	w.same("reopened", reopened, int64(0))
	w.same("read", w.connection(key), want)
}

func editVersion(w *world) {
	c := w.connection(w.connect("c", both()))
	w.edit(store.ConnectionEdit{Connection: c, Now: w.now()})
	for _, version := range []int64{0, 1, 3} {
		c.Version = version
		_, _, err := w.store.EditConnection(w.ctx, store.ConnectionEdit{Connection: c, Now: w.now()})
		w.is("another version", err, store.ErrVersion)
	}
	c.Key = 1 << 40
	_, _, err := w.store.EditConnection(w.ctx, store.ConnectionEdit{Connection: c, Now: w.now()})
	w.is("unknown", err, store.ErrNotFound)
}

// settingsChanged forgets what was known of the older settings.
func settingsChanged(w *world) {
	key := w.connect("c", both())
	w.must(w.store.SetCheckResult(w.ctx, store.CheckResult{
		Connection: key, Generation: 1, Check: store.Passed, AccountID: "of-changed", AccountName: "A", Now: w.now(),
	}))
	w.must(w.store.SetPluginState(w.ctx, store.PluginStateChange{Connection: key, Generation: 1, State: []byte("s")}))
	w.must(w.store.SetThrottle(w.ctx, store.Throttle{Connection: key, Generation: 1, NotBefore: w.now()}))
	want := w.connection(key)
	w.edit(store.ConnectionEdit{Connection: want, SettingsChanged: true, Now: w.now()})
	want.Generation, want.Version, want.UpdateTime, want.Check = 2, 2, kept(w.clock), store.Untested
	want.CheckTime, want.AccountID, want.AccountName, want.PluginState = time.Time{}, "", "", nil
	want.NotBefore = time.Time{}
	w.same("edited", w.connection(key), want)
}

// reopensWhatSettingsMend checks that the matching edit, and only that, reopens a
// failure (promise P6).
func reopensWhatSettingsMend(w *world) {
	key, other := w.connect("c", ordersOnly()), w.connect("other", ordersOnly())
	failed := map[store.FixScope]store.DeliveryID{}
	for _, scope := range []store.FixScope{store.FixEither, store.FixRecord, store.FixSettings} {
		made := w.first(order(string(rune('a'+scope)), "a"))
		failed[scope] = made[key]
		for _, id := range made {
			c := w.outcome(id, store.Failed)
			c.FixScope, c.Spent = scope, 3
			w.complete(c)
		}
	}
	skipped := w.first(order("skipped", "a"))[key]
	w.end(skipped, store.Skipped)

	w.same("reopened by another title", w.edit(store.ConnectionEdit{
		Connection: w.connection(key), Now: w.now(),
	}), int64(0))
	w.same("reopened by other settings", w.edit(store.ConnectionEdit{
		Connection: w.connection(key), SettingsChanged: true, Now: w.now(),
	}), int64(2))
	w.states(map[store.DeliveryID]store.DeliveryState{
		failed[store.FixEither]: store.Pending, failed[store.FixSettings]: store.Pending,
		failed[store.FixRecord]: store.Failed, skipped: store.Skipped,
	})
	w.same("spent", w.delivery(failed[store.FixEither]).Spent, 0)
	w.counted(key, store.Totals{Made: 4, Failed: 1, Skipped: 1})
	w.counted(other, store.Totals{Made: 4, Failed: 3})
}

// editKeepsDoubt reopens a delivery that may have arrived where a repeat makes a second
// record: an edit has not looked there, whoever retries by hand has (promise P3).
func editKeepsDoubt(w *world) {
	takes := ordersOnly()
	takes.Intents = true
	key := w.connect("c", takes)
	id := w.one(order("o", "a"))
	fail := func() {
		c := w.outcome(id, store.Failed)
		c.FixScope, c.FateUnknown = store.FixSettings, true
		w.complete(c)
	}
	fail()
	w.same("reopened", w.edit(store.ConnectionEdit{
		Connection: w.connection(key), SettingsChanged: true, Now: w.now(),
	}), int64(1))
	w.fate(id, true)
	fail()
	w.must(w.store.RetryDelivery(w.ctx, id, w.now()))
	w.fate(id, false)
}

// resumesWhatWasRefused resumes a lane that its extra interface paused, not one
// that an operator stopped (promise P6).
func resumesWhatWasRefused(w *world) {
	cases := []struct {
		state  store.ConnectionState
		reason string
		want   store.ConnectionState
	}{
		{store.Paused, "UNAUTHORIZED", store.Active},
		{store.Paused, store.PausedByOperator, store.Paused},
		{store.Disabled, "", store.Disabled},
	}
	for _, c := range cases {
		key := w.connect("c-"+string(rune('a'+c.state))+c.reason, both())
		w.setState(key, c.state, c.reason)
		w.edit(store.ConnectionEdit{Connection: w.connection(key), Now: w.now()})
		w.same("state after another title", w.connection(key).State, c.state)
		w.edit(store.ConnectionEdit{Connection: w.connection(key), SettingsChanged: true, Now: w.now()})
		got := w.connection(key)
		w.same("state after other settings", got.State, c.want)
		if c.want == store.Active {
			w.same("reason", got.PauseReason+got.PauseHint, "")
		}
	}
}
