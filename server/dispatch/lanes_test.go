package dispatch_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

func ofAccount(id string) func(*store.Connection) {
	return func(c *store.Connection) { c.AccountID = id }
}

func perOrder(c *store.Connection) { c.Takes.ScopePerOrder = true }

// TestConnectionLeavesItsAccountInFlight: what is under way when a connection's
// settings are edited counts for the account that it went to. The other
// connections of that account get its places back.
func TestConnectionLeavesItsAccountInFlight(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.description.Pace.Concurrency = 4
		leaving := w.connect("leaving", ofAccount("shared"))
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, 3*time.Second)
			return delivered()
		})
		for i := range 3 {
			w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")
		}
		w.settle()
		w.editSettings(leaving)
		w.submit("A-1", "another", "UPS") // The lane finds its new account.
		w.pass(10 * time.Second)
		staying := w.connect("staying", ofAccount("shared"))
		for i := range 4 {
			w.submit("A-2", fmt.Sprintf("M%d", i), "UPS")
		}
		w.pass(4 * time.Second) // Four at once take 3 s.
		totals, err := w.store.ConnectionTotals(w.t.Context(), staying.Key)
		if err != nil || totals.Delivered != 4 {
			t.Errorf("the account that was left has lost places: %d of 4 delivered (%v)", totals.Delivered, err)
		}
	})
}

// TestAccountOutlivesItsLanes: a connection keeps to what went to its account a moment
// ago, also if whoever sent it has left the account since (promise P5).
func TestAccountOutlivesItsLanes(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.description.Pace = &pluginv1.PaceHints{RequestsPerSecond: 0.1, Burst: 1, Concurrency: 1}
		leaving := w.connect("leaving", ofAccount("shared"))
		w.submit("1", "N1", "UPS")
		w.settle()
		w.editSettings(leaving)
		w.settle()
		w.setState(leaving, store.Disabled)
		w.connect("staying", ofAccount("shared"))
		w.submit("2", "N2", "UPS")
		w.settle()
		if sent := len(w.plugins.sent()); sent != 1 {
			t.Fatalf("%d sends at once, want 1: the account takes one in ten seconds", sent)
		}
		w.pass(11 * time.Second)
		if sent := len(w.plugins.sent()); sent != 2 {
			t.Errorf("%d sends after the wait, want 2", sent)
		}
	})
}

// TestThrottleEndsWithTheSettingsThatWereThrottled: other settings are another
// account until the contrary is known.
func TestThrottleEndsWithTheSettingsThatWereThrottled(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			r := failing(pluginv1.Outcome_OUTCOME_THROTTLED, "HTTP_429")
			r.Delay = seconds(86_400)
			return r
		})
		connection := w.connect("one")
		w.submit("A-1", "N1", "UPS")
		w.settle()
		w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult { return delivered() })
		w.editSettings(connection)
		id := w.submit("A-1", "N2", "UPS")[0].ID
		w.pass(time.Minute)
		w.wantState(id, store.Delivered, "")
	})
}

// TestNumberMovesToAnotherOrderInFlight: where the scope is the order, the record
// is one all the same (promise P4).
func TestNumberMovesToAnotherOrderInFlight(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		var mu sync.Mutex
		underWay, most := 0, 0
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			mu.Lock()
			underWay++
			most = max(most, underWay)
			mu.Unlock()
			wait(ctx, time.Second)
			mu.Lock()
			underWay--
			mu.Unlock()
			return delivered()
		})
		w.connect("one", perOrder)
		w.submit("A-1", "N1", "UPS")
		w.settle()
		moved := w.submit("A-2", "N1", "UPS")[0].ID
		w.pass(5 * time.Second)
		w.wantState(moved, store.Delivered, "")
		if most != 1 {
			t.Errorf("%d sends of one record at once", most)
		}
	})
}

// TestScopePerOrder: one send at a time per order, in the order of acceptance;
// other orders do not wait (promise P4).
func TestScopePerOrder(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		var mu sync.Mutex
		underWay, most := map[string]int{}, map[string]int{}
		all, mostAll := 0, 0
		var sequence []string
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			order := d.GetRecord().GetOrderId()
			mu.Lock()
			underWay[order]++
			all++
			most[order], mostAll = max(most[order], underWay[order]), max(mostAll, all)
			if order == "A-0" {
				sequence = append(sequence, d.GetRecord().GetParcel().GetTrackingNumber())
			}
			mu.Unlock()
			wait(ctx, time.Second)
			mu.Lock()
			underWay[order]--
			all--
			mu.Unlock()
			return delivered()
		})
		connection := w.connect("one", perOrder)
		for i := range 30 {
			w.submit(fmt.Sprintf("A-%d", i%3), fmt.Sprintf("N%02d", i), "UPS")
		}
		w.pass(15 * time.Second)
		totals, err := w.store.ConnectionTotals(w.t.Context(), connection.Key)
		if err != nil || totals.Delivered != 30 {
			t.Errorf("delivered %d of 30 (%v)", totals.Delivered, err)
		}
		if most["A-0"] != 1 || most["A-1"] != 1 || most["A-2"] != 1 || mostAll != 3 {
			t.Errorf("at once: %v by order, %d in all, want 1 each and 3", most, mostAll)
		}
		if got := fmt.Sprint(sequence); got != "[N00 N03 N06 N09 N12 N15 N18 N21 N24 N27]" {
			t.Errorf("the parcels of one order went as %s", got)
		}
	})
}

