package pluginhost

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// isolate makes a call in isolation. It returns the pid of the process that
// answered last, 0 if none did.
func (b *bundle) isolate(t *testing.T, name string, ids ...string) (int, error) {
	t.Helper()
	pid := 0
	err := b.Isolation().ForwardTracking(deadline(t), name, batch(ids...), func(result *pluginv1.DeliveryResult) {
		pid, _ = strconv.Atoi(result.GetRemoteId())
	})
	return pid, err
}

// awaitStatus waits until what is told of the plugin is wanted.
func (b *bundle) awaitStatus(t *testing.T, name string, wanted func(Status) bool) {
	t.Helper()
	ctx := deadline(t)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for {
		status, _ := b.Plugin(name)
		if wanted(status) {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("status stays %+v", status)
		}
	}
}

// A crash in isolation costs that call alone: the main process goes on, and so
// does its crash budget (promise P7).
func TestCrashInIsolation(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, func(o *Options) { o.Timings.CrashBudget = 1 })
	before := b.ready(t, "good")
	pid, err := b.isolate(t, "good", "1")
	if err != nil || pid == 0 || pid == before.PID {
		t.Fatalf("isolated call = pid %d (main has %d), %v", pid, before.PID, err)
	}
	if again, err := b.isolate(t, "good", "2"); err != nil || again != pid {
		t.Errorf("next call = pid %d, %v, want pid %d again", again, err, pid)
	}

	for id, want := range map[string]LostError{
		"crash": {Ending: "exit status 9"},
		"die":   {Ending: "signal: killed"},
		"panic": {Ending: "exit status 2", Tail: "panic: poison record\n"},
	} {
		_, err := b.isolate(t, "good", id)
		var lost *LostError
		if !errors.Is(err, ErrLost) || !errors.As(err, &lost) {
			t.Fatalf("%s = %v, want a LostError", id, err)
		}
		if lost.Plugin != "good" || lost.Ending != want.Ending || !strings.HasPrefix(lost.Tail, want.Tail) {
			t.Errorf("%s = %+v, want %+v", id, lost, want)
		}
		if got, err := b.forward(t, "good", "3"); err != nil || len(got) != 1 {
			t.Errorf("main call = %v, %v", got, err)
		}
	}
	b.awaitStatus(t, "good", func(s Status) bool { return s.Isolation == IsolationStatus{Starts: 3, Crashes: 3} })
	after, _ := b.Plugin("good")
	if after.PID != before.PID || after.State != Ready || after.Starts != 1 || after.Crashes != 0 {
		t.Errorf("the main process was hurt: %+v", after)
	}
	if pid, err := b.isolate(t, "good", "4"); err != nil || pid == 0 {
		t.Errorf("call after the crashes = pid %d, %v", pid, err)
	}
}

// After a crash the process shows that it lives without a delivery (promise P7).
func TestCheckConnectionInIsolation(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	if _, err := b.isolate(t, "good", "crash"); !errors.Is(err, ErrLost) {
		t.Fatalf("crash = %v, want ErrLost", err)
	}
	_, err := b.Isolation().CheckConnection(deadline(t), "good", &pluginv1.CheckConnectionRequest{})
	if errors.Is(err, ErrLost) || errors.Is(err, ErrUnavailable) {
		t.Errorf("test of a connection = %v, want that the process lives", err)
	}
	b.awaitStatus(t, "good", func(s Status) bool { return s.Isolation.Starts == 2 && s.Isolation.Crashes == 1 })
	_, err = b.Isolation().CheckConnection(deadline(t), "nobody", &pluginv1.CheckConnectionRequest{})
	if !errors.Is(err, ErrNotInstalled) {
		t.Errorf("test at a plugin that is not there = %v", err)
	}
}

// The error of a call that the main process's end took along tells the panic.
func TestLostMainProcessTellsItsPanic(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	_, err := b.forward(t, "good", "panic")
	var lost *LostError
	if !errors.As(err, &lost) || lost.Ending != "exit status 2" ||
		!strings.HasPrefix(lost.Tail, "panic: poison record\n") || strings.Contains(err.Error(), "poison") {
		t.Errorf("err = %v, %+v", err, lost)
	}
	b.awaitStatus(t, "good", func(s Status) bool { return s.Crashes == 1 })
}

