package dispatch_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/store"
)

// observed keeps what the dispatcher tells.
type observed struct {
	mu                       sync.Mutex
	endings                  []dispatch.Ending
	violated, paused, broken int
}

func (o *observed) Ended(e dispatch.Ending) { o.note(func() { o.endings = append(o.endings, e) }) }
func (o *observed) Violated(string)         { o.note(func() { o.violated++ }) }
func (o *observed) Paused(string)           { o.note(func() { o.paused++ }) }
func (o *observed) Broke(string)            { o.note(func() { o.broken++ }) }

func (o *observed) note(what func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	what()
}

func (o *observed) all() []dispatch.Ending {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.endings)
}

// wantPlugin fails unless the plugin stands so. What it has in the timetable and
// the ring is not compared.
func (w *world) wantPlugin(when string, want dispatch.PluginStats) {
	w.t.Helper()
	want.Plugin = "scripted"
	got := w.dispatcher.Stats().Plugins
	if len(got) != 1 {
		w.t.Fatalf("%s: %d plugins", when, len(got))
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		w.t.Errorf("%s: %s", when, diff)
	}
}

type lanes = [dispatch.Standings]int64

func TestStatsOfCalls(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, 10*time.Second)
			return delivered()
		})
		connection := w.connect("one")
		w.submit("A-1", "first", "UPS")
		w.settle()
		w.wantPlugin("in a call", dispatch.PluginStats{Lanes: lanes{dispatch.Busy: 1}, UnderWay: 1, Calls: 1})
		if s := w.dispatcher.Stats(); s.UnderWay != 1 || s.UnderWayBytes == 0 {
			t.Errorf("under way: %+v", s)
		}
		w.pass(6 * time.Second)
		w.wantPlugin("in a long call", dispatch.PluginStats{Lanes: lanes{dispatch.Busy: 1}, UnderWay: 1, SlowCalls: 1})
		w.pass(6 * time.Second)
		w.wantPlugin("after it", dispatch.PluginStats{Lanes: lanes{dispatch.Idle: 1}})
		if s := w.dispatcher.Stats(); s.UnderWay != 0 || s.UnderWayBytes != 0 || s.LedgerQueue != 0 {
			t.Errorf("after all: %+v", s)
		}
		w.plugins.setReady(false)
		w.submit("A-2", "second", "UPS")
		w.settle()
		w.wantPlugin("without a process", dispatch.PluginStats{Lanes: lanes{dispatch.Idle: 1}, ParkedLanes: 1})
		if _, err := w.store.DeleteConnection(w.t.Context(), connection.Key, 0, true, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.plugins.setReady(true)
		w.settle()
		w.wantPlugin("after the connection was deleted", dispatch.PluginStats{})
	})
}

func TestStatsOfAThrottledAccount(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			return &pluginv1.DeliveryResult{
				Outcome: pluginv1.Outcome_OUTCOME_THROTTLED, Reason: "TOO_MANY", Delay: seconds(60),
			}
		})
		one := w.connect("one", ofAccount("shared"))
		w.connect("two", ofAccount("shared"))
		w.connect("alone")
		w.submit("A-1", "first", "UPS")
		w.settle()
		w.wantPlugin("throttled", dispatch.PluginStats{Lanes: lanes{dispatch.Idle: 3}, ThrottledAccounts: 2})
		w.plugins.script(delivering)
		w.editSettings(one)
		w.pass(70 * time.Second)
		w.wantPlugin("after the wait", dispatch.PluginStats{Lanes: lanes{dispatch.Idle: 3}})
	})
}

// TestStatsOfThrottledSettings: other settings are another account, so that the wait
// of the old ones is not shown any more.
func TestStatsOfThrottledSettings(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			return &pluginv1.DeliveryResult{
				Outcome: pluginv1.Outcome_OUTCOME_THROTTLED, Reason: "TOO_MANY", Delay: seconds(3600),
			}
		})
		connection := w.connect("one")
		w.submit("A-1", "first", "UPS")
		w.settle()
		w.plugins.script(delivering)
		w.editSettings(connection)
		w.pass(2 * time.Second)
		w.wantPlugin("after the edit", dispatch.PluginStats{Lanes: lanes{dispatch.Idle: 1}})
	})
}

