package sdk

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	// pluginKind is the name of the one kind of plugin in go-plugin's set.
	pluginKind = "extra_interface"
	// drainTimeout is how long running deliveries may take after SIGTERM.
	drainTimeout = 5 * time.Second
	// flushTimeout is for results on their way to the host after that.
	flushTimeout = 250 * time.Millisecond
)

// serve serves the plugin until the process has to end.
func (s streams) serve(d *definition) (code int) {
	collectLess()
	logger := slog.New(slog.NewJSONHandler(s.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	slog.SetDefault(logger)
	server := newServer(d, logger, panics{shown: showsPanics(d.description.GetName(), os.Getenv)})
	transport := &transport{}
	guardStdout(s)

	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	orphaned := make(chan struct{})
	go func() {
		defer close(orphaned)
		_, _ = io.Copy(io.Discard, s.stdin)
	}()
	served := make(chan struct{})
	go func() {
		defer close(served)
		goplugin.Serve(&goplugin.ServeConfig{
			HandshakeConfig: goplugin.HandshakeConfig{
				ProtocolVersion:  pluginv1.ProtocolVersion,
				MagicCookieKey:   pluginv1.HandshakeCookieKey,
				MagicCookieValue: pluginv1.HandshakeCookieValue,
			},
			Plugins:    goplugin.PluginSet{pluginKind: &shim{server: server}},
			GRPCServer: transport.make,
			Logger: hclog.New(&hclog.LoggerOptions{
				Name: "go-plugin", Level: hclog.Warn, Output: s.stderr, JSONFormat: true,
			}),
		})
	}()

	select {
	case <-orphaned: // Nobody is there to get a result.
	case <-served:
		server.Close()
		if !transport.made() {
			return exitAlone // No socket; go-plugin logged why.
		}
	case <-terminated:
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		if err := server.Drain(ctx); err != nil {
			logger.Warn("stopped with deliveries under way")
		}
		transport.stop(flushTimeout)
		server.Close()
	}
	return exitOK
}

// shim hands the server to go-plugin.
type shim struct {
	goplugin.NetRPCUnsupportedPlugin
	server *Server
}

var _ goplugin.GRPCPlugin = (*shim)(nil)

// GRPCServer implements goplugin.GRPCPlugin.
//
//nolint:unparam // The library wants an error.
func (s *shim) GRPCServer(_ *goplugin.GRPCBroker, to *grpc.Server) error {
	s.server.Register(to)
	return nil
}

// GRPCClient implements goplugin.GRPCPlugin.
func (*shim) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("a plugin is no host")
}

// transport keeps hold of the gRPC server that go-plugin makes.
type transport struct {
	mu     sync.Mutex
	server *grpc.Server
}

func (t *transport) make(options []grpc.ServerOption) *grpc.Server {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.server = grpc.NewServer(append(options,
		grpc.MaxRecvMsgSize(pluginv1.MaxCallBytes), grpc.MaxSendMsgSize(pluginv1.MaxCallBytes),
		// A call fits in as it is. Windows that adapt measure the link with a ping back
		// for every message, and make a call of 50 records wait for leave to go on.
		grpc.StaticStreamWindowSize(pluginv1.MaxCallBytes), grpc.StaticConnWindowSize(pluginv1.MaxCallBytes))...)
	return t.server
}

// made says whether serving got as far as a gRPC server.
func (t *transport) made() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.server != nil
}

// stop lets what is on its way to the host out, for as long as the timeout.
// go-plugin's own streams never end, so a graceful stop alone would not either.
func (t *transport) stop(timeout time.Duration) {
	t.mu.Lock()
	server := t.server
	t.mu.Unlock()
	if server == nil {
		return
	}
	hard := time.AfterFunc(timeout, server.Stop)
	defer hard.Stop()
	server.GracefulStop()
}
