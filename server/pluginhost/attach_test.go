package pluginhost

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// developer runs a plugin by hand, and returns how to end it.
func developer(t *testing.T, name, socket string) (end func()) {
	t.Helper()
	command := exec.CommandContext(context.Background(), install(t, t.TempDir(), name), "attach", socket)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() {
		if !ended {
			ended = true
			_ = command.Process.Kill()
			_ = command.Wait()
		}
	}
	t.Cleanup(end)
	return end
}

// A plugin that a developer runs takes calls, survives the host, and may come and go.
func TestAttach(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "attach-") // Shorter than t.TempDir, for the socket.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	b := prepare(t, []string{"good-2"}, tight, func(o *Options) {
		o.Attach = map[string]string{"good": fmt.Sprintf("1|1|unix|%s|grpc|", socket)}
		o.MemoryLimit = 1 << 20 // For those that the host runs itself.
		o.MemoryLimits = map[string]int64{"good-2": 0}
	})
	b.start(t)
	waiting := b.await(t, func(s Status) bool { return s.Name == "good" && s.State == Backoff })
	if !strings.Contains(waiting.Reason, "nobody answers on unix "+socket) {
		t.Errorf("reason = %q", waiting.Reason)
	}
	for n := range 2 {
		end := developer(t, "good", socket)
		b.ready(t, "good")
		if got, err := b.forward(t, "good", "1"); err != nil || len(got) != 1 {
			t.Errorf("forward = %v, %v", got, err)
		}
		// It stands at a breakpoint for longer than health checks would allow.
		if _, err := b.forward(t, "good", "wedge"); err != nil {
			t.Error(err)
		}
		b.ready(t, "good-2")
		if _, err := b.forward(t, "good-2", "wedge"); err != nil {
			t.Error(err)
		}
		b.awaitStatus(t, "good-2", func(s Status) bool { return s.CrashesBy[CrashHung] == n+1 })
		if status, _ := b.Plugin("good"); status.State != Ready || status.PID != 0 || status.SHA256 != "" {
			t.Errorf("status = %+v", status)
		}
		if err := b.Restart(deadline(t), "good", "connect again"); err != nil {
			t.Error(err)
		}
		if got, err := b.forward(t, "good", "1"); err != nil || len(got) != 1 {
			t.Errorf("forward after the restart = %v, %v", got, err)
		}
		if done, err := b.Reload(deadline(t)); err != nil || len(done) != 0 {
			t.Errorf("reload = %v, %v", done, err)
		}
		end()
		_ = os.Remove(socket)
		b.awaitStatus(t, "good", func(s Status) bool { return s.State == Backoff })
	}
	end := developer(t, "good", socket)
	b.ready(t, "good")
	b.stop()
	if status, _ := b.Plugin("good"); status.State != Stopped {
		t.Errorf("status = %+v", status)
	}
	if _, err := os.Stat(socket); err != nil {
		t.Errorf("the developer's plugin was ended: %v", err)
	}
	end()
}

func TestParseAttachment(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1|1|unix|/tmp/p|grpc":          "unix /tmp/p",
		"1|1|tcp|127.0.0.1:7|grpc|":     "tcp 127.0.0.1:7",
		"grpc:unix:/tmp/p":              "unix /tmp/p",
		"grpc:tcp:[::1]:7":              "tcp [::1]:7",
		"unix:/tmp/p":                   "unix /tmp/p",
		"/tmp/p":                        "unix /tmp/p",
		"localhost:7":                   "tcp localhost:7",
		"1|2|unix|/tmp/p|grpc":          "handshake line",
		"1|1|unix|/tmp/p|netrpc":        "handshake line",
		"1|1|unix|/tmp/p|grpc|MIIBcert": "PLUGIN_CLIENT_CERT",
		"192.0.2.1:7":                   "not on this machine",
		"example.com:7":                 "not on this machine",
		"p":                             "no host:port",
		"":                              "no host:port",
	} {
		network, address, err := parseAttachment(text)
		got := network + " " + address
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q = %s, want %s", text, got, want)
		}
	}
	_, err := New(Options{
		Dirs: []string{t.TempDir()}, StateDir: t.TempDir(), Attach: map[string]string{"x": "192.0.2.1:7"},
	})
	if err == nil || !strings.Contains(err.Error(), "attach x") {
		t.Errorf("New = %v", err)
	}
}
