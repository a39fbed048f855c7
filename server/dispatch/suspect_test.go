package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// has says whether one of the deliveries is of the order.
func has(deliveries []*pluginv1.TrackingDelivery, order string) bool {
	for _, d := range deliveries {
		if d.GetRecord().GetOrderId() == order {
			return true
		}
	}
	return false
}

// TestPoisonStopsOnlyItself: of all that was in the call, the one record that ends
// its plugin's process fails, and the main process meets it once (promise P7).
func TestPoisonStopsOnlyItself(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		crashed := map[bool]int{}
		w.plugins.crashes = func(isolated bool, deliveries []*pluginv1.TrackingDelivery) bool {
			if !has(deliveries, "poison") {
				return false
			}
			crashed[isolated]++
			return true
		}
		w.plugins.setReady(false)
		w.connect("one")
		var made []store.DeliveryRef
		var poison store.DeliveryID
		for i := range 41 {
			if i == 15 {
				poison = w.submit("poison", "P", "UPS")[0].ID
				continue
			}
			made = append(made, w.submit(fmt.Sprintf("A-%d", i), fmt.Sprintf("N%d", i), "UPS")...)
		}
		w.plugins.setReady(true)
		w.pass(time.Second)
		for _, ref := range made {
			if d := w.wantState(ref.ID, store.Delivered, ""); d.Spent != 0 {
				t.Errorf("a suspect spent %d attempts", d.Spent)
			}
		}
		d := w.wantState(poison, store.Failed, "CRASHES_PLUGIN")
		if d.Spent != 0 || d.Sends != 4 || !strings.Contains(d.Hint, "panic: boom") {
			t.Errorf("spent %d, sends %d, hint %q: want 0, 4, and what the process said", d.Spent, d.Sends, d.Hint)
		}
		if crashed[false] != 1 || crashed[true] != 3 {
			t.Errorf("the main process crashed %d times, the isolated one %d, want 1 and 3", crashed[false], crashed[true])
		}
	})
}

// TestSuspectIsAnnouncedAsARepeat: it may have arrived before the process ended, it
// spends nothing, and its lane goes on beside it (promises P3 and P7).
func TestSuspectIsAnnouncedAsARepeat(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.crashes = func(isolated bool, _ []*pluginv1.TrackingDelivery) bool { return !isolated }
		w.connect("one")
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		d := w.wantState(id, store.Delivered, "")
		if d.Spent != 0 || d.Sends != 2 {
			t.Errorf("%d sends, %d spent, want 2 and 0", d.Sends, d.Spent)
		}
		sent := w.plugins.isolated
		if len(sent) != 1 || !sent[0].GetDeliveries()[0].GetHeader().GetFateUnknown() {
			t.Errorf("calls to the isolated process: %v, want one that says that the first may have arrived", sent)
		}
	})
}

// TestPluginThatCrashesWithEverything is at fault itself: nothing fails for it,
// nothing is spent, and all arrives when it is mended (promises P2 and P7).
func TestPluginThatCrashesWithEverything(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.crashes = func(bool, []*pluginv1.TrackingDelivery) bool { return true }
		w.plugins.setReady(false)
		w.connect("one")
		var made []store.DeliveryRef
		for i := range 20 {
			made = append(made, w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")...)
		}
		w.plugins.setReady(true)
		w.pass(time.Hour)
		w.plugins.setReady(false)
		w.pass(time.Minute)
		sends := len(w.plugins.sent())
		if sends > 1000 {
			t.Errorf("%d sends in an hour to a plugin that crashes with each", sends)
		}
		w.plugins.crashes = nil
		w.plugins.setReady(true)
		w.pass(10 * time.Minute)
		for _, ref := range made {
			if d := w.wantState(ref.ID, store.Delivered, ""); d.Spent != 0 || d.Sends < 2 {
				t.Errorf("%d sends, %d spent", d.Sends, d.Spent)
			}
		}
	})
}