// Calls wait for one another, so that a crash is the doing of one (promise P7).
func TestIsolatedCallsTakeTurns(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good", "good-2"})
	b.ready(t, "good")
	b.ready(t, "good-2")
	var callers sync.WaitGroup
	for n := range 12 {
		callers.Go(func() {
			name, id := []string{"good", "good-2"}[n%2], "1"
			if n%4 == 0 {
				id = "crash"
			}
			_, err := b.isolate(t, name, "1", id)
			if errors.Is(err, ErrLost) != (id == "crash") || id != "crash" && err != nil {
				t.Errorf("%s on %s = %v", id, name, err)
			}
		})
	}
	callers.Wait()

	ctx, cancel := context.WithCancel(deadline(t))
	underWay, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- b.Isolation().ForwardTracking(ctx, "good", batch("1", "hang"), func(*pluginv1.DeliveryResult) {
			close(underWay)
		})
	}()
	<-underWay
	short, done := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer done()
	err := b.Isolation().ForwardTracking(short, "good", batch("2"), func(*pluginv1.DeliveryResult) {
		t.Error("a call ran beside another")
	})
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v, want ErrUnavailable for want of time", err)
	}
	if _, err := b.isolate(t, "good-2", "1"); err != nil {
		t.Errorf("the other plugin waits too: %v", err)
	}
	cancel()
	if err := <-ended; status.Code(err) != codes.Canceled {
		t.Errorf("err = %v, want CANCELED", err)
	}
}

// What a call that ended early may have left running does not see the next call.
func TestIsolationProcessIsNotReusedAfterFailure(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	before := b.ready(t, "good")
	pid, err := b.isolate(t, "good", "1")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"hang", "freeze", "flood", "refuse"} {
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		err := b.Isolation().ForwardTracking(ctx, "good", batch(id), ignore)
		cancel()
		if err == nil || errors.Is(err, ErrLost) {
			t.Errorf("%s = %v", id, err)
		}
		next, err := b.isolate(t, "good", "2")
		if err != nil || next == pid {
			t.Errorf("call after %s = pid %d, %v; before %d", id, next, err, pid)
		}
		pid = next
	}
	after, _ := b.Plugin("good")
	if after.Isolation.Crashes != 0 || after.PID != before.PID {
		t.Errorf("status = %+v", after)
	}
}

func TestIsolationProcessStopsWhenIdle(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, func(o *Options) { o.Timings.IsolationIdle = 10 * time.Millisecond })
	b.ready(t, "good")
	if _, err := b.isolate(t, "good", "1"); err != nil {
		t.Fatal(err)
	}
	b.awaitStatus(t, "good", func(s Status) bool { return s.Isolation == IsolationStatus{Starts: 1} })
	if _, err := b.isolate(t, "good", "2"); err != nil {
		t.Error(err)
	}
}

func TestIsolationProcessDiesIdle(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	pid, err := b.isolate(t, "good", "1")
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	b.awaitStatus(t, "good", func(s Status) bool { return s.Isolation == IsolationStatus{Starts: 1, Crashes: 1} })
	if next, err := b.isolate(t, "good", "2"); err != nil || next == pid {
		t.Errorf("next call = pid %d, %v", next, err)
	}
}

// An isolation process that cannot start is not started over and over, and does
// not touch the main one (promise P7).
func TestIsolationCrashesAtStart(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	b := run(t, []string{"once"}, func(o *Options) {
		o.Environ = []string{"HOME=" + home}
		o.Timings.BackoffFirst, o.Timings.BackoffMost = patience, patience
	})
	before := b.ready(t, "once")
	for range 20 {
		_, err := b.isolate(t, "once", "1")
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "ended before its handshake: exit status 7") {
			t.Fatalf("err = %v, want ErrUnavailable with the reason", err)
		}
	}
	after, _ := b.Plugin("once")
	if after.Isolation != (IsolationStatus{Starts: 1, Crashes: 1}) {
		t.Errorf("isolation = %+v, want one start", after.Isolation)
	}
	if after.PID != before.PID || after.Crashes != 0 || after.State != Ready {
		t.Errorf("the main process was hurt: %+v", after)
	}
}

func TestIsolationStartsAfterBackoff(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	b := run(t, []string{"once"}, func(o *Options) { o.Environ = []string{"HOME=" + home} })
	b.ready(t, "once")
	if _, err := b.isolate(t, "once", "1"); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("err = %v, want ErrUnavailable", err)
	}
	if err := os.Remove(filepath.Join(home, "taken")); err != nil {
		t.Fatal(err)
	}
	ctx := deadline(t)
	for {
		if _, err := b.isolate(t, "once", "1"); err == nil {
			break
		} else if !errors.Is(err, ErrUnavailable) || ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	if status, _ := b.Plugin("once"); status.Isolation.Crashes != 1 || !status.Isolation.Running {
		t.Errorf("status = %+v", status)
	}
}
