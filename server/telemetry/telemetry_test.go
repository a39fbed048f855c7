package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/telemetry"
)

const payload = "jane@example.com"

// intake fails in the way the order id says.
type intake struct {
	apiv1.UnimplementedIntakeServiceServer
	log *slog.Logger
}

func (s intake) SubmitOrder(
	ctx context.Context, request *apiv1.SubmitOrderRequest,
) (*apiv1.SubmitOrderResponse, error) {
	s.log.InfoContext(ctx, "seen")
	return &apiv1.SubmitOrderResponse{}, fail(request.GetParent())
}

func (s intake) SubmitStream(stream apiv1.IntakeService_SubmitStreamServer) error {
	request, err := stream.Recv()
	if err != nil {
		return err
	}
	s.log.InfoContext(stream.Context(), "seen")
	return fail(request.GetItems()[0].GetParent())
}

func fail(how string) error {
	switch how {
	case "panic":
		panic(payload)
	case "error":
		return errors.New("disk is gone")
	case "cancelled":
		return fmt.Errorf("read: %w", context.Canceled)
	case "fault":
		return fault.New(codes.NotFound, apiv1.ErrorReason_ERROR_REASON_MERCHANT_NOT_FOUND, "no %s", payload)
	}
	return nil
}

// lines is a log that tests read.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *lines) with(t *testing.T, message string) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []map[string]any
	for line := range strings.Lines(l.text.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		if fields["msg"] == message {
			found = append(found, fields)
		}
	}
	return found
}

func serve(t *testing.T) (*grpc.ClientConn, *lines, *telemetry.Health) {
	t.Helper()
	written := &lines{}
	log := telemetry.NewLogger(written, telemetry.LogOptions{})
	calls := telemetry.NewCalls(log)
	server := grpc.NewServer(grpc.ChainUnaryInterceptor(calls.Unary), grpc.ChainStreamInterceptor(calls.Stream))
	apiv1.RegisterIntakeServiceServer(server, intake{log: log})
	health := telemetry.NewHealth(server)
	listener := bufconn.Listen(1 << 20)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	connection, err := grpc.NewClient("passthrough:///bufconn",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return listener.DialContext(ctx)
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = connection.Close()
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return connection, written, health
}

// submit calls SubmitOrder or SubmitStream and returns the request id and error.
func submit(ctx context.Context, connection *grpc.ClientConn, how string, streamed bool) (string, error) {
	client := apiv1.NewIntakeServiceClient(connection)
	var header metadata.MD
	if !streamed {
		_, err := client.SubmitOrder(ctx, &apiv1.SubmitOrderRequest{Parent: how}, grpc.Header(&header))
		return strings.Join(header.Get(telemetry.RequestIDHeader), ","), err
	}
	stream, err := client.SubmitStream(ctx)
	if err != nil {
		return "", err
	}
	items := []*apiv1.StreamItem{{Parent: how}}
	if err := stream.Send(&apiv1.SubmitStreamRequest{Items: items}); err != nil {
		return "", err
	}
	_, err = stream.Recv()
	header, _ = stream.Header()
	return strings.Join(header.Get(telemetry.RequestIDHeader), ","), err
}

// Promise P8: what a caller sent is in no log line, whatever becomes of the call.
func TestFailedCallsAreLoggedOnceWithoutTheirPayload(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		how    string
		code   codes.Code
		reason any
		cause  string
	}{
		{"fault", codes.NotFound, "MERCHANT_NOT_FOUND", ""},
		{"error", codes.Internal, "INTERNAL", "call met an unexpected error"},
		{"panic", codes.Internal, "INTERNAL", "call panicked"},
		{"cancelled", codes.Canceled, nil, ""},
	} {
		for _, streamed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/streamed=%v", test.how, streamed), func(t *testing.T) {
				t.Parallel()
				connection, written, _ := serve(t)
				ctx := metadata.AppendToOutgoingContext(t.Context(), telemetry.RequestIDHeader, "caller-7")
				id, err := submit(ctx, connection, test.how, streamed)
				if status.Code(err) != test.code || id != "caller-7" {
					t.Errorf("answer %v with request id %q; want %s with caller-7", err, id, test.code)
				}
				if test.cause != "" && !strings.Contains(err.Error(), "caller-7") {
					t.Errorf("%q does not name the request id", err)
				}
				failed := written.with(t, "call failed")
				if len(failed) != 1 || failed[0]["level"] != "WARN" || failed[0]["code"] != test.code.String() ||
					failed[0]["reason"] != test.reason || failed[0]["request_id"] != "caller-7" {
					t.Errorf("logged %v", failed)
				}
				if test.cause != "" && len(written.with(t, test.cause)) != 1 {
					t.Errorf("no line %q", test.cause)
				}
				if strings.Contains(written.text.String(), payload) {
					t.Errorf("the log shows the payload: %s", written.text.String())
				}
			})
		}
	}
}

