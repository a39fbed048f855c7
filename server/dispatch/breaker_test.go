package dispatch_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

func failingWith(outcome pluginv1.Outcome) func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
	return func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
		return failing(outcome, "HTTP_503")
	}
}

func delivering(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
	return delivered()
}

// outage fills a lane while its extra interface is out of order, so that what is
// under way fails and opens the breaker.
func (w *world) outage(waiting int) (connection store.Connection, made []store.DeliveryRef) {
	w.t.Helper()
	w.plugins.description.Pace.Concurrency = 10
	w.plugins.script(failingWith(pluginv1.Outcome_OUTCOME_RETRY))
	w.plugins.setReady(false)
	connection = w.connect("broken")
	for i := range waiting {
		made = append(made, w.submit(fmt.Sprintf("A-%d", i), fmt.Sprintf("N%d", i), "UPS")...)
	}
	w.plugins.setReady(true)
	w.settle()
	return connection, made
}

// TestOutage: a lane whose extra interface is out of order tries it with one
// delivery at a time, another one each time, which spends nothing; when it is in
// order again, all goes (promise P6).
func TestOutage(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		connection, made := w.outage(100)
		if _, ok := w.dispatcher.Outage(connection.Key); !ok {
			t.Fatal("nobody noticed the outage")
		}
		if n := w.log.lines("out of order", "connection="+connection.ID, "reason=HTTP_503", "next_probe="); n != 1 {
			t.Errorf("the log tells of the outage %d times, want once", n)
		}
		before := len(w.plugins.sent())
		w.pass(6 * time.Hour)
		probes := w.plugins.sent()[before:]
		if len(probes) < 50 || len(probes) > 150 {
			t.Errorf("%d probes in 6 h, want one in about 4 minutes", len(probes))
		}
		tried := map[string]int{}
		for _, d := range probes[:50] {
			tried[d.GetHeader().GetDeliveryId()]++
		}
		if len(tried) != 50 {
			t.Errorf("50 probes tried %d deliveries, want another one each time", len(tried))
		}
		spent := 0
		for _, ref := range made {
			spent += w.delivery(ref.ID).Spent
		}
		if spent > 20 {
			t.Errorf("the outage spent %d attempts, want only those before it was noticed", spent)
		}
		w.plugins.script(delivering)
		w.pass(10 * time.Minute)
		for _, ref := range made {
			w.wantState(ref.ID, store.Delivered, "")
		}
		if outage, ok := w.dispatcher.Outage(connection.Key); ok {
			t.Errorf("the outage goes on: %v", outage)
		}
		if n := w.log.lines("in order again", "connection="+connection.ID); n != 1 {
			t.Errorf("the log tells of the end %d times, want once", n)
		}
	})
}

// TestRecoveryIsARamp: after an outage the lane does not fall upon its extra
// interface with all that waits.
func TestRecoveryIsARamp(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.outage(200)
		w.plugins.description.Pace.Concurrency = 100
		var underWay, answered, worst atomic.Int64
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if now := underWay.Add(1); now > 1+answered.Load() {
				worst.Store(max(worst.Load(), now))
			}
			wait(ctx, time.Second)
			underWay.Add(-1)
			answered.Add(1)
			return delivered()
		})
		w.pass(time.Hour)
		if worst.Load() > 0 {
			t.Errorf("%d under way at once before as many had arrived", worst.Load())
		}
		if answered.Load() < 200 {
			t.Errorf("%d of 200 arrived", answered.Load())
		}
	})
}

// TestOneBadRecordIsNoOutage: its failures spend its own attempts, and the lane goes
// on (promise P6).
func TestOneBadRecordIsNoOutage(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetRecord().GetOrderId() == "bad" {
				return failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_500")
			}
			return delivered()
		})
		connection := w.connect("one")
		bad := w.submit("bad", "N1", "UPS")[0].ID
		w.pass(24 * time.Hour)
		if _, ok := w.dispatcher.Outage(connection.Key); ok {
			t.Error("one bad record stops its lane")
		}
		if d := w.delivery(bad); d.Spent < 20 {
			t.Errorf("spent %d attempts in a day, want one in about half an hour", d.Spent)
		}
		w.pass(7 * 24 * time.Hour)
		w.wantState(bad, store.Failed, "RETRIES_EXHAUSTED")
	})
}

