package dispatch_test

import (
	"context"
	"sync"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
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

// tracing records attempts as their plugins see them.
type tracing struct {
	mu    sync.Mutex
	begun byte
	ended map[trace.Place]trace.Attempt
	from  map[trace.Place]trace.Place
}

// Attempt is for the dispatcher.
func (r *tracing) Attempt(parent trace.Place, begin time.Time) (trace.Place, func(trace.Attempt)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun++
	in := parent
	in.Span = [8]byte{0xa, r.begun}
	r.from[in] = parent
	return in, func(a trace.Attempt) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if a.End.Before(begin) {
			a.Outcome = "ends before it begins"
		}
		a.End = time.Time{}
		r.ended[in] = a
	}
}

// TestAttemptsAreRecorded: where the caller records its trace, each attempt is a child of
// the call, what the plugin does is a child of the attempt, and what is recorded says
// what became of it.
func TestAttemptsAreRecorded(t *testing.T) {
	t.Parallel()
	recorded := &tracing{ended: map[trace.Place]trace.Attempt{}, from: map[trace.Place]trace.Place{}}
	inWorld(t, func(w *world) {
		w.plugins.script(func(_ context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			switch d.GetHeader().GetAttempt() {
			case 1:
				r := failing(pluginv1.Outcome_OUTCOME_RETRY, "HTTP_503")
				r.HttpStatus = 503
				return r
			case 2:
				return nil // The call ends without it.
			}
			return delivered()
		})
		w.connect("one")
		sampled := trace.Place{Trace: [16]byte{1}, Span: [8]byte{2}, Flags: trace.Sampled}
		w.trace = sampled
		id := w.submit("A-1", "sampled", "UPS")[0].ID
		w.pass(time.Hour)
		w.trace.Flags = 0
		silent := w.submit("A-2", "silent", "UPS")[0].ID
		w.pass(time.Hour)
		w.wantState(id, store.Delivered, "")
		w.wantState(silent, store.Delivered, "")

		attempt := trace.Attempt{
			Merchant: "acme", Connection: "one", Plugin: "scripted", Delivery: id.String(), Number: 1,
			Outcome: "RETRY", Reason: "HTTP_503", HTTPStatus: 503, Failed: true,
		}
		missing, arrived := attempt, attempt
		missing.Number, missing.Outcome, missing.Reason, missing.HTTPStatus = 2, "UNKNOWN", "RESULT_MISSING", 0
		arrived.Number, arrived.Outcome, arrived.Reason, arrived.HTTPStatus = 3, "DELIVERED", "", 0
		arrived.Failed = false
		want := map[uint32]trace.Attempt{1: attempt, 2: missing, 3: arrived}
		for _, d := range w.plugins.sent() {
			in, _ := trace.Parse(d.GetHeader().GetTraceparent())
			if d.GetHeader().GetDeliveryId() == silent.String() {
				if in != w.trace {
					t.Errorf("a delivery that nobody records goes with place %s, want %s", in, w.trace)
				}
				continue
			}
			number := d.GetHeader().GetAttempt()
			if recorded.from[in] != sampled {
				t.Errorf("attempt %d goes with place %s, a child of %s", number, in, recorded.from[in])
			}
			if recorded.ended[in] != want[number] {
				t.Errorf("attempt %d is recorded as %+v, want %+v", number, recorded.ended[in], want[number])
			}
		}
		if recorded.begun != 3 || len(recorded.ended) != 3 {
			t.Errorf("%d attempts begun, %d recorded, want 3", recorded.begun, len(recorded.ended))
		}
	}, func(o *dispatch.Options) { o.Tracer = recorded })
}
