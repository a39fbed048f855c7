package dispatch_test

import (
	"context"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/telemetry/trace"
)

// TestTraceOfTheCallGoesToThePlugin: each attempt at a delivery carries the trace of the
// call that made it, from memory or read back, and what is logged of it names the trace.
func TestTraceOfTheCallGoesToThePlugin(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			if d.GetHeader().GetAttempt() == 1 {
				return failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
			}
			return delivered()
		})
		w.connect("one")
		place := trace.Place{Trace: [16]byte{1}, Span: [8]byte{2}, Flags: trace.Sampled}
		w.trace = place
		traced := w.submit("A-1", "traced", "UPS")[0].ID
		w.trace = trace.Place{}
		plain := w.submit("A-2", "plain", "UPS")[0].ID
		w.pass(time.Minute)

		want := map[store.DeliveryID]string{traced: place.String(), plain: ""}
		sent := map[store.DeliveryID]int{}
		for _, d := range w.plugins.sent() {
			id, err := store.ParseDeliveryID(d.GetHeader().GetDeliveryId())
			if err != nil {
				t.Fatal(err)
			}
			sent[id]++
			if got := d.GetHeader().GetTraceparent(); got != want[id] {
				t.Errorf("send %d of %s has traceparent %q, want %q", sent[id], d.GetRecord().GetOrderId(), got, want[id])
			}
		}
		for id := range want {
			w.wantState(id, store.Delivered, "")
			if sent[id] != 2 {
				t.Errorf("delivery of order %s was sent %d times, want 2", w.delivery(id).OrderID, sent[id])
			}
		}
		if n := w.log.lines("attempt failed", traced.String(), "trace_id="+place.TraceID()); n != 1 {
			t.Errorf("%d lines name the trace", n)
		}
		if n := w.log.lines("attempt failed", "trace_id="); n != 1 {
			t.Errorf("%d lines have a trace", n)
		}
	})
}
