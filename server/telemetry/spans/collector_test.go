package spans

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"github.com/spurline/spurline/server/trace"
)

// refusing takes no spans.
type refusing struct{ sdktrace.SpanExporter }

// ExportSpans is for the recorder.
func (refusing) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	return errors.New("refused")
}

// collector takes spans by OTLP, or hangs.
type collector struct {
	collectorv1.UnimplementedTraceServiceServer
	hangs bool

	mu    sync.Mutex
	names map[string]int
	about map[string]string
}

// Export is for exporters.
func (c *collector) Export(
	ctx context.Context, request *collectorv1.ExportTraceServiceRequest,
) (*collectorv1.ExportTraceServiceResponse, error) {
	if c.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		for _, attribute := range resource.GetResource().GetAttributes() {
			c.about[attribute.GetKey()] = attribute.GetValue().GetStringValue()
		}
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.names[span.GetName()]++
			}
		}
	}
	return &collectorv1.ExportTraceServiceResponse{}, nil
}

// serve serves a collector until the test ends and returns its URL.
func serve(t *testing.T, hangs bool) (*collector, string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{hangs: hangs, names: map[string]int{}, about: map[string]string{}}
	server := grpc.NewServer()
	collectorv1.RegisterTraceServiceServer(server, c)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return c, "http://" + listener.Addr().String()
}

func TestCollectorGetsSpans(t *testing.T) {
	t.Parallel()
	c, url := serve(t, false)
	r, err := Open(t.Context(), Options{Endpoint: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	call(t, r, submits, sampled, false, nil)
	_, end := r.Attempt(sampled, time.Now())
	end(trace.Attempt{Outcome: "DELIVERED", End: time.Now()})
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.names) != 2 || c.names[submits[1:]] != 1 || c.names[attemptName] != 1 {
		t.Errorf("the collector got %v", c.names)
	}
	if c.about["service.name"] != "spurline" || c.about["service.version"] == "" {
		t.Errorf("they are of %v", c.about)
	}
}

// Promise P5: a collector that hangs holds up neither calls nor the end of the server.
// What does not fit into the queue is dropped.
func TestHangingCollectorHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	_, url := serve(t, true)
	r, err := Open(t.Context(), Options{Endpoint: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	const calls = 3 * mostQueued
	begin := time.Now()
	for range calls {
		call(t, r, submits, sampled, false, nil)
	}
	if took := time.Since(begin); took > exportTime {
		t.Errorf("%d calls took %s", calls, took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin = time.Now()
	if err := r.Close(ctx); err == nil {
		t.Error("the last spans went to a collector that hangs")
	}
	if took := time.Since(begin); took > exportTime/2 {
		t.Errorf("the end took %s", took)
	}
	if counts := r.Counts(); counts.Recorded != calls || counts.Exported != 0 {
		t.Errorf("counted %+v", counts)
	}
}