func TestGoodCallsGetARequestIDAndNoWarning(t *testing.T) {
	t.Parallel()
	connection, written, _ := serve(t)
	for _, sent := range []string{"", "a b", strings.Repeat("x", 129)} {
		ctx := t.Context()
		if sent != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, telemetry.RequestIDHeader, sent)
		}
		id, err := submit(ctx, connection, "well", false)
		if err != nil || len(id) < 20 || id == sent {
			t.Errorf("answer %v with request id %q", err, id)
		}
		seen := written.with(t, "seen")
		if len(seen) == 0 || seen[len(seen)-1]["request_id"] != id {
			t.Errorf("the handler's line %v lacks the request id %q", seen, id)
		}
	}
	if failed := written.with(t, "call failed"); len(failed) != 0 {
		t.Errorf("logged %v", failed)
	}
}

// What is logged during a call names the trace that its caller sent, and an invalid
// traceparent is no reason to refuse a call.
func TestLinesOfACallNameItsTrace(t *testing.T) {
	t.Parallel()
	connection, written, _ := serve(t)
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for sent, want := range map[string]any{
		"00-" + id + "-00f067aa0ba902b7-01": id, "00-" + id + "-00f067aa0ba902b7": nil, "": nil,
	} {
		for _, streamed := range []bool{false, true} {
			ctx := t.Context()
			if sent != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", sent)
			}
			if _, err := submit(ctx, connection, "fault", streamed); status.Code(err) != codes.NotFound {
				t.Errorf("traceparent %q: answer %v", sent, err)
			}
			for _, message := range []string{"seen", "call failed"} {
				lines := written.with(t, message)
				if got := lines[len(lines)-1]["trace_id"]; got != want {
					t.Errorf("traceparent %q, streamed %v: line %q names trace %v, want %v", sent, streamed, message, got, want)
				}
			}
		}
	}
}

func TestFloodOfFailuresDoesNotFloodTheLog(t *testing.T) {
	t.Parallel()
	connection, written, _ := serve(t)
	const calls = 1000
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range calls / 8 {
				_, _ = submit(t.Context(), connection, "fault", false)
			}
		})
	}
	all.Wait()
	if failed := written.with(t, "call failed"); len(failed) < 200 || len(failed) > calls/2 {
		t.Errorf("%d lines for %d failures", len(failed), calls)
	}
}

func TestLoggerKeepsTheRequestIDUnderAttributesAndLevels(t *testing.T) {
	t.Parallel()
	var written bytes.Buffer
	log := telemetry.NewLogger(&written, telemetry.LogOptions{Level: slog.LevelWarn, Format: "text"})
	log.With("part", "intake").Info("left out")
	log.With("part", "intake").Warn("kept")
	if text := written.String(); strings.Contains(text, "left out") || !strings.Contains(text, "part=intake") {
		t.Errorf("logged %q", text)
	}
}

// A duration has its unit in every format, at every depth of a line.
func TestDurationsAreLoggedWithTheirUnit(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"json": `"took":"1.5s","inner":{"wait":"38.327µs"},"n":7}`, "text": "took=1.5s inner.wait=38.327µs n=7",
	} {
		var written bytes.Buffer
		log := telemetry.NewLogger(&written, telemetry.LogOptions{Format: format})
		log.Info("done", "took", 1500*time.Millisecond,
			slog.Group("inner", slog.Duration("wait", 38327*time.Nanosecond)), "n", 7)
		if text := strings.TrimSpace(written.String()); !strings.HasSuffix(text, want) {
			t.Errorf("%s: logged %q, want %q at its end", format, text, want)
		}
	}
}

func TestHealthFollowsTheServer(t *testing.T) {
	t.Parallel()
	connection, _, health := serve(t)
	client := healthpb.NewHealthClient(connection)
	expect := func(want healthpb.HealthCheckResponse_ServingStatus) {
		t.Helper()
		if serving := want == healthpb.HealthCheckResponse_SERVING; health.IsServing() != serving {
			t.Errorf("IsServing is %v; want %s", !serving, want)
		}
		for _, service := range []string{"", "spurline.api.v1.IntakeService"} {
			answer, err := client.Check(t.Context(), &healthpb.HealthCheckRequest{Service: service})
			if err != nil || answer.GetStatus() != want {
				t.Errorf("%q: %v, %v; want %s", service, answer, err, want)
			}
		}
	}
	expect(healthpb.HealthCheckResponse_NOT_SERVING)
	health.Serving()
	expect(healthpb.HealthCheckResponse_SERVING)
	health.NotServing()
	expect(healthpb.HealthCheckResponse_NOT_SERVING)
	health.Drain()
	health.Serving()
	expect(healthpb.HealthCheckResponse_NOT_SERVING)
}
