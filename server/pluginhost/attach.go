package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	// attachStart is how long an attached plugin has for its description: it may stand
	// at a breakpoint.
	attachStart = 10 * time.Minute
	// attachWait is the time between two tries to reach one.
	attachWait = time.Second
)

// parseAttachment reads where a plugin is that somebody else runs: the handshake line of
// go-plugin ("1|1|unix|/tmp/plugin1|grpc"), what the kit prints ("grpc:unix:/tmp/plugin1"),
// "unix:/tmp/plugin1", an absolute path, or "127.0.0.1:1234". What is called there is
// trusted without TLS, so it must be on this machine.
func parseAttachment(text string) (network, address string, err error) {
	text = strings.TrimSpace(text)
	if fields := strings.Split(text, "|"); len(fields) > 1 {
		if len(fields) < 5 || fields[1] != fmt.Sprint(pluginv1.ProtocolVersion) || fields[4] != "grpc" {
			return "", "", fmt.Errorf("%q is no handshake line of protocol version %d with gRPC", text, pluginv1.ProtocolVersion)
		}
		if len(fields) > 5 && fields[5] != "" {
			return "", "", errors.New("the plugin wants the one-time TLS of a handshake; start it without PLUGIN_CLIENT_CERT")
		}
		text = fields[2] + ":" + fields[3]
	}
	text = strings.TrimPrefix(text, "grpc:")
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		text = path
	}
	if filepath.IsAbs(text) {
		return "unix", text, nil
	}
	address = strings.TrimPrefix(text, "tcp:")
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "", "", fmt.Errorf("%q is no handshake line, no absolute path of a unix socket and no host:port", text)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", "", fmt.Errorf("%q is not on this machine, and there is no TLS; use a loopback address", address)
	}
	return "tcp", address, nil
}

// startAttached connects to a plugin that somebody else runs and asks for its description.
func (l launch) startAttached(ctx context.Context) (*instance, error) {
	network, address, err := parseAttachment(l.attach)
	if err != nil {
		return nil, refuse(err)
	}
	conn, err := grpc.NewClient("passthrough:///attached", append(dialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}))...)
	if err != nil {
		return nil, err
	}
	i := &instance{name: l.name, runner: l.runner, calls: newGate(), link: newLink(conn)}
	l.runner.attach()
	begun := time.Now()
	if err := i.describe(ctx); err != nil {
		if status.Code(err) == codes.Unavailable {
			err = fmt.Errorf("nobody answers on %s %s; start the plugin there", network, address)
		}
		i.close(0)
		return nil, err
	}
	i.took = time.Since(begun)
	go i.awaitDetach(context.WithoutCancel(ctx), conn)
	return i, nil
}

// awaitDetach tells that the plugin is gone once its connection is.
func (i *instance) awaitDetach(ctx context.Context, conn *grpc.ClientConn) {
	// The end of the use closes the connection, which is a change too.
	for conn.GetState() == connectivity.Ready && conn.WaitForStateChange(ctx, connectivity.Ready) {
	}
	i.runner.current().detach()
}

// attach takes the place of a start: there is a process, but it is not ours.
func (r *pluginRunner) attach() {
	process := &process{attached: true, over: true, exited: make(chan struct{})}
	r.mu.Lock()
	r.process = process
	r.mu.Unlock()
	go func() {
		<-process.exited
		close(r.done)
	}()
}

// detach ends the use of an attached process, and leaves the process alone.
func (p *process) detach() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.detached {
		p.detached = true
		close(p.exited)
	}
}
