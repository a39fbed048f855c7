package app_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/config"
)

// collector takes spans as the collectors of OpenTelemetry do.
type collector struct {
	collectorv1.UnimplementedTraceServiceServer

	mu    sync.Mutex
	spans []*tracev1.Span
}

// Export is for the server.
func (c *collector) Export(
	_ context.Context, request *collectorv1.ExportTraceServiceRequest,
) (*collectorv1.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
	return &collectorv1.ExportTraceServiceResponse{}, nil
}

// startCollector serves a collector until the test ends and returns its URL.
func startCollector(t *testing.T) (*collector, string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, server := &collector{}, grpc.NewServer()
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

// of returns the spans of a trace with a name, in the order in which they came.
func (c *collector) of(trace, name string) []*tracev1.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*tracev1.Span
	for _, span := range c.spans {
		if hex.EncodeToString(span.GetTraceId()) == trace && span.GetName() == name {
			found = append(found, span)
		}
	}
	return found
}

// attribute is that of a span, as text.
func attribute(span *tracev1.Span, key string) string {
	for _, a := range span.GetAttributes() {
		if a.GetKey() == key {
			return fmt.Sprint(a.GetValue().GetStringValue(), a.GetValue().GetIntValue())
		}
	}
	return "none"
}

// TestSpansOfTheServer: from the caller's span over the call and each attempt to the
// receiver's request it is one trace. It tells which delivery it is of, and nothing of a
// customer and no secret (promise P8).
//
//nolint:paralleltest // It sets the environment of the plugin.
func TestSpansOfTheServer(t *testing.T) {
	taken, url := startCollector(t)
	receiver := webhooktest.New(webhooktest.Secret)
	receiver.Script(webhooktest.Status(503))
	s, hook := startWebhook(t, receiver, "127.0.0.0/8", func(c *config.Config) { c.TracesEndpoint = url })
	acme := s.merchant("acme")
	s.webhookTo(acme, hook)
	const trace, caller = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", "00-"+trace+"-"+caller+"-01")
	submitted := order("secret-order", "shop", "DE")
	submitted.Customer = &commercev1.Customer{Name: proto.String("Erika Mustermann")}
	answer, err := s.intake.SubmitOrder(ctx, &apiv1.SubmitOrderRequest{Parent: acme, Order: submitted})
	if err != nil {
		t.Fatal(err)
	}
	s.submitOrder(acme, order("another", "shop", "DE")) // Nobody records it.
	if _, err := s.intake.SubmitOrder(tracedBy(t.Context(), 1), &apiv1.SubmitOrderRequest{
		Parent: acme, Order: order("a third", "shop", "DE"), // Nor this.
	}); err != nil {
		t.Fatal(err)
	}
	s.await("the events", func() error {
		if n := len(receiver.Taken()); n != 3 {
			return fmt.Errorf("%d of 3 events", n)
		}
		return nil
	})
	named, err := s.deliveries.GetDelivery(t.Context(),
		&apiv1.GetDeliveryRequest{Name: answer.GetDeliveries()[0].GetName()})
	if err != nil || named.GetDelivery().GetTraceId() != trace {
		t.Errorf("delivery %v, %v", named, err)
	}
	s.stop() // The last spans are exported.

	calls := taken.of(trace, "spurline.api.v1.IntakeService/SubmitOrder")
	attempts := taken.of(trace, "spurline.attempt")
	if len(calls) != 1 || len(attempts) == 0 || len(taken.spans) != len(calls)+len(attempts) {
		t.Fatalf("%d spans, of them %d calls and %d attempts of the trace", len(taken.spans), len(calls), len(attempts))
	}
	if parent := hex.EncodeToString(calls[0].GetParentSpanId()); parent != caller {
		t.Errorf("the call is a child of %s, not of its caller", parent)
	}
	sent := map[string]int{}
	for _, e := range receiver.Journal() {
		sent[e.Header.Get("traceparent")] = e.Status
	}
	for i, attempt := range attempts {
		at := fmt.Sprintf("00-%s-%x-01", trace, attempt.GetSpanId())
		status, came := sent[at]
		want := map[string]string{
			"spurline.merchant": "acme0", "spurline.connection": "webhook0", "spurline.plugin": "webhook0",
			"spurline.attempt": fmt.Sprint(i + 1), "http.response.status_code": fmt.Sprint(status),
		}
		for key, value := range want {
			if got := attribute(attempt, key); got != value {
				t.Errorf("attempt %d: %s is %s, want %s", i+1, key, got, value)
			}
		}
		if !came || string(attempt.GetParentSpanId()) != string(calls[0].GetSpanId()) ||
			!strings.Contains(named.GetDelivery().GetName(), strings.TrimSuffix(attribute(attempt, "spurline.delivery"), "0")) {
			t.Errorf("attempt %d is %v; the requests have the traceparents %v", i+1, attempt, sent)
		}
	}
	for _, span := range taken.spans {
		for _, private := range []string{"secret-order", "Erika", webhooktest.Secret, "whsec"} {
			if text := span.String(); strings.Contains(text, private) {
				t.Errorf("%q stands in %s", private, text)
			}
		}
	}
}

// TestTracesThatTheServerBegins: where it is asked to, the server begins a trace for what
// has none, and people find it by the delivery.
func TestTracesThatTheServerBegins(t *testing.T) {
	t.Parallel()
	taken, url := startCollector(t)
	s := start(t, func(c *config.Config) { c.TracesEndpoint, c.TracesRatio = url, 1 })
	acme := s.merchant("acme")
	s.connect(acme, "http://127.0.0.1:1") // Nobody is there.
	s.submitTracking(acme, "A-1", parcel(numberOne))
	delivery, err := s.delivery(acme, numberOne)
	if err != nil || len(delivery.GetTraceId()) != 32 {
		t.Fatalf("delivery %v, %v", delivery, err)
	}
	s.await("an attempt", func() error {
		if len(taken.of(delivery.GetTraceId(), "spurline.attempt")) == 0 {
			return fmt.Errorf("none of %s", delivery.GetTraceId())
		}
		return nil
	})
	if n := len(taken.of(delivery.GetTraceId(), "spurline.api.v1.IntakeService/SubmitTracking")); n != 1 {
		t.Errorf("%d spans of the call", n)
	}
	answer, err := s.get("/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(text), "spurline_spans_exported_total") ||
		strings.Contains(string(text), delivery.GetTraceId()) {
		t.Errorf("metrics, %v:\n%s", err, text)
	}
}
