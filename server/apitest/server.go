package apitest

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/spurline/spurline/server/store/sqlite"
	"github.com/spurline/spurline/server/validation"
)

// Logger returns a logger that says nothing.
func Logger() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Store opens an empty store, with options changed as the test wants, that is
// closed when the test ends.
func Store(t *testing.T, change ...func(*sqlite.Options)) *sqlite.Store {
	t.Helper()
	options := sqlite.Options{Path: filepath.Join(t.TempDir(), "spurline.db"), Logger: Logger()}
	for _, c := range change {
		c(&options)
	}
	kept, err := sqlite.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return kept
}

// Serve serves what register registers until the test ends.
func Serve(t *testing.T, register func(grpc.ServiceRegistrar)) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(validation.Unary()), grpc.ChainStreamInterceptor(validation.Stream()))
	register(server)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	client, err := grpc.NewClient("passthrough:///memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return listener.DialContext(ctx)
		}),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Errorf("close client: %v", err)
		}
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return client
}

// WantError checks the code and the reason of an error, and that its message has
// the parts in it.
func WantError(t *testing.T, err error, code codes.Code, reason string, parts ...string) {
	t.Helper()
	if status.Code(err) != code || Reason(err) != reason {
		t.Errorf("error = %v with reason %q, want %s with %q", err, Reason(err), code, reason)
		return
	}
	for _, part := range parts {
		if !strings.Contains(status.Convert(err).Message(), part) {
			t.Errorf("error = %v, want %q in it", err, part)
		}
	}
}

// WantInvalid checks that an error names exactly one field, and the rule.
func WantInvalid(t *testing.T, err error, field, rule string) {
	t.Helper()
	var violations []*errdetails.BadRequest_FieldViolation
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			violations = bad.GetFieldViolations()
		}
	}
	if status.Code(err) != codes.InvalidArgument || len(violations) != 1 ||
		violations[0].GetField() != field || !strings.Contains(violations[0].GetDescription(), rule) {
		t.Errorf("error = %v with %v, want INVALID_ARGUMENT for field %q and rule %q", err, violations, field, rule)
	}
}

// Reason returns the reason in the ErrorInfo of an error.
func Reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
