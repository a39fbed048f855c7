package pluginhost

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Set in the environment of a test binary that is to be a host by itself: what
// it does, and where the plugins are.
const (
	helperMode = "PLUGINHOST_TEST_HELPER"
	helperDir  = "PLUGINHOST_TEST_DIR"
)

// helper starts this test binary again as a host.
func helper(t *testing.T, mode string, plugins ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	for _, name := range plugins {
		install(t, dir, name)
	}
	// Not t.TempDir, whose path is too long for sockets.
	temp, err := os.MkdirTemp("", "helper-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(deadline(t), self)
	command.Env = append(os.Environ(), helperMode+"="+mode, helperDir+"="+dir, "TMPDIR="+temp)
	command.Stderr = os.Stderr
	return command
}

// helperHost is main of the test binary as a host.
func helperHost() int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	state, err := os.MkdirTemp("", "state-")
	if err == nil {
		switch os.Getenv(helperMode) {
		case "serve":
			err = helperServe(ctx, state)
		case "clean":
			err = helperClean(ctx, state)
		}
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "helper:", err)
		return 1
	}
	return 0
}

// helperServe runs a host until it is killed, and prints the pids of its plugin.
func helperServe(ctx context.Context, state string) error {
	host, err := New(Options{Dirs: []string{os.Getenv(helperDir)}, StateDir: state})
	if err != nil {
		return err
	}
	go func() { _ = host.Run(ctx) }()
	name := host.Plugins()[0].Name
	if err := host.AwaitReady(ctx, name); err != nil {
		return err
	}
	status, _ := host.Plugin(name)
	isolated := ""
	err = host.Isolation().ForwardTracking(ctx, name, batch("1"), func(result *pluginv1.DeliveryResult) {
		isolated = result.GetRemoteId()
	})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(os.Stdout, status.PID, isolated)
	<-ctx.Done()
	return nil
}

// helperClean runs plugins of all tempers, crashes one, stops, and reports what
// is left of them.
func helperClean(ctx context.Context, state string) error {
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	host, err := New(Options{Dirs: []string{os.Getenv(helperDir)}, StateDir: state, Timings: quick()})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- host.Run(running) }()
	for _, status := range host.Plugins() {
		if status.Name == "crashing" {
			continue
		}
		if err := host.AwaitReady(ctx, status.Name); err != nil {
			return err
		}
		_ = host.ForwardTracking(ctx, status.Name, batch("1"), ignore)
	}
	// Of the quiet ones: making the noise twice takes long.
	for _, name := range []string{"good", "stubborn", "forking"} {
		if err := host.Isolation().ForwardTracking(ctx, name, batch("1"), ignore); err != nil {
			return err
		}
	}
	if err := host.ForwardTracking(ctx, "good", batch("die"), ignore); !errors.Is(err, ErrLost) {
		return fmt.Errorf("killed: %w", err)
	}
	if err := host.AwaitReady(ctx, "good"); err != nil {
		return err
	}
	stop()
	if err := <-ended; err != nil {
		return err
	}
	if err := goroutinesLeft(); err != nil {
		return err
	}
	left, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	// The runtime's poller and the signal pipe are opened on first use.
	if extra := len(left) - len(descriptors); extra > 3 {
		return fmt.Errorf("%d file descriptors are left", extra)
	}
	sockets, err := filepath.Glob(filepath.Join(os.TempDir(), "spurline-*"))
	if err != nil || len(sockets) > 0 {
		return fmt.Errorf("sockets are left: %v %w", sockets, err)
	}
	return childrenLeft()
}

func childrenLeft() error {
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		return err
	}
	for _, list := range lists {
		raw, err := os.ReadFile(list)
		if err == nil && strings.TrimSpace(string(raw)) != "" {
			return fmt.Errorf("children are left: %s", raw)
		}
	}
	return nil
}

// watchProcess returns a function that waits for the end of a process that is
// alive now.
func watchProcess(t *testing.T, pid int) (awaitEnd func()) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("process %d: %v", pid, err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return func() {
		t.Helper()
		for end := time.Now().Add(patience); ; {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(time.Until(end).Milliseconds()))
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil || n == 0 {
				t.Fatalf("process %d is still alive (%v)", pid, err)
			}
			return
		}
	}
}

