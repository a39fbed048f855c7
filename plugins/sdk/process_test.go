package sdk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/spurline/spurline/plugins/sdk/plugintest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestProcess(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "spurline-plugin-printing")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./internal/printing")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	t.Run("by hand", func(t *testing.T) {
		t.Parallel()
		stdout, stderr, code := run(t, exec.CommandContext(t.Context(), binary))
		if code != 1 || stdout != "" || !strings.Contains(stderr, "printing 1.2.3") ||
			!strings.Contains(stderr, "plugin directory") {
			t.Errorf("%d %q %q", code, stdout, stderr)
		}
	})
	t.Run("version", func(t *testing.T) {
		t.Parallel()
		stdout, _, code := run(t, exec.CommandContext(t.Context(), binary, "--version"))
		if code != 0 || stdout != "1.2.3\n" {
			t.Errorf("%d %q", code, stdout)
		}
	})
	t.Run("describe", func(t *testing.T) {
		t.Parallel()
		stdout, _, code := run(t, exec.CommandContext(t.Context(), binary, "--describe"))
		var d pluginv1.Description
		if err := protojson.Unmarshal([]byte(stdout), &d); code != 0 || err != nil || d.GetName() != "printing" {
			t.Errorf("%d %v %q", code, err, stdout)
		}
	})
	t.Run("end of stdin", func(t *testing.T) {
		t.Parallel()
		command := exec.CommandContext(t.Context(), binary)
		command.Env = append(os.Environ(), pluginv1.HandshakeCookieKey+"="+pluginv1.HandshakeCookieValue)
		// Stdin is /dev/null, so it ends at once.
		if _, stderr, code := run(t, command); code != 0 {
			t.Errorf("%d %q", code, stderr)
		}
	})
	t.Run("served and terminated", func(t *testing.T) {
		t.Parallel()
		serveAndTerminate(t, binary)
	})
}

// serveAndTerminate is a host that delivers, and stops the process while a
// delivery is under way, whose result still comes.
func serveAndTerminate(t *testing.T, binary string) {
	t.Helper()
	stdin, lifeline, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = stdin.Close(), lifeline.Close() }()
	// go-plugin's client gives its own stdin to the process, so the shell puts
	// the pipe in its place.
	command := exec.Command("sh", "-c", `exec "$0" <&3`, binary) //nolint:noctx // go-plugin ends it.
	command.ExtraFiles = []*os.File{stdin}
	log := &watchedLog{until: `"id":"1s"`, seen: make(chan struct{})}
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  pluginv1.ProtocolVersion,
			MagicCookieKey:   pluginv1.HandshakeCookieKey,
			MagicCookieValue: pluginv1.HandshakeCookieValue,
		},
		Plugins:          goplugin.PluginSet{"extra_interface": &hostShim{}},
		Cmd:              command,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         true,
		Logger:           hclog.NewNullLogger(),
		Stderr:           log,
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := protocol.Dispense("extra_interface")
	if err != nil {
		t.Fatal(err)
	}
	conn, ok := raw.(*grpc.ClientConn)
	if !ok {
		t.Fatalf("dispensed %T", raw)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stream, err := pluginv1.NewTrackingForwardServiceClient(conn).ForwardTracking(ctx, &pluginv1.ForwardTrackingRequest{
		Connections: []*pluginv1.Connection{{Uid: plugintest.ConnectionUID, Generation: 1}},
		Deliveries:  []*pluginv1.TrackingDelivery{plugintest.Tracking("now", "T"), plugintest.Tracking("1s", "T")},
	})
	if err != nil {
		t.Fatal(err)
	}
	first, err := stream.Recv()
	if err != nil || first.GetResults()[0].GetRemoteId() != "r" {
		t.Fatalf("%v, %v", first, err)
	}
	select {
	case <-log.seen: // It is under way; before that it would not be sent any more.
	case <-ctx.Done():
		t.Fatal("the second delivery does not begin")
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	second, err := stream.Recv()
	if err != nil || second.GetResults()[0].GetRemoteId() != "late" {
		t.Fatalf("after SIGTERM: %v, %v", second, err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("the stream ended with %v", err)
	}
	client.Kill() // Waits for the process and its log.
	checkLog(t, log.String())
}

// watchedLog is what a process logs. It tells when that has a text. The text may be read
// once the process has ended.
type watchedLog struct {
	bytes.Buffer
	until string
	seen  chan struct{}
	once  sync.Once
}

// Write implements io.Writer.
func (l *watchedLog) Write(p []byte) (int, error) {
	n, err := l.Buffer.Write(p)
	if strings.Contains(l.String(), l.until) {
		l.once.Do(func() { close(l.seen) })
	}
	return n, err
}

// checkLog finds the plugin's own line, as JSON.
func checkLog(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		var entry struct{ Msg, Connection, ID string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "delivery" && entry.ID == "now" &&
			entry.Connection == plugintest.ConnectionUID {
			return
		}
	}
	t.Errorf("the delivery is not in the log:\n%s", log)
}

func run(t *testing.T, command *exec.Cmd) (stdout, stderr string, code int) {
	t.Helper()
	var out, log bytes.Buffer
	command.Stdout, command.Stderr = &out, &log
	err := command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.String(), log.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), log.String(), 0
}

type hostShim struct {
	goplugin.NetRPCUnsupportedPlugin
}

// GRPCClient implements goplugin.GRPCPlugin.
func (*hostShim) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}

// GRPCServer implements goplugin.GRPCPlugin.
func (*hostShim) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error { return errors.New("a host") }

// TestDependencies: a plugin's binary has nothing of the server in it.
func TestDependencies(t *testing.T) {
	t.Parallel()
	raw, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.Lines(string(raw)) {
		path = strings.TrimSpace(path)
		for _, refused := range []string{
			"github.com/spurline/spurline/server", "sqlite", "prometheus", "cel-go", "cel.dev", "protovalidate/cel",
			"opentelemetry",
		} {
			if strings.Contains(path, refused) {
				t.Errorf("depends on %s", path)
			}
		}
	}
}
