package pluginhost

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

func kill(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) }

// reopen makes the host of a bundle anew, to find what is installed now.
func reopen(t *testing.T, b *bundle) *bundle {
	t.Helper()
	host, err := New(b.options)
	if err != nil {
		t.Fatal(err)
	}
	b.Host = host
	return b
}

// The reports of the last crashes tell what an operator needs, newest first.
func TestCrashReports(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, func(o *Options) { o.Timings.CrashBudget = 100 })
	for n, id := range []string{"crash", "panic", "die", "crash", "die", "panic"} {
		b.await(t, func(s Status) bool { return s.State == Ready && s.Starts == n+1 })
		if _, err := b.forward(t, "good", id); !errors.Is(err, ErrLost) {
			t.Fatalf("%s = %v", id, err)
		}
	}
	b.await(t, func(s Status) bool { return s.State == Ready && s.Starts == 7 })
	reports, ok := b.CrashReports("good")
	if !ok || len(reports) != mostReports {
		t.Fatalf("reports = %+v", reports)
	}
	newest := reports[0]
	if newest.Cause != CrashExit || newest.Ending != "exit status 2" || newest.PID == 0 || len(newest.SHA256) != 64 ||
		newest.Version != "1.0.0" || newest.Ready <= 0 || !hasLine(newest.Tail, "panic: poison record") ||
		newest.Reason != "ended by itself: exit status 2" || newest.Time.Before(reports[1].Time) {
		t.Errorf("newest = %+v", newest)
	}
	if reports[1].Cause != CrashSignal || reports[1].Ending != "signal: killed" {
		t.Errorf("the one before = %+v", reports[1])
	}
	status, _ := b.Plugin("good")
	if status.Crashes != 6 || status.CrashesBy[CrashExit] != 4 || status.CrashesBy[CrashSignal] != 2 {
		t.Errorf("crashes = %d, %v", status.Crashes, status.CrashesBy)
	}
	if _, err := b.isolate(t, "good", "crash"); !errors.Is(err, ErrLost) {
		t.Fatal(err)
	}
	b.awaitStatus(t, "good", func(s Status) bool { return s.IsolatedCrashesBy[CrashExit] == 1 })
	if reports, _ := b.CrashReports("good"); !reports[0].Isolated || reports[0].Ending != "exit status 9" {
		t.Errorf("isolated = %+v", reports[0])
	}
	if _, ok := b.CrashReports("absent"); ok {
		t.Error("a plugin that is not installed has reports")
	}
}

// Three health checks in a row without an answer end a process; the stacks of all
// its goroutines are kept.
func TestHungPluginReport(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"}, tight, func(o *Options) {
		o.Timings.Kill, o.Timings.HealthMisses = patience, 3
	})
	b.ready(t, "good")
	if _, err := b.forward(t, "good", "wedge"); err != nil {
		t.Fatal(err)
	}
	b.await(t, func(s Status) bool { return s.State == Ready && s.Starts == 2 })
	reports, _ := b.CrashReports("good")
	if len(reports) != 1 || reports[0].Cause != CrashHung ||
		!strings.HasPrefix(reports[0].Reason, "hung: 3 health checks") {
		t.Fatalf("reports = %+v", reports)
	}
	dump := strings.Join(reports[0].Dump, "\n")
	if !strings.HasPrefix(dump, "SIGQUIT: quit") || strings.Count(dump, "goroutine ") < 3 ||
		!strings.Contains(dump, "main.(*service).wedge") {
		t.Errorf("dump = %.3000s", dump)
	}
}

// A dump is bounded, whatever the process writes.
func TestDumpIsBounded(t *testing.T) {
	t.Parallel()
	pump := newLogPump(discard(), newLineLog(), 1)
	pump.take("stderr", []byte("before"))
	pump.beginDump()
	pump.take("stderr", []byte("noise"))
	pump.take("stderr", []byte("SIGQUIT: quit"))
	for range 1000 {
		pump.take("stderr", []byte(strings.Repeat("x", 1000)))
	}
	dump := pump.dump()
	size := 0
	for _, line := range dump {
		size += len(line)
	}
	if dump[0] != "SIGQUIT: quit" || size > mostDump || size < mostDump/2 {
		t.Errorf("dump begins with %.100q and has %d bytes", dump[0], size)
	}
}

// A process that floods while it hangs has its stacks kept, and none from before.
func TestDumpOfAFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pump := newLogPump(discard(), newLineLog(), 1)
		flood := func(line string) {
			for range 2 * mostDump / 100 {
				pump.take("stderr", []byte(line+strings.Repeat("x", 100)))
			}
		}
		flood("panic: recovered")
		pump.beginDump()
		flood("noise")
		if kept, _ := pump.lines.after(0); kept[len(kept)-1].Number > 2*mostDump/100 {
			t.Errorf("line %d was looked through", kept[len(kept)-1].Number)
		}
		pump.take("stderr", []byte("SIGQUIT: quit"))
		for range 1000 {
			pump.take("stderr", []byte("goroutine 1 [select]:"))
		}
		if dump := pump.dump(); len(dump) != 1001 || dump[0] != "SIGQUIT: quit" {
			t.Errorf("dump = %d lines, %.100s", len(dump), strings.Join(dump, "\n"))
		}
	})
}

// alive says whether there is a process of that number.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
