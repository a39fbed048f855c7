package pluginhost

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestCrashLoopEndsInQuarantine(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"crashing", "good"}, func(o *Options) {
		o.Timings.CrashBudget = 3
		o.Timings.Quarantine = 10 * time.Millisecond
	})
	quarantined := b.await(t, func(s Status) bool { return s.State == Quarantined })
	if quarantined.Name != "crashing" || quarantined.Starts != 3 {
		t.Errorf("quarantined = %+v", quarantined)
	}
	if !strings.Contains(quarantined.Reason, "exit status 7") {
		t.Errorf("reason = %q", quarantined.Reason)
	}
	if !hasLine(quarantined.LastCrash, "panic: no luck today") {
		t.Errorf("crash report = %q", quarantined.LastCrash)
	}
	// After a while it is tried once more, and goes straight back.
	again := b.await(t, func(s Status) bool { return s.State == Quarantined && s.Starts == 4 })
	if again.Since.Before(quarantined.Since) {
		t.Errorf("again = %+v", again)
	}
	b.ready(t, "good")
	if _, err := b.forward(t, "crashing", "1"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("call = %v, want ErrUnavailable", err)
	}
}

func TestStatesInTurn(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	status := b.ready(t, "good")
	_ = syscall.Kill(status.PID, syscall.SIGKILL)
	b.await(t, func(s Status) bool { return s.State == Ready && s.Starts == 2 })
	b.stop()
	var states []string
	for _, s := range b.history {
		states = append(states, s.State.String())
		if s.Reason == "" || s.Since.IsZero() {
			t.Errorf("change without reason or time: %+v", s)
		}
		if hasProcess := s.State == Ready || s.State == Draining; (s.PID != 0) != hasProcess {
			t.Errorf("%s with pid %d", s.State, s.PID)
		}
	}
	want := "STARTING READY BACKOFF STARTING READY DRAINING STOPPED"
	if got := strings.Join(states, " "); got != want {
		t.Errorf("states = %s, want %s", got, want)
	}
	if lines := strings.Count(b.logs.String(), "plugin changed state"); lines != len(states) {
		t.Errorf("%d lines in the log for %d changes", lines, len(states))
	}
}

// tight are timings of health checks for tests of what hangs.
func tight(o *Options) {
	o.Timings.HealthInterval = 50 * time.Millisecond
	o.Timings.HealthTimeout = 500 * time.Millisecond
	o.Timings.HealthMisses = 2
}

// A process that no longer answers is killed and replaced (promise P7).
func TestHungPluginIsReplaced(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, tight)
	b.ready(t, "good")
	got, err := b.forward(t, "good", "1", "freeze")
	if !errors.Is(err, ErrLost) || len(got) > 1 {
		t.Errorf("forward = %v, %v, want ErrLost", got, err)
	}
	hung := b.await(t, func(s Status) bool { return s.State == Backoff })
	if !strings.Contains(hung.Reason, "hung: 2 health checks in a row failed") {
		t.Errorf("reason = %q", hung.Reason)
	}
	b.ready(t, "good")
}

// What a hung process was doing is in its crash report.
func TestHungPluginLeavesItsStacks(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, tight, func(o *Options) { o.Timings.Kill = patience })
	b.ready(t, "good")
	if _, err := b.forward(t, "good", "wedge"); err != nil {
		t.Fatal(err)
	}
	hung := b.await(t, func(s Status) bool { return s.State == Backoff })
	if !hasLine(hung.LastCrash, "SIGQUIT: quit") {
		t.Errorf("crash report = %q", hung.LastCrash)
	}
}

// A process that answers calls is alive, whatever its health check says.
func TestBusyPluginIsNotHung(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, tight)
	b.ready(t, "good")
	end := time.Now().Add(1500 * time.Millisecond) // More than two checks take.
	for id := "wedge"; time.Now().Before(end); id = "1" {
		if _, err := b.forward(t, "good", id); err != nil {
			t.Fatal(err)
		}
	}
	if status, _ := b.Plugin("good"); status.Starts != 1 {
		t.Errorf("status = %+v", status)
	}
}

// A plugin that cannot be started costs a restart of its own, says why, and
// hurts nobody (promise P7).
func TestFaultyStarts(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"crashing":       "ended before its handshake: exit status 7",
		"chatty-start":   "Welcome to the plugin!",
		"endless-start":  "xxxxxxxx",
		"slow":           "no handshake line on stdout within the start timeout",
		"elsewhere":      "not on a unix socket",
		"uninvited-cert": "describe",
		"without-cert":   "switch AutoMTLS off",
		"misnamed":       `name: is "somebody-else"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, []string{name}, func(o *Options) {
				o.DisableAutoMTLS = []string{"elsewhere", "uninvited-cert"}
				if name == "slow" {
					o.Timings.Start = 100 * time.Millisecond
				}
			})
			status := b.await(t, func(s Status) bool { return s.State == Backoff || s.State == Quarantined })
			if !strings.Contains(status.Reason, want) || len(status.Reason) > 1000 {
				t.Errorf("reason = %q, want %q", status.Reason, want)
			}
		})
	}
}

// Neither what a plugin logs nor how much of it harms the host (promise P7).
func TestNoise(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"hostile-log":  `level=WARN msg="plugin log" plugin=hostile-log pid=`,
		"flooding":     "lines dropped",
		"noisy-stdout": "text=hello",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, []string{name})
			b.ready(t, name)
			if got, err := b.forward(t, name, "1", "2"); err != nil || len(got) != 2 {
				t.Errorf("forward = %v, %v", got, err)
			}
			b.stop()
			if status, _ := b.Plugin(name); status.Starts != 1 {
				t.Errorf("status = %+v", status)
			}
			if !strings.Contains(b.logs.String(), want) {
				t.Errorf("log lacks %q", want)
			}
		})
	}
}

func TestWithoutAutoMTLS(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, func(o *Options) { o.DisableAutoMTLS = []string{"good"} })
	b.ready(t, "good")
	if got, err := b.forward(t, "good", "1"); err != nil || len(got) != 1 {
		t.Errorf("forward = %v, %v", got, err)
	}
}

func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"slow"})
	b.await(t, func(s Status) bool { return s.State == Starting })
	b.stop()
	if status, _ := b.Plugin("slow"); status.State != Stopped {
		t.Errorf("status = %+v", status)
	}
}

func TestAwaitReadyGivesUp(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"})
	if err := b.AwaitReady(deadline(t), "absent"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("absent = %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := b.AwaitReady(ctx, "good"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("host not running = %v", err)
	}
	b.start(t)
	b.ready(t, "good")
	b.stop()
	if err := b.AwaitReady(deadline(t), "good"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("host stopped = %v", err)
	}
	if err := b.Run(context.Background()); err == nil {
		t.Error("Run ran twice")
	}
}
