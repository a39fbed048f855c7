package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// pluginKind is the name of our one kind of plugin in go-plugin's set.
const pluginKind = "extra_interface"

// mostFaults bytes are told of what is wrong with a description, which quotes it.
const mostFaults = 4 << 10

// launch describes a process to start.
type launch struct {
	name    string
	runner  *pluginRunner
	base    string // Where its scratch directory is made.
	mtls    bool
	timings Timings
	// attach is where the plugin is, if somebody else runs it.
	attach string
}

// start executes the binary, shakes hands, connects and asks for the
// description, all before ctx ends. If it fails, the process is gone and its
// scratch directory is removed; the runner still has the tail of its log.
func (l launch) start(ctx context.Context) (*instance, error) {
	if l.attach != "" {
		return l.startAttached(ctx)
	}
	scratch, err := l.makeScratch()
	if err != nil {
		return nil, fmt.Errorf("make scratch directory: %w", err)
	}
	i := &instance{name: l.name, runner: l.runner, scratch: scratch, calls: newGate()}
	// go-plugin's own waits do not end with a context, but with the process.
	stop := context.AfterFunc(ctx, l.runner.abort)
	defer stop()
	begun := time.Now()

	err = i.connect(l)
	if err == nil {
		err = i.describe(ctx)
	}
	if err == nil && !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		err = i.explain(ctx, err)
		i.close(0)
		return nil, l.runner.autopsy(CrashStart, err)
	}
	i.took = time.Since(begun)
	return i, nil
}

// makeScratch makes the directory of one process, with its socket, which only
// the host's user can enter, and in it the one where it runs, which stays empty.
func (l launch) makeScratch() (string, error) {
	// Paths of unix sockets are short, so this one is too.
	scratch, err := os.MkdirTemp(l.base, "")
	if err != nil {
		return "", err
	}
	l.runner.dir = filepath.Join(scratch, "empty")
	return scratch, os.Mkdir(l.runner.dir, 0o500)
}

func (i *instance) connect(l launch) error {
	i.plugin = goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  pluginv1.ProtocolVersion,
			MagicCookieKey:   pluginv1.HandshakeCookieKey,
			MagicCookieValue: pluginv1.HandshakeCookieValue,
		},
		Plugins:          goplugin.PluginSet{pluginKind: &shim{}},
		RunnerFunc:       l.runner.prepare,
		SkipHostEnv:      true,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         l.mtls,
		// Later than ours, so that ours is the one that decides.
		StartTimeout:     2 * l.timings.Start,
		Logger:           hclog.NewNullLogger(),
		SyncStdout:       l.runner.synced("stdout"),
		SyncStderr:       l.runner.synced("stderr"),
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: i.scratch},
		GRPCDialOptions:  dialOptions(),
	})
	if _, err := i.plugin.Start(); err != nil {
		return err
	}
	if _, certificate := l.runner.shakenHands(); l.mtls && !certificate {
		return refuse(errors.New("it does not offer the one-time TLS of the handshake; " +
			"switch AutoMTLS off for it if its language cannot do that: name it in plugin_without_tls"))
	}
	protocol, err := i.plugin.Client()
	if err != nil {
		return err
	}
	raw, err := protocol.Dispense(pluginKind)
	if err != nil {
		return err
	}
	conn, ok := raw.(*grpc.ClientConn)
	if !ok {
		return fmt.Errorf("dispensed %T instead of a connection", raw)
	}
	i.link = newLink(conn)
	return nil
}

func (i *instance) describe(ctx context.Context) error {
	response, err := i.link.extra.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return fmt.Errorf("describe: %w", i.bounded(err))
	}
	i.answered()
	if err := pluginv1.ValidateDescription(i.name, response.GetDescription()); err != nil {
		return refuse(fmt.Errorf("its description is invalid: %s", cut(clean([]byte(err.Error())), mostFaults)))
	}
	i.description = response.GetDescription()
	return nil
}

// explain says why a start failed in the operator's words. go-plugin knows
// neither the exit status nor our deadline.
func (i *instance) explain(ctx context.Context, err error) error {
	if errors.Is(err, ErrRefused) {
		return err
	}
	line, _ := i.runner.shakenHands()
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		if line == "" {
			return errors.New("no handshake line on stdout within the start timeout")
		}
		return errors.New("no description within the start timeout")
	}
	if process := i.runner.current(); process != nil {
		if line == "" && process.gone() {
			return fmt.Errorf("ended before its handshake: %s", process.ending())
		}
		if status.Code(err) == codes.Unavailable && process.exitsWithin(afterExit) {
			return fmt.Errorf("ended before its description: %s", process.ending())
		}
	}
	return errors.New(cut(clean([]byte(err.Error())), 500))
}

// shim hands out the connection; the contracts are more than one service.
type shim struct {
	goplugin.NetRPCUnsupportedPlugin
}

var _ goplugin.GRPCPlugin = (*shim)(nil)

// GRPCClient implements goplugin.GRPCPlugin.
func (*shim) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}

// GRPCServer implements goplugin.GRPCPlugin. The host serves nothing.
func (*shim) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error {
	return errors.New("the host is no plugin")
}
