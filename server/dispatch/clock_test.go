package dispatch_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// setClock sets the wall clock. Everything in a bubble has one clock, so that it is what
// the store keeps that moves: it is as far from now as if the clock had.
func (w *world) setClock(by time.Duration) {
	w.t.Helper()
	db, err := sql.Open("sqlite", w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, text := range []string{
		`PRAGMA busy_timeout = 5000`,
		`UPDATE delivery SET due = due - ?1`,
		`UPDATE connection SET not_before = not_before - ?1 WHERE not_before <> 0`,
	} {
		args := []any{by.Microseconds()}
		if text[0] == 'P' {
			args = nil
		}
		if _, err := db.ExecContext(w.t.Context(), text, args...); err != nil {
			w.t.Fatal(err)
		}
	}
	w.ahead.Add(int64(by))
}

// answers has the plugin answer by tracking number.
func (w *world) answers(by map[string]*pluginv1.DeliveryResult) {
	w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
		if answer := by[d.GetRecord().GetParcel().GetTrackingNumber()]; answer != nil {
			return &pluginv1.DeliveryResult{Outcome: answer.GetOutcome(), Reason: answer.GetReason(), Delay: answer.GetDelay()}
		}
		return delivered()
	})
}

// TestClockSetBack sets the clock back by a day while deliveries are due, wait for a
// retry, for their account, or for their order. None waits for the day to come again
// (promise P2).
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		retry := failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
		throttled := failing(pluginv1.Outcome_OUTCOME_THROTTLED, "HTTP_429")
		throttled.Delay = seconds(600)
		w.answers(map[string]*pluginv1.DeliveryResult{"N1": retry, "N2": throttled})
		one := w.connect("one")
		ids := map[string]store.DeliveryID{"retried": w.submit("A-1", "N1", "UPS")[0].ID}
		w.settle()
		w.setState(one, store.Disabled)
		w.connect("two")
		ids["throttled"] = w.submit("A-2", "N2", "UPS")[0].ID
		w.settle()
		ids["behind it"] = w.submit("A-3", "N3", "UPS")[0].ID
		w.settle()
		w.setState(one, store.Active)
		for name, id := range ids {
			if d := w.delivery(id); d.State != store.Pending {
				t.Fatalf("%s is in state %d before the clock is set", name, d.State)
			}
		}
		w.plugins.setReady(false)
		for _, made := range w.submit("A-4", "N4", "UPS") {
			ids["due "+string(rune('0'+made.Connection))] = made.ID
		}
		waits := w.connect("waits", func(c *store.Connection) { c.WaitForOrder = 3 * time.Hour })
		var waiting store.DeliveryID
		for _, made := range w.submit("A-5", "N5", "UPS") {
			if made.Connection == waits.Key {
				waiting = made.ID
			}
		}
		w.settle()

		w.setClock(-24 * time.Hour)
		w.answers(nil)
		w.plugins.setReady(true)
		w.pass(2 * time.Minute)
		for name, id := range ids {
			if d := w.delivery(id); d.State == store.Pending && time.Until(d.Due) > time.Hour {
				t.Errorf("%s is due in %s, longer than any retry waits", name, time.Until(d.Due))
			}
		}
		w.pass(time.Hour)
		for name, id := range ids {
			if d := w.delivery(id); d.State != store.Delivered {
				t.Errorf("%s is in state %d, due in %s", name, d.State, time.Until(d.Due))
			}
		}
		w.wantState(waiting, store.Pending, "WAITING_FOR_ORDER")
		w.pass(2 * time.Hour)
		w.wantState(waiting, store.Delivered, "")
	})
}

// TestClockSetForward sets the clock forward by a day, five times: what waits goes soon,
// and no delivery has been tried for longer than it was (promise P2).
func TestClockSetForward(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.answers(map[string]*pluginv1.DeliveryResult{"N1": failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")})
		w.connect("one")
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.pass(20 * time.Minute)
		for range 5 {
			before := w.wantState(id, store.Pending, "HTTP_503")
			w.setClock(24 * time.Hour)
			w.pass(time.Minute + time.Second)
			if d := w.delivery(id); d.Sends == before.Sends {
				t.Errorf("it was not sent again, and is due in %s", time.Until(d.Due))
			}
		}
		if d := w.delivery(id); d.RetryAge > 6*time.Hour {
			t.Errorf("it counts as tried for %s", d.RetryAge)
		}
		w.answers(nil)
		w.pass(time.Hour)
		w.wantState(id, store.Delivered, "")
	})
}
