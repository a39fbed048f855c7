package pluginhost

import (
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	timings := Timings{}.withDefaults()

	t.Run("waits grow and are bounded", func(t *testing.T) {
		t.Parallel()
		b := newBudget(timings)
		for n := range 20 {
			// Far apart, so that the budget is never used up.
			wait, quarantined := b.crashed(now.Add(time.Duration(n)*time.Hour), time.Second)
			if quarantined || wait > time.Minute || wait < timings.BackoffFirst/2 {
				t.Errorf("crash %d: wait %v, quarantined %v", n, wait, quarantined)
			}
			if n >= 10 && wait < 30*time.Second {
				t.Errorf("crash %d: wait %v is too short", n, wait)
			}
		}
		if wait, _ := b.crashed(now.Add(30*time.Hour), time.Minute); wait > time.Second {
			t.Errorf("wait after a stable process = %v", wait)
		}
	})
	t.Run("the fifth crash in the window quarantines", func(t *testing.T) {
		t.Parallel()
		b := newBudget(timings)
		for n := range 5 {
			wait, quarantined := b.crashed(now.Add(time.Duration(n)*time.Minute), 10*time.Second)
			if quarantined != (n == 4) {
				t.Errorf("crash %d: quarantined %v", n+1, quarantined)
			}
			if quarantined && wait != 10*time.Minute {
				t.Errorf("quarantine lasts %v", wait)
			}
		}
		if _, quarantined := b.crashed(now.Add(time.Hour), 10*time.Second); !quarantined {
			t.Error("a failed probe did not go back")
		}
		if _, quarantined := b.crashed(now.Add(2*time.Hour), time.Minute); quarantined {
			t.Error("a stable probe did go back")
		}
	})
	t.Run("crashes leave the window", func(t *testing.T) {
		t.Parallel()
		b := newBudget(timings)
		for n := range 20 {
			if _, quarantined := b.crashed(now.Add(time.Duration(n)*3*time.Minute), 0); quarantined {
				t.Fatalf("crash %d: quarantined", n+1)
			}
		}
	})
}

func TestGate(t *testing.T) {
	t.Parallel()
	g := newGate()
	for range 2 {
		if !g.enter() {
			t.Fatal("open gate is shut")
		}
	}
	empty := g.close()
	if g.enter() {
		t.Error("shut gate is open")
	}
	g.leave()
	select {
	case <-empty:
		t.Error("empty with a call inside")
	default:
	}
	g.leave()
	<-empty
	<-g.close()
}
