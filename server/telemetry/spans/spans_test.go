package spans

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spurline/spurline/server/trace"
)

const (
	submits = "/spurline.api.v1.IntakeService/SubmitOrder"
	manages = "/spurline.api.v1.MerchantService/GetMerchant"
)

var (
	sampled = trace.Place{Trace: [16]byte{1}, Span: [8]byte{2}, Flags: trace.Sampled}
	silent  = trace.Place{Trace: [16]byte{3}, Span: [8]byte{4}}
)

// recorder returns one that exports to memory, and what it has exported once it is
// closed.
func recorder(t *testing.T, change ...func(*Options)) (*Recorder, func() tracetest.SpanStubs) {
	t.Helper()
	kept := &keeps{InMemoryExporter: tracetest.NewInMemoryExporter()}
	options := Options{Logger: slog.New(slog.DiscardHandler), Random: func() float64 { return 0.5 }}
	for _, f := range change {
		f(&options)
	}
	r, err := open(t.Context(), kept, options)
	if err != nil {
		t.Fatal(err)
	}
	closed := func() tracetest.SpanStubs {
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
		return kept.GetSpans()
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	return r, closed
}

// keeps does not forget when it is shut down.
type keeps struct{ *tracetest.InMemoryExporter }

// Shutdown is for the SDK.
func (*keeps) Shutdown(context.Context) error { return nil }

func attributes(span tracetest.SpanStub) map[attribute.Key]any {
	all := map[attribute.Key]any{}
	for _, a := range span.Attributes {
		all[a.Key] = a.Value.AsInterface()
	}
	return all
}

// call makes a call and returns the place that its handler saw.
func call(t *testing.T, r *Recorder, method string, place trace.Place, streamed bool, fails error) (in trace.Place) {
	t.Helper()
	ctx := trace.With(t.Context(), place)
	var err error
	if streamed {
		err = r.Stream(nil, &placedStream{ctx: ctx}, &grpc.StreamServerInfo{FullMethod: method},
			func(_ any, stream grpc.ServerStream) error {
				in = trace.From(stream.Context())
				return fails
			})
	} else {
		_, err = r.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: method}, func(ctx context.Context, _ any) (any, error) {
			in = trace.From(ctx)
			return nil, fails
		})
	}
	if !errors.Is(err, fails) {
		t.Errorf("the call ends with %v, want %v", err, fails)
	}
	return in
}

// A call whose caller records its trace is a child of it; who records none is left alone,
// but for the share that is asked for.
func TestCalls(t *testing.T) {
	t.Parallel()
	const none, child, root = "none", "child", "root"
	for name, test := range map[string]struct {
		method   string
		place    trace.Place
		streamed bool
		ratio    float64
		want     string
	}{
		"sampled":                   {submits, sampled, false, 0, child},
		"sampled stream":            {submits, sampled, true, 0, child},
		"sampled, of another kind":  {manages, sampled, false, 0, child},
		"not sampled":               {submits, silent, false, 1, none},
		"stream, not sampled":       {submits, silent, true, 1, none},
		"without":                   {submits, trace.Place{}, false, 0, none},
		"without, in the share":     {submits, trace.Place{}, false, 0.51, root},
		"without, not in the share": {submits, trace.Place{}, false, 0.5, none},
		"stream without":            {submits, trace.Place{}, true, 1, none},
		"of another kind without":   {manages, trace.Place{}, false, 1, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, closed := recorder(t, func(o *Options) { o.Ratio = test.ratio })
			in := call(t, r, test.method, test.place, test.streamed, nil)
			recorded := closed()
			if test.want == none {
				if in != test.place || len(recorded) != 0 {
					t.Errorf("the handler is at %s, %d spans", in, len(recorded))
				}
				return
			}
			if len(recorded) != 1 {
				t.Fatalf("%d spans", len(recorded))
			}
			span := recorded[0]
			if in.Trace != span.SpanContext.TraceID() || in.Span != span.SpanContext.SpanID() || !in.IsSampled() {
				t.Errorf("the handler is at %s, not in the span %s", in, span.SpanContext.SpanID())
			}
			parent := trace.Place{Trace: in.Trace, Span: span.Parent.SpanID(), Flags: trace.Sampled}
			if test.want == child && parent != test.place || test.want == root && parent.Span != [8]byte{} {
				t.Errorf("the span is a child of %s, want %s", parent, test.place)
			}
			if span.Name != strings.TrimPrefix(test.method, "/") || span.SpanKind != oteltrace.SpanKindServer ||
				attributes(span)["rpc.response.status_code"] != "OK" || span.Status.Code != otelcodes.Unset {
				t.Errorf("span %q: %v, %v", span.Name, span.Attributes, span.Status)
			}
		})
	}
}

