package pluginhost

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A quarantined plugin tells when it is tried again, and an operator need not wait
// for that.
func TestReleaseFromQuarantine(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	b := run(t, []string{"once"}, func(o *Options) {
		o.Environ = []string{"HOME=" + home}
		o.Timings.CrashBudget = 2
	})
	taken := filepath.Join(home, "taken")
	first := b.ready(t, "once")
	kill(first.PID)
	quarantined := b.await(t, func(s Status) bool { return s.State == Quarantined })
	wait := quarantined.NextStart.Sub(quarantined.Since)
	if wait < 9*time.Minute || wait > 10*time.Minute {
		t.Errorf("next start in %v", wait)
	}
	err := b.Release(deadline(t), "once", "mended")
	if err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("release of a plugin that still crashes = %v", err)
	}
	// It has its whole budget again.
	again := b.await(t, func(s Status) bool { return s.Starts == 3 && s.State != Starting })
	if again.State != Backoff || again.NextStart.IsZero() {
		t.Errorf("again = %+v", again)
	}
	b.await(t, func(s Status) bool { return s.Starts == 4 && s.State == Quarantined })
	if err := os.Remove(taken); err != nil {
		t.Fatal(err)
	}
	if err := b.Release(deadline(t), "once", "mended"); err != nil {
		t.Fatal(err)
	}
	after := b.ready(t, "once")
	if after.Starts != 5 || !after.NextStart.IsZero() || after.Crashes != 4 || after.CrashesBy[CrashStart] != 3 ||
		after.CrashesBy[CrashSignal] != 1 {
		t.Errorf("after = %+v", after)
	}
	if err := b.Release(deadline(t), "once", "nothing to do"); err != nil {
		t.Error(err)
	}
	if err := b.Release(deadline(t), "absent", ""); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("absent = %v", err)
	}
}

// A restart ends the wait, but does not forget the crashes.
func TestRestartFromQuarantine(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"crashing"}, func(o *Options) { o.Timings.CrashBudget = 2 })
	b.await(t, func(s Status) bool { return s.State == Quarantined })
	if err := b.Restart(deadline(t), "crashing", "try again"); err == nil {
		t.Error("a crashing plugin was started")
	}
	b.await(t, func(s Status) bool { return s.State == Quarantined && s.Starts == 3 })
}

// Another binary ends the quarantine of the one before.
func TestUpgradeEndsQuarantine(t *testing.T) {
	t.Parallel()
	b := prepare(t, nil, func(o *Options) { o.Timings.CrashBudget = 2 })
	put(t, b.dir, "good", version{Behaviour: "crashing"})
	b = reopen(t, b)
	b.start(t)
	b.await(t, func(s Status) bool { return s.State == Quarantined })
	put(t, b.dir, "good", numbered("2.0.0"))
	if err := b.Upgrade(deadline(t), "good", "upgrade", false); err != nil {
		t.Fatal(err)
	}
	if after := b.ready(t, "good"); after.Description.GetVersion() != "2.0.0" {
		t.Errorf("after = %+v", after)
	}
}

// An order to a host that does not run, or not any more, does not hang.
func TestOrdersOutsideOfRun(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	b.stop()
	if err := b.Restart(deadline(t), "good", ""); !errors.Is(err, ErrUnavailable) {
		t.Errorf("after the stop = %v", err)
	}
}
