package sdk

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
)

// healthName is what go-plugin's hosts ask the health service for.
const healthName = "plugin"

// attach serves a host that did not start the process, so that a debugger can, until
// the context ends. It prints what that host needs. There is no TLS and no handshake:
// whoever reaches the address can call it, so it is a socket of the user's own or on
// loopback.
func (s streams) attach(ctx context.Context, d *definition, a *arguments) error {
	address := a.String("listen", "", "`HOST:PORT` on loopback; port 0 picks a free one (default: a socket of its own)")
	if err := a.parse(); err != nil {
		return err
	}
	listener, remove, err := listen(ctx, d.description.GetName(), *address)
	if err != nil {
		return err
	}
	defer remove()
	server := s.byHand(d)
	defer server.Close()
	transport := &transport{}
	to := transport.make(nil)
	server.Register(to)
	healthy := health.NewServer()
	healthy.SetServingStatus(healthName, healthv1.HealthCheckResponse_SERVING)
	healthv1.RegisterHealthServer(to, healthy)
	reflection.Register(to)

	at := listener.Addr()
	_, _ = fmt.Fprintf(s.stdout, "%s %s serves until Ctrl-C. Attach a server to it, for development only:\n\n"+
		"  spurline serve --development --dev-attach %s\n\n", d.description.GetName(), d.description.GetVersion(),
		attachment(d.description.GetName(), at))
	stopped := context.AfterFunc(ctx, func() {
		draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		_ = server.Drain(draining)
		transport.stop(flushTimeout)
	})
	defer stopped()
	if err := to.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve on %s: %w", at, err)
	}
	return nil
}

// attachment is how a host is told of a plugin that it did not start: the plugin's
// name, the protocol, the network and the address.
func attachment(name string, at net.Addr) string {
	return fmt.Sprintf("%s=grpc:%s:%s", name, at.Network(), at.String())
}

// listen is on loopback, or on a socket that only the user reaches.
func listen(ctx context.Context, name, address string) (listener net.Listener, remove func(), err error) {
	var config net.ListenConfig
	if address != "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, nil, fmt.Errorf("listen: %q is no HOST:PORT", address)
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, nil, fmt.Errorf("listen: %q is not on loopback, and what is served has no protection", address)
		}
		listener, err = config.Listen(ctx, "tcp", address)
		return listener, func() {}, err
	}
	dir, err := os.MkdirTemp("", "spurline-"+name+"-")
	if err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) }
	if listener, err = config.Listen(ctx, "unix", filepath.Join(dir, "plugin.sock")); err != nil {
		remove()
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	return listener, remove, nil
}