// Promise P8: the code of an error is recorded, its text is not.
func TestFailedCalls(t *testing.T) {
	t.Parallel()
	const text = "jane@example.com is no order"
	for code, failed := range map[codes.Code]bool{
		codes.InvalidArgument: false, codes.ResourceExhausted: false, codes.Unavailable: true, codes.Internal: true,
	} {
		r, closed := recorder(t)
		call(t, r, submits, sampled, false, status.Error(code, text))
		span := closed()[0]
		want := map[codes.Code]string{
			codes.InvalidArgument: "INVALID_ARGUMENT", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
			codes.Unavailable: "UNAVAILABLE", codes.Internal: "INTERNAL",
		}[code]
		if got := attributes(span)["rpc.response.status_code"]; got != want {
			t.Errorf("%s is recorded as %v", code, got)
		}
		if (span.Status.Code == otelcodes.Error) != failed || span.Status.Description != "" || len(span.Events) != 0 {
			t.Errorf("%s: status %v, events %v", code, span.Status, span.Events)
		}
	}
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	r, closed := recorder(t)
	begin := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	if in, end := r.Attempt(silent, begin); in != silent || end != nil {
		t.Errorf("an attempt that nobody records is at %s", in)
	}
	_, _ = r.Attempt(sampled, begin) // It is never ended.
	in, end := r.Attempt(sampled, begin)
	end(trace.Attempt{
		Merchant: "acme", Connection: "one", Plugin: "paper", Delivery: "0c", Number: 3, Outcome: "RETRY",
		Reason: "HTTP_503", HTTPStatus: 503, Failed: true, End: begin.Add(time.Second),
	})
	_, end = r.Attempt(sampled, begin)
	end(trace.Attempt{Outcome: "DELIVERED", End: begin})
	recorded := closed()
	if len(recorded) != 2 {
		t.Fatalf("%d spans", len(recorded))
	}
	failed, arrived := recorded[0], recorded[1]
	if failed.Parent.SpanID() != sampled.Span || failed.SpanContext.TraceID() != sampled.Trace ||
		failed.SpanContext.SpanID() != in.Span || in.Flags != sampled.Flags {
		t.Errorf("the attempt at %s is span %v, a child of %v", in, failed.SpanContext, failed.Parent)
	}
	if !failed.StartTime.Equal(begin) || failed.EndTime.Sub(begin) != time.Second {
		t.Errorf("the attempt lasts from %s to %s", failed.StartTime, failed.EndTime)
	}
	want := map[attribute.Key]any{
		"spurline.merchant": "acme", "spurline.connection": "one", "spurline.plugin": "paper", "spurline.delivery": "0c",
		"spurline.attempt": int64(3), "spurline.outcome": "RETRY", "spurline.reason": "HTTP_503",
		"http.response.status_code": int64(503),
	}
	got := attributes(failed)
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s is %v, want %v", key, got[key], value)
		}
	}
	if len(got) != len(want) || failed.Status.Code != otelcodes.Error || arrived.Status.Code != otelcodes.Unset {
		t.Errorf("attributes %v, status %v and %v", got, failed.Status, arrived.Status)
	}
	if counts := r.Counts(); counts != (Counts{Recorded: 2, Exported: 2}) {
		t.Errorf("counted %+v", counts)
	}
}

// A call that nobody records costs nothing.
//
//nolint:paralleltest // It counts allocations.
func TestCallsThatNobodyRecordsAreFree(t *testing.T) {
	r, _ := recorder(t, func(o *Options) { o.Ratio = 0.01 })
	ctx, info := t.Context(), &grpc.UnaryServerInfo{FullMethod: submits}
	handler := func(context.Context, any) (any, error) { return nil, nil }
	if n := testing.AllocsPerRun(100, func() { _, _ = r.Unary(ctx, nil, info, handler) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// levels are those of the lines of a log.
func levels(written *strings.Builder) []string {
	var all []string
	for line := range strings.Lines(written.String()) {
		_, rest, _ := strings.Cut(line, "level=")
		level, _, _ := strings.Cut(rest, " ")
		all = append(all, level)
	}
	return all
}

// That the collector fails is logged when it begins and when it is over, and counted.
func TestFailingCollectorIsLoggedOnce(t *testing.T) {
	t.Parallel()
	written := &strings.Builder{}
	counted := &counts{}
	failing := tracetest.NewInMemoryExporter()
	e := &reporting{SpanExporter: failing, counts: counted, logger: slog.New(slog.NewTextHandler(written, nil))}
	three := tracetest.SpanStubs{{}, {}, {}}.Snapshots()
	for _, fails := range []bool{false, true, true, false, false, true} {
		ctx := t.Context()
		if fails {
			e.SpanExporter = refusing{failing}
		} else {
			e.SpanExporter = failing
		}
		if err := e.ExportSpans(ctx, three); err != nil {
			t.Errorf("the SDK gets to see %v", err)
		}
	}
	if got := levels(written); !slices.Equal(got, []string{"WARN", "INFO", "WARN"}) {
		t.Errorf("logged %s", written)
	}
	if counted.exported.Load() != 9 || counted.failed.Load() != 9 {
		t.Errorf("counted %d exported and %d failed", counted.exported.Load(), counted.failed.Load())
	}
}
