package plugintest

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Host calls one plugin. It is safe for concurrent use, but its methods end the
// test on a failure, so call them from the test's own goroutine; CallTracking
// and Conn are for others.
type Host struct {
	t     testing.TB
	conn  *grpc.ClientConn
	log   *logBuffer
	extra pluginv1.ExtraInterfaceServiceClient

	mu      sync.Mutex
	secrets []string
	last    *pluginv1.Connection
}

// New serves the plugin until the test ends. A wrong declaration ends the test.
func New[S, I any](tb testing.TB, plugin sdk.Plugin[S, I]) *Host {
	tb.Helper()
	log := &logBuffer{}
	server, err := sdk.NewServer(plugin, slog.New(slog.NewJSONHandler(log,
		&slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		tb.Fatal(err)
	}
	server.ShowPanics()
	listener := bufconn.Listen(1 << 20)
	transport := grpc.NewServer(grpc.MaxRecvMsgSize(pluginv1.MaxCallBytes), grpc.MaxSendMsgSize(pluginv1.MaxCallBytes))
	server.Register(transport)
	var serving sync.WaitGroup
	serving.Go(func() { _ = transport.Serve(listener) })
	conn, err := grpc.NewClient("passthrough:///plugin",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(pluginv1.MaxCallBytes), grpc.MaxCallSendMsgSize(pluginv1.MaxCallBytes)))
	if err != nil {
		tb.Fatal(err)
	}
	h := &Host{t: tb, conn: conn, log: log, extra: pluginv1.NewExtraInterfaceServiceClient(conn)}
	tb.Cleanup(func() {
		_ = conn.Close()
		transport.Stop()
		serving.Wait()
		server.Close()
		h.searchLog()
	})
	return h
}

// Conn is the connection to the plugin, for calls that Host has no method for.
func (h *Host) Conn() *grpc.ClientConn { return h.conn }

// Log returns what the plugin logged so far, a JSON object per line.
func (h *Host) Log() string { return h.log.String() }

// callTimeout ends calls of a plugin that hangs.
const callTimeout = time.Minute

func (h *Host) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(h.t.Context(), callTimeout)
}

// logBuffer is what the plugin logs.
type logBuffer struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	return len(p), nil
}

// String implements fmt.Stringer.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}