// TestRecordsThatLackSomethingAreNoOutage: the extra interface answers for each of them
// that it cannot go yet, so they wait alone, and what else the connection has goes on
// (promises P5 and P6).
func TestRecordsThatLackSomethingAreNoOutage(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetRecord().GetOrderId() == "whole" {
				return delivered()
			}
			return recordOnly("ORDER_NOT_FOUND")
		})
		connection := w.connect("orphans")
		var orphans []store.DeliveryRef
		for i := range 20 {
			orphans = append(orphans, w.submit(fmt.Sprintf("A-%d", i), fmt.Sprintf("N%d", i), "UPS")...)
		}
		w.pass(10 * time.Minute)
		if outage, ok := w.dispatcher.Outage(connection.Key); ok {
			t.Errorf("taken for an outage: %v", outage)
		}
		for _, ref := range orphans {
			w.wantState(ref.ID, store.Pending, "ORDER_NOT_FOUND")
			if d := w.delivery(ref.ID); d.Spent < 3 {
				t.Errorf("spent %d attempts in ten minutes, want those of its own waits", d.Spent)
			}
		}
		whole := w.submit("whole", "W1", "UPS")[0].ID
		w.settle()
		w.wantState(whole, store.Delivered, "")
	})
}

// TestAnswerForOneRecordEndsAnOutage: the extra interface answers again, though the probe
// that finds it out cannot go yet.
func TestAnswerForOneRecordEndsAnOutage(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		connection, _ := w.outage(30)
		if _, ok := w.dispatcher.Outage(connection.Key); !ok {
			t.Fatal("nobody noticed the outage")
		}
		w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			return recordOnly("ORDER_NOT_FOUND")
		})
		w.pass(10 * time.Minute)
		if outage, ok := w.dispatcher.Outage(connection.Key); ok {
			t.Errorf("the outage goes on: %v", outage)
		}
	})
}

// recordOnly asks for another try of this record, which is no fault of the extra interface.
func recordOnly(reason string) *pluginv1.DeliveryResult {
	r := failing(pluginv1.Outcome_OUTCOME_RETRY, reason)
	r.RecordOnly = true
	return r
}

// TestRetryAgeStandsStill: a pause, a throttle and an outage do not run a delivery's
// retries out (promise P6).
func TestRetryAgeStandsStill(t *testing.T) {
	t.Parallel()
	stops := map[string]func(w *world, c store.Connection){
		"paused": func(w *world, c store.Connection) {
			w.setState(c, store.Paused)
			w.pass(30 * 24 * time.Hour)
			w.setState(c, store.Active)
		},
		"without its plugin": func(w *world, _ store.Connection) {
			w.plugins.setReady(false)
			w.pass(30 * 24 * time.Hour)
			w.plugins.setReady(true)
		},
		"throttled": func(w *world, _ store.Connection) {
			w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
				r := failing(pluginv1.Outcome_OUTCOME_THROTTLED, "HTTP_429")
				r.Delay = seconds(86_400)
				return r
			})
			w.pass(30 * 24 * time.Hour)
		},
	}
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(w *world) {
				w.plugins.script(failingWith(pluginv1.Outcome_OUTCOME_RETRY))
				connection := w.connect("one")
				id := w.submit("A-1", "N1", "UPS")[0].ID
				w.pass(time.Minute)
				stop(w, connection)
				w.plugins.script(failingWith(pluginv1.Outcome_OUTCOME_RETRY))
				w.pass(25 * time.Hour)
				if d := w.delivery(id); d.State != store.Pending || d.Spent < 10 {
					t.Errorf("state %d with reason %q after %d attempts, want it still tried", d.State, d.Reason, d.Spent)
				}
			})
		})
	}
}

// TestEditEndsAnOutage: what is known of an outage is of the settings that it was
// noticed with; other ones may lead elsewhere (promise P6).
func TestEditEndsAnOutage(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		connection, made := w.outage(40)
		w.pass(time.Hour)
		w.plugins.script(delivering)
		w.setFilter(connection, "true")
		w.settle()
		if _, ok := w.dispatcher.Outage(connection.Key); !ok {
			t.Error("an edit that changes no settings ends the outage")
		}
		w.editSettings(connection)
		w.pass(time.Second)
		for _, ref := range made {
			w.wantState(ref.ID, store.Delivered, "")
		}
		if outage, ok := w.dispatcher.Outage(connection.Key); ok {
			t.Errorf("the outage goes on: %v", outage)
		}
	})
}
