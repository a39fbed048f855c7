package pluginhost

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestIsolationNeedsAProvenPlugin(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good", "crashing"}, func(o *Options) { o.Timings.CrashBudget = 1 })
	if _, err := b.isolate(t, "absent", "1"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("absent = %v, want ErrNotInstalled", err)
	}
	if _, err := b.isolate(t, "good", "1"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("before Run = %v, want ErrUnavailable", err)
	}
	b.start(t)
	b.await(t, func(s Status) bool { return s.State == Quarantined })
	if _, err := b.isolate(t, "crashing", "1"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("never ready = %v, want ErrUnavailable", err)
	}
	b.ready(t, "good")
	err := b.Isolation().CopyOrders(deadline(t), "good", &pluginv1.CopyOrdersRequest{}, nil)
	if !errors.Is(err, ErrUnsupported) {
		t.Errorf("copy orders = %v, want ErrUnsupported", err)
	}
	b.stop()
	if _, err := b.isolate(t, "good", "1"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("after stop = %v, want ErrUnavailable", err)
	}
	if status, _ := b.Plugin("good"); status.Isolation != (IsolationStatus{Starts: 1}) {
		t.Errorf("status = %+v", status)
	}
}

// A plugin whose main process is down can still have its suspects tried, with
// the binary it ran last.
func TestIsolationWhileMainIsDown(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, func(o *Options) { o.Timings.CrashBudget = 1 })
	before := b.ready(t, "good")
	_ = os.Remove(filepath.Join(b.dir, binaryPrefix+"good"))
	_ = syscall.Kill(before.PID, syscall.SIGKILL)
	b.await(t, func(s Status) bool { return s.State == Quarantined })
	if pid, err := b.isolate(t, "good", "1"); err != nil || pid == 0 {
		t.Errorf("isolated call = pid %d, %v", pid, err)
	}
}

// The isolation process follows the main one to another binary.
func TestIsolationFollowsTheBinary(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, func(o *Options) {
		o.Timings.CrashBudget = 1
		o.Timings.Quarantine = time.Millisecond
	})
	before := b.ready(t, "good")
	old, err := b.isolate(t, "good", "1")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(b.dir, binaryPrefix+"good")
	other := install(t, t.TempDir(), "good")
	file, err := os.OpenFile(other, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, writing := file.WriteString("another version")
	if err := errors.Join(writing, file.Close(), os.Rename(other, path)); err != nil {
		t.Fatal(err)
	}
	if same, err := b.isolate(t, "good", "1"); err != nil || same != old {
		t.Errorf("before the switch = pid %d, %v, want %d", same, err, old)
	}
	_ = syscall.Kill(before.PID, syscall.SIGKILL)
	b.await(t, func(s Status) bool { return s.State == Ready && s.SHA256 != before.SHA256 })
	if next, err := b.isolate(t, "good", "1"); err != nil || next == old {
		t.Errorf("after the switch = pid %d, %v, want another", next, err)
	}
}

// A call in isolation may end by itself when the host stops; one that does not
// is ended, and nobody is blamed.
func TestStopDuringIsolatedCall(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		drain time.Duration
		lost  bool
	}{
		{name: "drained", drain: patience},
		{name: "ended", drain: 10 * time.Millisecond, lost: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := run(t, []string{"good"}, func(o *Options) { o.Timings.Drain = test.drain })
			b.ready(t, "good")
			pipe := filepath.Join(t.TempDir(), "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			request := batch("1", "hold")
			request.Deliveries[1].Record.OrderId = pipe
			underWay, ended := make(chan struct{}, 2), make(chan error, 1)
			go func() {
				ended <- b.Isolation().ForwardTracking(deadline(t), "good", request, func(*pluginv1.DeliveryResult) {
					underWay <- struct{}{}
				})
			}()
			<-underWay
			stopped := make(chan struct{})
			go func() {
				b.stop()
				close(stopped)
			}()
			if !test.lost {
				b.await(t, func(s Status) bool { return s.State == Draining })
				if _, err := b.isolate(t, "good", "2"); !errors.Is(err, ErrUnavailable) {
					t.Errorf("call while draining = %v, want ErrUnavailable", err)
				}
				release(t, pipe)
			}
			err := <-ended
			if errors.Is(err, ErrLost) != test.lost || !test.lost && err != nil {
				t.Errorf("err = %v, want lost %v", err, test.lost)
			}
			if lost := (*LostError)(nil); errors.As(err, &lost) {
				t.Errorf("the call is blamed: %+v", lost)
			}
			<-stopped
			if status, _ := b.Plugin("good"); status.Isolation != (IsolationStatus{Starts: 1}) {
				t.Errorf("status = %+v", status)
			}
		})
	}
}

func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	for _, id := range []string{"1", "2", "quit", "refuse", "flood", "crash"} {
		_, _ = b.forward(t, "good", id)
	}
	b.await(t, func(s Status) bool { return s.State == Ready && s.Starts == 2 })
	short, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_ = b.ForwardTracking(short, "good", batch("hang"), ignore)
	_ = b.CopyOrders(deadline(t), "good", &pluginv1.CopyOrdersRequest{}, nil)
	_, _ = b.CheckConnection(deadline(t), "good", &pluginv1.CheckConnectionRequest{})
	_, _ = b.isolate(t, "good", "1")
	_, _ = b.isolate(t, "good", "crash")
	b.stop()
	_, _ = b.Preview(deadline(t), "good", &pluginv1.PreviewRequest{})

	status, _ := b.Plugin("good")
	want := []CallCount{
		{MethodCheckConnection, ResultUnsupported, false, 1},
		{MethodCopyOrders, ResultUnsupported, false, 1},
		{MethodForwardTracking, ResultDeadline, false, 1},
		{MethodForwardTracking, ResultError, false, 2},
		{MethodForwardTracking, ResultLost, false, 1},
		{MethodForwardTracking, ResultLost, true, 1},
		{MethodForwardTracking, ResultOK, false, 3},
		{MethodForwardTracking, ResultOK, true, 1},
		{MethodPreview, ResultUnavailable, false, 1},
	}
	if diff := cmp.Diff(want, status.Calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if status.Starts != 2 || status.Crashes != 1 || status.Isolation != (IsolationStatus{Starts: 1, Crashes: 1}) {
		t.Errorf("status = %+v", status)
	}
}
