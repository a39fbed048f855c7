package dispatch_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// TestFreshDeliveriesAreNotReadBack: what is made while its lane has nothing else to do
// goes without a look into the lane.
func TestFreshDeliveriesAreNotReadBack(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.connect("one")
		w.submit("A-1", "first", "UPS")
		w.settle()
		before := w.hooked.lookups.Load()
		for i := range 20 {
			id := w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")[0].ID
			w.settle()
			w.wantState(id, store.Delivered, "")
		}
		if n := w.hooked.lookups.Load() - before; n != 0 {
			t.Errorf("the lane was looked into %d times for 20 fresh deliveries", n)
		}
	})
}

// TestStateOfThePluginIsNotReadBack: what a plugin keeps goes with the next call, and
// the lane is not looked into for it.
func TestStateOfThePluginIsNotReadBack(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		n := 0
		w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			r := delivered()
			n++
			r.ConnectionState = fmt.Append(nil, "token ", n)
			return r
		})
		connection := w.connect("one")
		w.submit("A-1", "first", "UPS")
		w.settle()
		before := w.hooked.lookups.Load()
		for i := range 20 {
			w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")
			w.settle()
		}
		if n := w.hooked.lookups.Load() - before; n != 0 {
			t.Errorf("the lane was looked into %d times for 20 fresh deliveries", n)
		}
		for i, call := range w.plugins.calls[1:] {
			if state, want := string(call.GetConnections()[0].GetState()), fmt.Sprint("token ", i+1); state != want {
				t.Errorf("call %d goes with state %q, want %q", i+1, state, want)
			}
		}
		w.editSettings(connection)
		w.submit("A-2", "edited", "UPS")
		w.settle()
		if state := w.plugins.calls[21].GetConnections()[0].GetState(); len(state) > 0 {
			t.Errorf("other settings go with state %q", state)
		}
	})
}

// TestRetryIsNotForgottenForFreshDeliveries: what waits in the lane is looked for when
// it is due, however many fresh ones go before (promise P2).
func TestRetryIsNotForgottenForFreshDeliveries(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetRecord().GetOrderId() == "late" && d.GetHeader().GetAttempt() == 1 {
				r := failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
				r.Delay = seconds(60)
				return r
			}
			return delivered()
		})
		w.connect("one")
		late := w.submit("late", "L", "UPS")[0].ID
		w.settle()
		for i := range 10 {
			w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")
			w.submit("A-2", fmt.Sprintf("M%d", i), "UPS")
			w.settle()
		}
		w.wantState(late, store.Pending, "HTTP_503")
		w.pass(2 * time.Minute)
		w.wantState(late, store.Delivered, "")
	})
}

// TestFreshDeliveriesBehindABacklog wait their turn with it (promise P4).
func TestFreshDeliveriesBehindABacklog(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.description.Pace.Concurrency = 1
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			return delivered()
		})
		w.connect("one", perOrder)
		var made []store.DeliveryRef
		for i := range 30 {
			made = append(made, w.submit(fmt.Sprintf("A-%d", i%4), fmt.Sprintf("N%02d", i), "UPS")...)
			if i%7 == 0 {
				w.pass(1500 * time.Millisecond)
			}
		}
		w.pass(time.Minute)
		for _, ref := range made {
			w.wantState(ref.ID, store.Delivered, "")
		}
		sequence := map[string]string{}
		for _, d := range w.plugins.sent() {
			order, number := d.GetRecord().GetOrderId(), d.GetRecord().GetParcel().GetTrackingNumber()
			if number <= sequence[order] {
				t.Errorf("of order %s %s went after %s", order, number, sequence[order])
			}
			sequence[order] = number
		}
		if sent := len(w.plugins.sent()); sent != 30 {
			t.Errorf("sent %d times, want 30", sent)
		}
	})
}

// TestFullStore: while there is room for nothing but outcomes, nothing goes, and what
// is under way is written down; when there is room again all goes (promise P2).
func TestFullStore(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			return delivered()
		})
		w.connect("one")
		underWay := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		w.hooked.full.Store(true)
		waiting := w.submit("A-1", "N2", "UPS")[0].ID
		w.pass(time.Minute)
		w.wantState(underWay, store.Delivered, "")
		w.wantState(waiting, store.Pending, "")
		w.hooked.full.Store(false)
		w.pass(3 * time.Second)
		w.wantState(waiting, store.Delivered, "")
	})
}

// TestRetryOfALaneThatHasItsTurn: an attempt that fails while fresh deliveries of its
// lane wait for their turn is not forgotten for them (promise P2).
func TestRetryOfALaneThatHasItsTurn(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetRecord().GetOrderId() == "failing" && d.GetHeader().GetAttempt() == 1 {
				wait(ctx, time.Second)
				return failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
			}
			return delivered()
		})
		w.connect("one")
		w.submit("A-1", "first", "UPS")
		w.settle()
		retried := w.submit("failing", "F", "UPS")[0].ID
		w.settle()
		w.hooked.full.Store(true)
		fresh := w.submit("A-1", "N", "UPS")[0].ID
		w.pass(1500 * time.Millisecond)
		w.wantState(retried, store.Pending, "HTTP_503")
		w.hooked.full.Store(false)
		w.pass(time.Minute)
		w.wantState(fresh, store.Delivered, "")
		w.wantState(retried, store.Delivered, "")
	})
}

// TestRetryThatCameDueWhileThePluginWasDown: fresh deliveries that come before the lane
// hears that the plugin is ready again do not go instead of it (promise P2).
func TestRetryThatCameDueWhileThePluginWasDown(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetRecord().GetOrderId() == "failing" && d.GetHeader().GetAttempt() == 1 {
				return failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
			}
			return delivered()
		})
		w.connect("one")
		w.submit("A-1", "first", "UPS")
		w.settle()
		retried := w.submit("failing", "F", "UPS")[0].ID
		w.settle()
		w.plugins.setReady(false)
		w.pass(time.Minute)
		w.wantState(retried, store.Pending, "HTTP_503")
		heard := w.plugins.onReady
		w.plugins.onReady = func(string) {}
		w.plugins.setReady(true)
		fresh := w.submit("A-1", "N", "UPS")[0].ID
		w.settle()
		heard("scripted")
		w.pass(time.Minute)
		w.wantState(fresh, store.Delivered, "")
		w.wantState(retried, store.Delivered, "")
	})
}

// TestCancelledWhileItWaitsForItsTurn: a fresh delivery that is cancelled before its
// turn does not go from memory.
func TestCancelledWhileItWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		orders := func(c *store.Connection) { c.Takes = store.Takes{Orders: true} }
		w.connect("one", orders)
		w.submitOrder("A-1", "shop")
		w.settle()
		w.hooked.full.Store(true)
		cancelled := w.submitOrder("A-2", "shop")[0].ID
		w.settle()
		if err := w.store.CancelDelivery(w.t.Context(), cancelled, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.hooked.full.Store(false)
		w.pass(time.Minute)
		if sends := w.delivery(cancelled).Sends; sends != 0 {
			t.Errorf("the cancelled order was sent %d times", sends)
		}
	})
}