func TestStatsOfTroubledLanes(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		connection, _ := w.refused(5)
		w.settle()
		w.wantPlugin("refused", dispatch.PluginStats{Lanes: lanes{dispatch.Paused: 1}})
		if w.seen.paused != 1 {
			t.Errorf("told of %d pauses", w.seen.paused)
		}
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			return delivered()
		})
		w.goodCheck(connection)
		w.settle()
		w.wantPlugin("tried again",
			dispatch.PluginStats{Lanes: lanes{dispatch.Probing: 1}, UnderWay: 1, Calls: 1})
		w.pass(5 * time.Second)
		w.wantPlugin("resumed", dispatch.PluginStats{Lanes: lanes{dispatch.Idle: 1}})
	})
	inWorld(t, func(w *world) {
		w.outage(100)
		w.wantPlugin("out of order", dispatch.PluginStats{Lanes: lanes{dispatch.Broken: 1}})
		w.plugins.script(delivering)
		w.pass(time.Hour)
		w.wantPlugin("in order again", dispatch.PluginStats{Lanes: lanes{dispatch.Idle: 1}})
		probes := 0
		for _, e := range w.seen.all() {
			if e.Probe && e.State == store.Delivered {
				probes++
			}
		}
		if w.seen.broken != 1 || probes != 1 {
			t.Errorf("told of %d outages and %d probes that arrived, want one each", w.seen.broken, probes)
		}
	})
}

// TestStatsOfSuspects: those that a process ended with wait for one apart, and all of
// it is told by the host's reasons.
func TestStatsOfSuspects(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.crashes = func(isolated bool, _ []*pluginv1.TrackingDelivery) bool { return !isolated }
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			return delivered()
		})
		w.plugins.setReady(false)
		w.connect("one")
		for i := range 15 {
			w.submit(fmt.Sprintf("A-%d", i), fmt.Sprintf("N%d", i), "UPS")
		}
		w.plugins.setReady(true)
		w.settle()
		w.wantPlugin("after the crash", dispatch.PluginStats{
			Lanes: lanes{dispatch.Busy: 1}, UnderWay: 15, IsolatedCalls: 1, Suspects: 5,
		})
		w.pass(5 * time.Second)
		w.wantPlugin("after isolation", dispatch.PluginStats{Lanes: lanes{dispatch.Idle: 1}})
		lost := 0
		for _, e := range w.seen.all() {
			if e.Outcome == store.OutcomePluginLost && e.Reason == "PLUGIN_LOST" && !e.Answered {
				lost++
			}
		}
		if lost != 15 {
			t.Errorf("told of %d that were lost with the process, want 15", lost)
		}
	})
}

func TestStatsOfAStoreThatRefuses(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.connect("one")
		w.hooked.refusing.Store(2)
		w.submit("A-1", "first", "UPS")
		w.settle()
		if s := w.dispatcher.Stats(); s.LedgerRetries != 1 || s.LedgerQueue != 1 || len(w.seen.all()) != 0 {
			t.Errorf("while outcomes cannot be written: %d retries, told of %v", s.LedgerRetries, w.seen.all())
		}
		w.pass(5 * time.Second)
		if s := w.dispatcher.Stats(); s.LedgerRetries != 2 || s.LedgerQueue != 0 || len(w.seen.all()) != 1 {
			t.Errorf("after it: %d retries, told of %v", s.LedgerRetries, w.seen.all())
		}
	})
}

func TestEndingsTellOfEveryAttempt(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		answers := []*pluginv1.DeliveryResult{
			failing(pluginv1.Outcome_OUTCOME_RETRY, "BUSY"), nil, {Outcome: 99}, delivered(),
		}
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			next := answers[0]
			answers = answers[1:]
			return next
		})
		connection := w.connect("one")
		w.submit("A-1", "first", "UPS")
		w.pass(time.Minute)
		w.setFilter(connection, "false")
		w.submit("A-2", "second", "UPS")
		w.settle()
		want := []dispatch.Ending{
			{Outcome: store.OutcomeRetry, Reason: "BUSY", Answered: true, State: store.Pending},
			{Outcome: store.OutcomeUnknown, Reason: "RESULT_MISSING", State: store.Pending},
			{Outcome: store.OutcomeUnknown, Reason: "OUTCOME_MISSING", Answered: true, State: store.Pending},
			{Outcome: store.OutcomeDelivered, Answered: true, State: store.Delivered},
			{State: store.Skipped},
		}
		got := w.seen.all()
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(dispatch.Ending{}, "Plugin", "Took", "Age")); diff != "" {
			t.Fatal(diff)
		}
		for i, e := range got[:4] {
			if e.Plugin != "scripted" || e.Took != time.Second {
				t.Errorf("attempt %d: %+v, want one second of scripted", i, e)
			}
		}
		// 1 s each, and the waits after the first three: 2.5, 5 and 10 s.
		if arrived := got[3].Age.Round(time.Millisecond); arrived != 21500*time.Millisecond {
			t.Errorf("it arrived after %s", arrived)
		}
		if w.seen.violated != 2 {
			t.Errorf("told of %d violations, want 2", w.seen.violated)
		}
	})
}