// TestRetryIsNotHeldByAnotherOrder: while one order hangs with more of it due
// behind, the retry of another order goes when it is due (promise P4).
func TestRetryIsNotHeldByAnotherOrder(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			switch {
			case d.GetRecord().GetOrderId() == "hangs":
				<-ctx.Done()
				return nil
			case d.GetHeader().GetAttempt() == 1:
				return failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
			}
			return delivered()
		})
		w.connect("one", perOrder)
		w.submit("hangs", "N1", "UPS")
		w.settle()
		w.submit("hangs", "N2", "UPS")
		id := w.submit("other", "N3", "UPS")[0].ID
		w.settle()
		w.pass(4 * time.Second) // The retry is due after 2.5 s.
		w.wantState(id, store.Delivered, "")
	})
}

// TestCancelledBetweenTheReads: a delivery that is cancelled after its lane found
// it due leaves nothing stuck behind it.
func TestCancelledBetweenTheReads(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.setReady(false)
		w.connect("one", perOrder)
		first := w.submit("A-1", "N1", "UPS")[0].ID
		second := w.submit("A-1", "N2", "UPS")[0].ID
		w.settle()
		w.beforeLoad(func(ids []store.DeliveryID) {
			if len(ids) == 1 && ids[0] == first {
				if err := w.store.CancelDelivery(context.Background(), first, time.Now()); err != nil {
					t.Error(err)
				}
			}
		})
		w.plugins.setReady(true)
		w.pass(time.Minute)
		w.wantState(first, store.Cancelled, "CANCELLED")
		w.wantState(second, store.Delivered, "")
	})
}

// TestPausedInFlight: what is under way ends, what waits waits, and goes after
// Resume.
func TestPausedInFlight(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			return delivered()
		})
		connection := w.connect("one")
		first := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		w.setState(connection, store.Paused)
		second := w.submit("A-1", "N2", "UPS")[0].ID
		w.pass(time.Hour)
		w.wantState(first, store.Delivered, "")
		w.wantState(second, store.Pending, "")
		w.setState(connection, store.Active)
		w.pass(2 * time.Second)
		w.wantState(second, store.Delivered, "")
	})
}

// TestCancelledInFlight: DELIVERED is true of the extra interface whatever became
// of the delivery here; every other outcome leaves it cancelled.
func TestCancelledInFlight(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			if d.GetRecord().GetOrderId() == "fails" {
				return failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
			}
			return delivered()
		})
		w.connect("one")
		arrives := w.submit("arrives", "N1", "UPS")[0].ID
		fails := w.submit("fails", "N2", "UPS")[0].ID
		w.settle()
		for _, id := range []store.DeliveryID{arrives, fails} {
			if err := w.store.CancelDelivery(w.t.Context(), id, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		w.pass(time.Hour)
		if d := w.wantState(arrives, store.Delivered, ""); d.RemoteID != "remote" {
			t.Errorf("the remote id is lost")
		}
		w.wantState(fails, store.Cancelled, "CANCELLED")
		if sent := len(w.plugins.sent()); sent != 2 {
			t.Errorf("sent %d times, want 2", sent)
		}
	})
}

// TestDeletedInFlight: nothing of a deleted connection goes any more, others go
// on, and what arrived is known.
func TestDeletedInFlight(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			if d.GetRecord().GetOrderId() == "fails" {
				return failing(pluginv1.Outcome_OUTCOME_UNAUTHORIZED, "KEY_REFUSED")
			}
			return delivered()
		})
		connection := w.connect("one")
		arrives := w.submit("arrives", "N1", "UPS")[0].ID
		fails := w.submit("fails", "N2", "UPS")[0].ID
		w.settle()
		if _, err := w.store.DeleteConnection(w.t.Context(), connection.Key, 0, true, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		w.wantState(arrives, store.Delivered, "")
		w.wantState(fails, store.Cancelled, "CANCELLED")
		w.connect("one")
		again := w.submit("A-1", "N3", "UPS")[0].ID
		w.pass(2 * time.Second)
		w.wantState(again, store.Delivered, "")
	})
}

// TestPluginThatHangs with all of its lanes leaves room for those of others (promises P5
// and P7).
func TestPluginThatHangs(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		for i := range 250 {
			w.connect(fmt.Sprintf("hanging-%d", i))
		}
		var other atomic.Value
		other.Store("")
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetHeader().GetConnectionUid() != other.Load() {
				wait(ctx, time.Hour)
			}
			return delivered()
		})
		var parcels []store.ParcelSubmission
		for i := range 50 {
			number := fmt.Sprintf("N%d", i)
			body, err := proto.Marshal(&commercev1.Shipment{
				OrderId: "A-1", Parcels: []*commercev1.Parcel{{TrackingNumber: number}},
			})
			if err != nil {
				t.Fatal(err)
			}
			parcels = append(parcels, store.ParcelSubmission{
				NumberKey: number, Number: number, OrderID: "A-1", Body: body, Hash: body,
			})
		}
		w.accept(store.Submission{Parcels: parcels})
		w.pass(30 * time.Second)
		healthy := w.connect("healthy", func(c *store.Connection) { c.Plugin = "other" })
		other.Store(fmt.Sprint(healthy.Key))
		for _, made := range w.submit("A-2", "M", "UPS") {
			if made.Connection != healthy.Key {
				continue
			}
			w.pass(time.Second)
			w.wantState(made.ID, store.Delivered, "")
		}
	})
}
