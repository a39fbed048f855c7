package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// TestSameContent: facts that are there already are not sent again, but only if
// they went there with these settings and nothing else is known since.
func TestSameContent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		between func(w *world, connection store.Connection)
		sends   int
	}{
		{"there and back while paused", func(*world, store.Connection) {}, 1},
		{"other settings may lead elsewhere", (*world).editSettings, 2},
		{"the extra interface said that something else was there", func(w *world, c store.Connection) {
			w.setState(c, store.Active)
			w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
				return failing(pluginv1.Outcome_OUTCOME_ALREADY_PRESENT, "SAME_THERE")
			})
			w.submit("A-1", "N1", "USPS")
			w.settle()
			w.setState(c, store.Paused)
		}, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(w *world) {
				connection := w.connect("one")
				w.submit("A-1", "N1", "UPS")
				w.settle()
				w.setState(connection, store.Paused)
				test.between(w, connection)
				w.submit("A-1", "N1", "DHL")
				id := w.submit("A-1", "N1", "UPS")[0].ID
				w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
					return delivered()
				})
				w.setState(connection, store.Active)
				w.settle()
				if d := w.delivery(id); d.State != store.Delivered {
					t.Errorf("state %d with reason %q, want delivered", d.State, d.Reason)
				}
				if sent := len(w.plugins.sent()); sent != test.sends {
					t.Errorf("sent %d times, want %d", sent, test.sends)
				}
			})
		})
	}
}

// TestFilterForgetsNoUnknownFate: a record that may have arrived and is left out
// since is announced as a repeat when it goes again (promise P3).
func TestFilterForgetsNoUnknownFate(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.failCalls(errors.New("broken"))
		connection := w.connect("one")
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		w.plugins.failCalls(nil)
		w.setFilter(connection, `order.order_source == "amazon"`)
		w.pass(time.Minute)
		w.wantState(id, store.Skipped, "FILTERED")
		w.setFilter(connection, "")
		if err := w.store.RetryDelivery(w.t.Context(), id, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.wantState(id, store.Delivered, "")
		sent := w.plugins.sent()
		if !sent[len(sent)-1].GetHeader().GetFateUnknown() {
			t.Errorf("the repeat is not announced as one")
		}
	})
}

func TestCallThatIsOverdueSaysSo(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.failCalls(fmt.Errorf("call: %w", status.Error(codes.DeadlineExceeded, "context deadline exceeded")))
		w.connect("one")
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		w.wantState(id, store.Pending, "NO_ANSWER_IN_TIME")
	})
}

// TestStoreThatIsGone: what cannot be written down any more keeps no process
// alive.
func TestStoreThatIsGone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, 5*time.Second)
			return delivered()
		})
		w.connect("one")
		w.submit("A-1", "N1", "UPS")
		w.settle()
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		w.drain()
		if took := time.Since(before); took > 10*time.Second {
			t.Errorf("drained in %s", took)
		}
	})
}

// TestPluginStateOfOneConnectionIsKeptOnce: a plugin that has something to keep
// with each answer costs no commit for each (promise P5).
func TestPluginStateOfOneConnectionIsKeptOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			r := delivered()
			r.ConnectionState = []byte("token")
			return r
		})
		connection := w.connect("one")
		for i := range 50 {
			w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")
		}
		w.pass(5 * time.Second)
		kept, err := w.store.ConnectionByKey(w.t.Context(), connection.Key)
		if err != nil || string(kept.PluginState) != "token" {
			t.Errorf("got state %q, %v", kept.PluginState, err)
		}
		if n := w.hooked.states.Load(); n > 25 {
			t.Errorf("50 answers took %d writes of the state", n)
		}
	})
}

// TestStoreThatDoesNotTakeOutcomes: how long an outcome waits to be written down is
// neither part of its attempt nor of the age of its delivery (promise P6).
func TestStoreThatDoesNotTakeOutcomes(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.connect("one")
		w.plugins.script(func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetRecord().GetOrderId() == "first" {
				return delivered()
			}
			wait(ctx, time.Second)
			return failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
		})
		w.hooked.refusing.Store(math.MaxInt64)
		w.submit("first", "N1", "UPS")
		id := w.submit("second", "N2", "UPS")[0].ID
		w.pass(599 * time.Second)
		w.hooked.refusing.Store(0)
		w.plugins.setReady(false)
		w.pass(10 * time.Second)
		d := w.wantState(id, store.Pending, "HTTP_503")
		if d.Last == nil || d.Last.Duration != time.Second || d.RetryAge > 5*time.Second {
			t.Errorf("age %s, last attempt %+v: want one of 1 s and a short wait", d.RetryAge, d.Last)
		}
	})
}

// TestBacklogOfAPluginThatCanLookUpNow: what was made while the plugin could not is noted
// before it is sent, as after an unclean end nobody would know of it (promise P3).
func TestBacklogOfAPluginThatCanLookUpNow(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		connection := w.connect("one", func(c *store.Connection) { c.Takes.Intents = true })
		w.plugins.setReady(false)
		for i := range 3 {
			w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")
		}
		w.settle()
		takes := connection.Takes
		takes.Intents = false
		if err := w.store.SetTakes(w.t.Context(), map[int64]store.Takes{connection.Key: takes}); err != nil {
			t.Fatal(err)
		}
		w.plugins.setReady(true)
		w.settle()
		w.submit("A-1", "fresh", "UPS")
		w.settle()
		if n, sent := w.hooked.intended.Load(), len(w.plugins.sent()); n != 3 || sent != 4 {
			t.Errorf("%d of %d sends noted before, want the 3 of the backlog", n, sent)
		}
	})
}
