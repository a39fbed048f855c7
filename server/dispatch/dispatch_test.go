package dispatch_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

func TestEveryNumberGoesOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.connect("one")
		w.connect("two")
		var made []store.DeliveryRef
		for i := range 200 {
			made = append(made, w.submit(fmt.Sprintf("A-%d", i%7), fmt.Sprintf("N%03d", i), "UPS")...)
		}
		w.settle()
		if len(made) != 400 {
			t.Fatalf("got %d deliveries, want one per number and connection", len(made))
		}
		for _, ref := range made {
			if d := w.wantState(ref.ID, store.Delivered, ""); d.RemoteID != "remote" || d.Sends != 1 {
				t.Errorf("got remote id %q after %d sends", d.RemoteID, d.Sends)
			}
		}
		if sent := len(w.plugins.sent()); sent != 400 {
			t.Errorf("sent %d times, want 400", sent)
		}
	})
}

func TestRetryFollowsTheSchedule(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetHeader().GetAttempt() < 4 {
				return failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
			}
			return delivered()
		})
		w.connect("one")
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		w.wantState(id, store.Pending, "HTTP_503")
		w.pass(3 * time.Second) // 2.5 s after the first
		if d := w.delivery(id); d.Sends != 2 || d.Spent != 2 {
			t.Errorf("after 3 s: %d sends, %d spent, want 2 and 2", d.Sends, d.Spent)
		}
		w.pass(5 * time.Second)  // 5 s after the second
		w.pass(10 * time.Second) // 10 s after the third
		w.wantState(id, store.Delivered, "")
		attempts, err := w.store.Attempts(w.t.Context(), id, store.Page{Limit: 10})
		if err != nil || len(attempts) != 4 || attempts[0].Number != 4 {
			t.Errorf("attempt log: got %d attempts (%v), want 4, the last first", len(attempts), err)
		}
	})
}

// TestLastRevisionWins: a revision that comes while an older one is under way
// waits for it and goes after it (promises P3 and P4).
func TestLastRevisionWins(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		var mu sync.Mutex
		underWay, most := 0, 0
		var carriers []string
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			mu.Lock()
			underWay++
			most = max(most, underWay)
			carriers = append(carriers, d.GetRecord().GetParcel().GetCarrier())
			mu.Unlock()
			wait(ctx, time.Second)
			mu.Lock()
			underWay--
			mu.Unlock()
			return delivered()
		})
		w.connect("one")
		first := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		second := w.submit("A-1", "N1", "USPS")[0].ID
		third := w.submit("A-1", "N1", "DHL")[0].ID
		w.settle()
		w.pass(3 * time.Second)
		w.wantState(first, store.Delivered, "") // It arrived, although superseded.
		w.wantState(second, store.Superseded, w.delivery(second).Reason)
		w.wantState(third, store.Delivered, "")
		if most != 1 {
			t.Errorf("%d revisions of one record under way at once", most)
		}
		if got := fmt.Sprint(carriers); got != "[UPS DHL]" {
			t.Errorf("sent %s, want the first and the last revision", got)
		}
	})
}

// TestOrderEditAfterItsTrackingWentOut: an edit that changes no fact that is sent
// makes no second request; one that does, makes an update.
func TestOrderEditAfterItsTrackingWentOut(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.connect("one")
		w.submitOrder("A-1", "amazon")
		w.submit("A-1", "N1", "UPS")
		w.settle()
		made := w.submitOrder("A-1", "ebay")
		w.settle()
		sent := w.plugins.sent()
		if len(sent) != 2 || len(made) != 1 {
			t.Fatalf("sent %d times, %d deliveries made by the edit, want 2 and 1", len(sent), len(made))
		}
		last := sent[1]
		if last.GetRecord().GetOrder().GetOrderSource() != "ebay" || last.GetHeader().GetRemoteId() != "remote" ||
			last.GetHeader().GetRevision() != 2 || last.GetHeader().GetRecordKey() != sent[0].GetHeader().GetRecordKey() {
			t.Errorf("the edit must go as an update of the same record, got %v", last)
		}
		w.submitOrder("A-1", "amazon")
		w.submitOrder("A-1", "ebay")
		w.settle()
		if got := w.plugins.sent(); got[len(got)-1].GetRecord().GetOrder().GetOrderSource() != "ebay" {
			t.Errorf("the last send does not carry the last revision")
		}
	})
}