// A host that is killed takes even a plugin along that heeds neither the end of
// stdin nor SIGTERM (promise P7).
func TestKilledHostLeavesNoOrphan(t *testing.T) {
	t.Parallel()
	for _, plugin := range []string{"good", "stubborn"} {
		t.Run(plugin, func(t *testing.T) {
			t.Parallel()
			command := helper(t, "serve", plugin)
			out, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = command.Wait() }()
			defer func() { _ = command.Process.Kill() }()
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			var main, isolated int
			if _, err := fmt.Sscan(line, &main, &isolated); err != nil || main == isolated {
				t.Fatalf("helper said %q", line)
			}
			awaitMain, awaitIsolated := watchProcess(t, main), watchProcess(t, isolated)
			if err := command.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			awaitMain()
			awaitIsolated()
		})
	}
}

// After Run nothing of the plugins is left: no process, zombie, goroutine,
// descriptor or socket (promise P7).
func TestStopLeavesNothing(t *testing.T) {
	t.Parallel()
	command := helper(t, "clean", "good", "stubborn", "forking", "noisy-stdout", "flooding", "hostile-log", "crashing")
	if err := command.Run(); err != nil {
		t.Error(err)
	}
}

func TestGrandchildIsKilled(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*bundle, Status){
		"when the host stops": func(b *bundle, _ Status) { b.stop() },
		"when the plugin dies": func(_ *bundle, status Status) {
			_ = syscall.Kill(status.PID, syscall.SIGKILL)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, []string{"forking"})
			status := b.ready(t, "forking")
			grandchild, err := strconv.Atoi(status.Description.GetTitle())
			if err != nil {
				t.Fatal(err)
			}
			awaitEnd := watchProcess(t, grandchild)
			end(b, status)
			awaitEnd()
		})
	}
}

func TestStubbornPluginIsKilled(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"stubborn"})
	status := b.ready(t, "stubborn")
	awaitEnd := watchProcess(t, status.PID)
	b.stop()
	awaitEnd()
	// Reaped, too: not even a zombie.
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/stat", status.PID)); err == nil {
		t.Errorf("process %d was not reaped", status.PID)
	}
	if status, _ := b.Plugin("stubborn"); status.State != Stopped || status.PID != 0 {
		t.Errorf("status = %+v", status)
	}
}

func TestNoexecStateDirIsNamed(t *testing.T) {
	t.Parallel()
	mount := t.TempDir()
	if err := unix.Mount("tmpfs", mount, "tmpfs", unix.MS_NOEXEC, "size=256m"); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(mount, 0); err != nil {
			t.Error(err)
		}
	})
	b := run(t, []string{"good"}, func(o *Options) { o.StateDir = mount })
	err := b.AwaitReady(deadline(t), "good")
	for _, part := range []string{"exec: permission denied", "noexec", mount} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v does not say %q", err, part)
		}
	}
	b.stop()
}

// The environment is an allow-list, and plugins run in an empty directory
// (promise P8).
func TestPluginSeesNoSecretsOfHost(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"environ"})
	variables := strings.Split(b.ready(t, "environ").Description.GetTitle(), "\n")
	if !slices.Contains(variables, "PATH=/usr/bin:/bin") {
		t.Errorf("PATH is missing in %q", variables)
	}
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		if name == "DATABASE_PASSWORD" || strings.Contains(value, "hunter2") {
			t.Errorf("plugin sees %s", variable)
		}
		if name != "cwd" {
			continue
		}
		if entries, err := os.ReadDir(value); err != nil || len(entries) > 0 {
			t.Errorf("working directory has %v, %v", entries, err)
		}
		socketDir, err := os.Stat(filepath.Dir(value))
		if err != nil || socketDir.Mode().Perm() != 0o700 {
			t.Errorf("socket directory = %v, %v", socketDir, err)
		}
	}
}