// TestPoisonThatMayHaveArrived: where a repeat makes a second record, the first crash
// parks it.
func TestPoisonThatMayHaveArrived(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.crashes = func(bool, []*pluginv1.TrackingDelivery) bool { return true }
		w.connect("one", func(c *store.Connection) { c.Takes.Intents = true })
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.pass(time.Hour)
		w.wantState(id, store.Failed, "FATE_UNKNOWN")
		if sent := len(w.plugins.sent()); sent != 1 {
			t.Errorf("sent %d times, want once", sent)
		}
		w.plugins.crashes = nil
		if err := w.store.RetryDelivery(context.Background(), id, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.wantState(id, store.Delivered, "")
	})
}

// poisonous says whether one of the deliveries is of one of so many poison orders.
func poisonous(deliveries []*pluginv1.TrackingDelivery, orders int) bool {
	for i := range orders {
		if has(deliveries, fmt.Sprintf("poison-%d", i)) {
			return true
		}
	}
	return false
}

// TestPoisonAlone: poison fails although its plugin has nothing else to answer for, and
// as often as it is retried (promise P7).
func TestPoisonAlone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.crashes = func(_ bool, deliveries []*pluginv1.TrackingDelivery) bool { return poisonous(deliveries, 3) }
		w.plugins.setReady(false)
		w.connect("one")
		var made []store.DeliveryRef
		for i := range 3 {
			made = append(made, w.submit(fmt.Sprintf("poison-%d", i), fmt.Sprintf("P%d", i), "UPS")...)
		}
		w.plugins.setReady(true)
		w.pass(time.Second)
		for range 4 {
			for _, ref := range made {
				w.wantState(ref.ID, store.Failed, "CRASHES_PLUGIN")
				if err := w.store.RetryDelivery(w.t.Context(), ref.ID, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			w.pass(time.Second)
		}
		for _, ref := range made {
			if d := w.wantState(ref.ID, store.Failed, "CRASHES_PLUGIN"); d.Sends > 4*5 || d.Spent != 0 {
				t.Errorf("%d sends in five rounds, %d spent", d.Sends, d.Spent)
			}
		}
	})
}

// TestPluginThatCrashesByItself, with few records to tell by: none of them fails, as its
// process does not live through a test without one either (promises P2 and P7).
func TestPluginThatCrashesByItself(t *testing.T) {
	t.Parallel()
	for records := 1; records <= 5; records++ {
		t.Run(fmt.Sprint(records), func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(w *world) {
				w.plugins.crashes = func(bool, []*pluginv1.TrackingDelivery) bool { return true }
				w.connect("one")
				var made []store.DeliveryRef
				for i := range records {
					made = append(made, w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")...)
					w.settle()
				}
				w.pass(3 * time.Hour)
				for _, ref := range made {
					if d := w.delivery(ref.ID); d.State != store.Pending || d.Sends > 150 {
						t.Errorf("in state %d, %s, after three hours, sent %d times", d.State, d.Reason, d.Sends)
					}
				}
				w.plugins.setReady(false)
				w.settle()
				w.plugins.crashes = nil
				w.plugins.setReady(true)
				w.pass(10 * time.Minute)
				for _, ref := range made {
					w.wantState(ref.ID, store.Delivered, "")
				}
			})
		})
	}
}

// TestPluginThatCrashesWithEveryRecord and lives without: more than a few are taken for
// its fault, and wait until it answers for one.
func TestPluginThatCrashesWithEveryRecord(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.crashes = func(_ bool, deliveries []*pluginv1.TrackingDelivery) bool { return len(deliveries) > 0 }
		w.plugins.setReady(false)
		w.connect("one")
		var made []store.DeliveryRef
		for i := range 20 {
			made = append(made, w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")...)
		}
		w.plugins.setReady(true)
		w.pass(5 * time.Hour)
		for _, ref := range made {
			if d := w.delivery(ref.ID); d.State != store.Pending {
				t.Errorf("in state %d, %s, after five hours", d.State, d.Reason)
			}
		}
		w.plugins.setReady(false)
		w.settle()
		w.plugins.crashes = nil
		w.plugins.setReady(true)
		w.pass(10 * time.Minute)
		for _, ref := range made {
			w.wantState(ref.ID, store.Delivered, "")
		}
	})
}
