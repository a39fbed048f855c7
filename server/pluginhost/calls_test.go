package pluginhost

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func ignore(*pluginv1.DeliveryResult) {}

// A process that is killed in the middle of a call loses that call, not the
// results before, and not the plugin (promise P7).
func TestKilledPluginLosesOnlyTheCall(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good", "good-2"})
	before := b.ready(t, "good")
	other := b.ready(t, "good-2")

	var got []string
	err := b.ForwardTracking(deadline(t), "good", batch("1", "hang"), func(result *pluginv1.DeliveryResult) {
		got = append(got, result.GetDeliveryId())
		_ = syscall.Kill(before.PID, syscall.SIGKILL)
	})
	if !errors.Is(err, ErrLost) || errors.Is(err, ErrUnavailable) {
		t.Errorf("err = %v, want ErrLost", err)
	}
	if len(got) != 1 || got[0] != "1" {
		t.Errorf("results = %v", got)
	}

	after := b.ready(t, "good")
	if after.PID == before.PID || after.Starts != 2 {
		t.Errorf("after = %+v", after)
	}
	if got, err := b.forward(t, "good", "1", "2"); err != nil || len(got) != 2 {
		t.Errorf("next call = %v, %v", got, err)
	}
	if now, _ := b.Plugin("good-2"); now.PID != other.PID || now.Starts != 1 {
		t.Errorf("the other plugin was restarted: %+v", now)
	}
}

func TestEndsOfCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		id   string
		lost bool
	}{
		{id: "crash", lost: true},
		{id: "die", lost: true},
		{id: "panic", lost: true},
		{id: "refuse"},
		{id: "hang"},
	} {
		t.Run(test.id, func(t *testing.T) {
			t.Parallel()
			b := run(t, []string{"good"})
			b.ready(t, "good")
			ctx, cancel := context.WithCancel(deadline(t))
			defer cancel()
			count := 0
			err := b.ForwardTracking(ctx, "good", batch("1", test.id, "3"), func(*pluginv1.DeliveryResult) {
				count++
				if test.id == "hang" {
					cancel()
				}
			})
			if err == nil || errors.Is(err, ErrLost) != test.lost || errors.Is(err, ErrUnavailable) {
				t.Errorf("err = %v, want lost %v", err, test.lost)
			}
			// What a process has sent may die with it.
			if count > 1 || count == 0 && !test.lost {
				t.Errorf("results = %d, want 1", count)
			}
			b.ready(t, "good")
			if got, err := b.forward(t, "good", "4"); err != nil || len(got) != 1 {
				t.Errorf("next call = %v, %v", got, err)
			}
		})
	}
}

func TestPanicIsInCrashReport(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	_, err := b.forward(t, "good", "panic")
	if !errors.Is(err, ErrLost) {
		t.Errorf("err = %v, want ErrLost", err)
	}
	crashed := b.await(t, func(s Status) bool { return s.State == Backoff })
	if !hasLine(crashed.LastCrash, "panic: poison record") {
		t.Errorf("crash report = %q", crashed.LastCrash)
	}
}

func hasLine(lines []string, part string) bool {
	for _, line := range lines {
		if line == part {
			return true
		}
	}
	return false
}

func TestDeadlineOfCaller(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := b.ForwardTracking(ctx, "good", batch("hang"), ignore)
	if status.Code(err) != codes.DeadlineExceeded || errors.Is(err, ErrLost) {
		t.Errorf("err = %v, want DEADLINE_EXCEEDED", err)
	}
}

func TestParallelCalls(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good", "good-2"})
	b.ready(t, "good")
	b.ready(t, "good-2")
	var callers sync.WaitGroup
	for caller := range 32 {
		callers.Go(func() {
			for n := range 20 {
				want := strconv.Itoa(caller*100 + n)
				got, err := b.forward(t, []string{"good", "good-2"}[n%2], want, want)
				if err != nil || len(got) != 2 || got[0] != want {
					t.Errorf("forward %s = %v, %v", want, got, err)
				}
			}
		})
	}
	callers.Wait()
}

func TestLargestCall(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	request := batch("1")
	request.Deliveries[0].Record.ShipmentId = string(make([]byte, pluginv1.MaxCallBytes-1024))
	size := 0
	err := b.ForwardTracking(deadline(t), "good", request, func(result *pluginv1.DeliveryResult) {
		size = len(result.GetResponseExcerpt())
	})
	if err != nil || size != pluginv1.MaxCallBytes-1024 {
		t.Errorf("size = %d, %v", size, err)
	}
	request.Deliveries[0].Record.ShipmentId = string(make([]byte, pluginv1.MaxCallBytes))
	err = b.ForwardTracking(deadline(t), "good", request, ignore)
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("too large = %v, want RESOURCE_EXHAUSTED", err)
	}
}

// Running calls end by themselves when the host stops; new ones are refused.
func TestDrain(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	request := batch("1", "hold")
	request.Deliveries[1].Record.OrderId = pipe

	underWay, ended := make(chan struct{}, 2), make(chan error, 1)
	go func() {
		ended <- b.ForwardTracking(deadline(t), "good", request, func(*pluginv1.DeliveryResult) {
			underWay <- struct{}{}
		})
	}()
	<-underWay
	stopped := make(chan struct{})
	go func() {
		b.stop()
		close(stopped)
	}()
	b.await(t, func(s Status) bool { return s.State == Draining })
	if _, err := b.forward(t, "good", "2"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("call while draining = %v, want ErrUnavailable", err)
	}
	release(t, pipe)
	if err := <-ended; err != nil || len(underWay) != 1 {
		t.Errorf("drained call = %v with %d more results", err, len(underWay))
	}
	<-stopped
}

// release lets a held delivery go on.
func release(t *testing.T, pipe string) {
	t.Helper()
	fd, err := syscall.Open(pipe, syscall.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Close(fd)
}

func TestDrainEndsInTime(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, func(o *Options) { o.Timings.Drain = 10 * time.Millisecond })
	b.ready(t, "good")
	underWay, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- b.ForwardTracking(deadline(t), "good", batch("1", "hang"), func(*pluginv1.DeliveryResult) {
			close(underWay)
		})
	}()
	<-underWay
	b.stop()
	if err := <-ended; !errors.Is(err, ErrLost) {
		t.Errorf("err = %v, want ErrLost", err)
	}
}
