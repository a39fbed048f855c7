package dispatch_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

func (w *world) connection(c store.Connection) store.Connection {
	w.t.Helper()
	stored, err := w.store.ConnectionByKey(w.t.Context(), c.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	return stored
}

// refused is a lane that was paused by a refusal, with so many deliveries waiting.
func (w *world) refused(waiting int) (store.Connection, []store.DeliveryRef) {
	w.t.Helper()
	w.plugins.script(failingWith(pluginv1.Outcome_OUTCOME_UNAUTHORIZED))
	connection := w.connect("one")
	w.submit("A-1", "first", "UPS")
	w.settle()
	var made []store.DeliveryRef
	for i := range waiting {
		made = append(made, w.submit(fmt.Sprintf("A-%d", i), fmt.Sprintf("N%d", i), "UPS")...)
	}
	return connection, made
}

// goodCheck is what follows when the settings are tested and found good.
func (w *world) goodCheck(c store.Connection) {
	w.t.Helper()
	if _, err := w.store.StartProbing(w.t.Context(), c.Key, c.Generation, time.Now()); err != nil {
		w.t.Fatal(err)
	}
}

// TestProbeAfterRefusal: after a good check one delivery goes, and all others when
// that was taken (promise P6).
func TestProbeAfterRefusal(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		connection, made := w.refused(20)
		if planned := w.connection(connection).RecheckTime; planned.IsZero() {
			t.Fatal("no recheck is planned")
		}
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			return delivered()
		})
		before := len(w.plugins.sent())
		w.goodCheck(connection)
		w.settle()
		if sent := len(w.plugins.sent()) - before; sent != 1 {
			t.Errorf("%d go before one was taken, want 1", sent)
		}
		w.pass(5 * time.Second)
		for _, ref := range made {
			if d := w.wantState(ref.ID, store.Delivered, ""); d.Spent != 0 {
				t.Errorf("spent %d attempts", d.Spent)
			}
		}
		if w.connection(connection).Probing {
			t.Error("the lane still goes one by one")
		}
	})
}

// TestProbeRefused: a check that was wrong once is not asked again; an operator or an
// edit resumes the lane (promise P6).
func TestProbeRefused(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		connection, made := w.refused(20)
		before := len(w.plugins.sent())
		w.goodCheck(connection)
		w.pass(time.Hour)
		c := w.connection(connection)
		if c.State != store.Paused || !c.RecheckTime.IsZero() || c.Probing {
			t.Errorf("state %d, recheck %s, probing %t: want it paused for good", c.State, c.RecheckTime, c.Probing)
		}
		if sent := len(w.plugins.sent()) - before; sent != 1 {
			t.Errorf("%d went, want one probe", sent)
		}
		w.plugins.script(delivering)
		w.setState(connection, store.Active)
		w.pass(time.Second)
		for _, ref := range made {
			w.wantState(ref.ID, store.Delivered, "")
		}
	})
}

// TestRefusalOfOlderSettings pauses nothing (promise P6).
func TestRefusalOfOlderSettings(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetHeader().GetAttempt() > 1 {
				return delivered()
			}
			wait(ctx, time.Minute)
			return failing(pluginv1.Outcome_OUTCOME_UNAUTHORIZED, "KEY_REFUSED")
		})
		connection := w.connect("one")
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		w.editSettings(connection)
		w.pass(2 * time.Minute)
		if c := w.connection(connection); c.State != store.Active {
			t.Errorf("state %d with reason %s, want active", c.State, c.PauseReason)
		}
		w.wantState(id, store.Delivered, "")
	})
}

// TestOutageWhileProbing: a lane that goes one by one after a refusal backs off as any
// other when its extra interface is out of order (promise P6).
func TestOutageWhileProbing(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		connection, made := w.refused(20)
		w.plugins.script(failingWith(pluginv1.Outcome_OUTCOME_RETRY))
		w.goodCheck(connection)
		w.settle()
		if _, ok := w.dispatcher.Outage(connection.Key); !ok {
			t.Fatal("nobody noticed the outage")
		}
		before := len(w.plugins.sent())
		w.pass(10 * time.Second)
		if sent := len(w.plugins.sent()) - before; sent > 5 {
			t.Errorf("%d probes in 10 s, want them to back off", sent)
		}
		w.plugins.script(delivering)
		w.pass(10 * time.Minute)
		for _, ref := range made {
			w.wantState(ref.ID, store.Delivered, "")
		}
	})
}