// TestThrottledAccountWaits: all connections of the account wait, others do not
// (promise P5).
func TestThrottledAccountWaits(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		account := func(id string) func(*store.Connection) {
			return func(c *store.Connection) { c.AccountID = id }
		}
		one := w.connect("one", account("shared"))
		two := w.connect("two", account("shared"))
		other := w.connect("other", account("own"))
		throttleFirst := true
		w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if throttleFirst && d.GetHeader().GetConnectionUid() == fmt.Sprint(one.Key) {
				r := failing(pluginv1.Outcome_OUTCOME_THROTTLED, "HTTP_429")
				r.Delay = seconds(60)
				return r
			}
			return delivered()
		})
		w.submit("A-1", "N1", "UPS")
		w.settle()
		throttleFirst = false
		second := w.submit("A-1", "N2", "UPS")
		w.settle()
		states := map[int64]store.DeliveryState{}
		for _, ref := range second {
			states[ref.Connection] = w.delivery(ref.ID).State
		}
		if states[one.Key] != store.Pending || states[two.Key] != store.Pending || states[other.Key] != store.Delivered {
			t.Errorf("while one is throttled: states %v, want one and two pending, other delivered", states)
		}
		if w.log.lines("attempt failed", "THROTTLED", "not_before=") != 1 {
			t.Error("the log does not say until when the account waits")
		}
		w.pass(64 * time.Second)
		for _, ref := range second {
			if d := w.wantState(ref.ID, store.Delivered, ""); d.Spent != 0 {
				t.Errorf("throttling spent %d attempts", d.Spent)
			}
		}
	})
}

// TestRefusedCredentialsPauseTheLane (promise P6).
func TestRefusedCredentialsPauseTheLane(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			return failing(pluginv1.Outcome_OUTCOME_UNAUTHORIZED, "KEY_REFUSED")
		})
		connection := w.connect("one")
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		paused, err := w.store.ConnectionByKey(w.t.Context(), connection.Key)
		if err != nil || paused.State != store.Paused || paused.PauseReason != "KEY_REFUSED" {
			t.Fatalf("the lane is not paused: %+v, %v", paused, err)
		}
		later := w.submit("A-1", "N2", "UPS")[0].ID
		w.pass(time.Hour)
		if sent := len(w.plugins.sent()); sent != 1 {
			t.Errorf("a paused lane sent %d times, want once", sent)
		}
		w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult { return delivered() })
		edited := paused
		edited.Settings = map[string]string{"key": "new"}
		if _, _, err := w.store.EditConnection(w.t.Context(), store.ConnectionEdit{
			Connection: edited, SettingsChanged: true, Now: time.Now(),
		}); err != nil {
			t.Fatal(err)
		}
		w.settle()
		for _, delivery := range []store.DeliveryID{id, later} {
			if d := w.wantState(delivery, store.Delivered, ""); d.Spent != 0 {
				t.Errorf("refused credentials spent %d attempts", d.Spent)
			}
		}
	})
}

func TestPluginThatIsNotRunningIsWaitedFor(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.setReady(false)
		w.connect("one")
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.pass(time.Minute)
		if d := w.wantState(id, store.Pending, ""); d.Sends != 0 {
			t.Errorf("sent %d times to a plugin that does not run", d.Sends)
		}
		w.plugins.setReady(true)
		w.settle()
		w.wantState(id, store.Delivered, "")
	})
}

// TestMissingResults: what got no result is sent again with its fate unknown
// (promise P2).
func TestMissingResults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		err   error
		spent int
		state store.Outcome
	}{
		{"plugin broke the contract", fmt.Errorf("call: %w", pluginhost.ErrContract), 1, store.OutcomeUnknown},
		{"stream broke", fmt.Errorf("broken"), 1, store.OutcomeUnknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(w *world) {
				w.plugins.failCalls(test.err)
				w.connect("one")
				id := w.submit("A-1", "N1", "UPS")[0].ID
				w.settle()
				d := w.delivery(id)
				if d.State != store.Pending || d.Spent != test.spent || d.Last == nil || d.Last.Outcome != test.state {
					t.Fatalf("got state %d spent %d last %+v", d.State, d.Spent, d.Last)
				}
				w.plugins.failCalls(nil)
				w.pass(time.Minute)
				w.wantState(id, store.Delivered, "")
				sent := w.plugins.sent()
				if last := sent[len(sent)-1].GetHeader(); !last.GetFateUnknown() || last.GetAttempt() != 2 {
					t.Errorf("the repeat must say that the first may have arrived, got %v", last)
				}
			})
		})
	}
}

