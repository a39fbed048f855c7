package dispatch_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// TestLostWakeUps: a delivery whose wake-up is lost goes all the same, in a lane that is
// known, in one that is not, and in one that was resumed (promise P2).
func TestLostWakeUps(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.connect("known")
		paused := w.connect("paused")
		w.submit("A-1", "N1", "UPS")
		w.settle()
		w.setState(paused, store.Paused)
		made := w.submit("A-2", "N2", "UPS")
		w.settle()
		w.wantState(made[0].ID, store.Delivered, "")
		w.wantState(made[1].ID, store.Pending, "")
		w.deaf.Store(true)
		w.setState(paused, store.Active)
		w.connect("unknown")
		made = append(made, w.submit("A-3", "N3", "UPS")...)
		w.pass(10 * time.Second)
		if n := len(w.plugins.sent()); n != 3 {
			t.Fatalf("%d sent, want the 3 whose wake-up was not lost", n)
		}
		w.pass(3 * time.Minute)
		for _, ref := range made {
			w.wantState(ref.ID, store.Delivered, "")
		}
	})
}

// TestSweepLeavesAlone what waits for a reason: it costs a read of the heads of lanes
// every minute and none of the lanes themselves (promise P5).
func TestSweepLeavesAlone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		throttled, paused, parked := w.connect("throttled"), w.connect("paused"), w.connect("parked")
		w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetHeader().GetConnectionUid() == fmt.Sprint(throttled.Key) {
				r := failing(pluginv1.Outcome_OUTCOME_THROTTLED, "LIMIT")
				r.Delay = seconds(7200)
				return r
			}
			return delivered()
		})
		w.setState(paused, store.Paused)
		w.setState(parked, store.Paused)
		made := w.submit("A-1", "N1", "UPS")
		w.settle()
		w.plugins.setReady(false)
		w.setState(parked, store.Active)
		w.settle()
		for _, ref := range made {
			if d := w.delivery(ref.ID); d.State != store.Pending || d.Due.After(time.Now()) {
				t.Fatalf("delivery of connection %d is in state %d, due at %v", d.Connection, d.State, d.Due)
			}
		}
		before, sweeps := w.hooked.lookups.Load(), w.hooked.sweeps.Load()
		w.pass(time.Hour)
		if n := w.hooked.lookups.Load() - before; n > 0 {
			t.Errorf("lanes that wait were looked into %d times in an hour", n)
		}
		if n := w.hooked.sweeps.Load() - sweeps; n < 50 || n > 61 {
			t.Errorf("swept %d times in an hour, want about one a minute", n)
		}
	})
}