// TestLies: answers for deliveries that are not in the call, twice, or not at
// all, change nothing for others (promise P7).
func TestLies(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			switch {
			case d.GetHeader().GetAttempt() > 1 || d.GetRecord().GetOrderId() == "honest":
				return delivered()
			case d.GetRecord().GetOrderId() == "silent":
				return nil
			default:
				r := delivered()
				r.DeliveryId = "0000000000000"
				return r
			}
		})
		w.connect("one")
		honest := w.submit("honest", "N1", "UPS")[0].ID
		silent := w.submit("silent", "N2", "UPS")[0].ID
		liar := w.submit("liar", "N3", "UPS")[0].ID
		w.settle()
		w.wantState(honest, store.Delivered, "")
		w.wantState(silent, store.Pending, "RESULT_MISSING")
		w.wantState(liar, store.Pending, "RESULT_MISSING")
		violated := 0
		w.seen.note(func() { violated = w.seen.violated })
		if violated == 0 {
			t.Error("the violations of the contract are not counted")
		}
		w.pass(time.Minute)
		w.wantState(silent, store.Delivered, "")
		w.wantState(liar, store.Delivered, "")
	})
}

// TestHangingLaneHoldsNobodyUp (promise P5).
func TestHangingLaneHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		hanging := w.connect("hanging")
		healthy := w.connect("healthy")
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetHeader().GetConnectionUid() == fmt.Sprint(hanging.Key) {
				<-ctx.Done()
				return nil
			}
			return delivered()
		})
		start := time.Now()
		for i := range 500 {
			w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")
		}
		w.settle()
		totals, err := w.store.ConnectionTotals(w.t.Context(), healthy.Key)
		if err != nil || totals.Delivered != 500 || time.Since(start) > 0 {
			t.Errorf("the healthy lane delivered %d of 500 in %s (%v)", totals.Delivered, time.Since(start), err)
		}
	})
}

func TestFilterIsDecidedAtDispatch(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.connect("one", func(c *store.Connection) { c.Filter = `order.order_source == "amazon"` })
		w.submitOrder("A-1", "amazon")
		w.submitOrder("A-2", "ebay")
		wanted := w.submit("A-1", "N1", "UPS")[0].ID
		left := w.submit("A-2", "N2", "UPS")[0].ID
		w.settle()
		w.wantState(wanted, store.Delivered, "")
		w.wantState(left, store.Skipped, "FILTERED")
	})
}

func TestSecretsThatCannotBeOpenedPauseTheLane(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		connection := w.connect("one", func(c *store.Connection) { c.Title = "sealed with a lost key" })
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		w.wantState(id, store.Pending, "SECRET_UNREADABLE")
		paused, err := w.store.ConnectionByKey(w.t.Context(), connection.Key)
		if err != nil || paused.State != store.Paused {
			t.Errorf("the lane is not paused: %v", err)
		}
	})
}

// TestDrainWaitsForWhatIsUnderWay: when Run returns, every outcome is written
// down and nothing new was begun.
func TestDrainWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, 5*time.Second)
			return delivered()
		})
		connection := w.connect("one")
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		before := time.Now()
		if since, ok := w.dispatcher.UnderWay(id); !ok || !since.Equal(before) {
			t.Errorf("under way since %s (%t), want since %s", since, ok, before)
		}
		w.drain()
		if _, ok := w.dispatcher.UnderWay(id); ok {
			t.Error("a delivery that is done is not under way")
		}
		if took := time.Since(before); took < 5*time.Second || took > 6*time.Second {
			t.Errorf("drained in %s, want as long as the call under way, 5 s", took)
		}
		totals, err := w.store.ConnectionTotals(w.t.Context(), connection.Key)
		if err != nil || totals.Delivered != 1 {
			t.Errorf("the outcome was not written down: %+v, %v", totals, err)
		}
	})
}

// TestDrainWithLanesDue: what becomes due while the server drains is left alone,
// and nothing spins over it.
func TestDrainWithLanesDue(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetRecord().GetOrderId() == "slow" {
				wait(ctx, 10*time.Second)
				return delivered()
			}
			return failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
		})
		w.connect("one")
		slow := w.submit("slow", "N1", "UPS")[0].ID
		again := w.submit("again", "N2", "UPS")[0].ID
		w.settle()
		w.drain() // Hangs here if the loop spins: time stands still meanwhile.
		w.wantState(slow, store.Delivered, "")
		if d := w.delivery(again); d.Sends != 1 {
			t.Errorf("sent %d times, want once", d.Sends)
		}
	})
}
