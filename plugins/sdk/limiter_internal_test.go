package sdk

import (
	"strconv"
	"testing"
	"time"
)

// TestGatesAreSwept: accounts that are idle take no memory, and what is known of the
// others is kept.
func TestGatesAreSwept(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	gates := newGates()
	limits := Limits{RequestsPerSecond: 1, Burst: 2}
	of := func(id string) gateKey { return gateKey{account{id: id}, ""} }

	gates.enter(of("in use"), limits, now)
	held := gates.enter(of("held"), limits, now)
	held.hold(now, time.Hour)
	gates.leave(held)
	empty := gates.enter(of("empty"), limits, now)
	empty.rate.AllowN(now, 2)
	gates.leave(empty)
	for i := range 5 * fewGates {
		gates.leave(gates.enter(of(strconv.Itoa(i)), limits, now))
	}
	if n := len(gates.gates); n > fewGates {
		t.Errorf("%d gates are left", n)
	}
	for _, id := range []string{"in use", "held", "empty"} {
		if gates.gates[of(id)] == nil {
			t.Errorf("the gate that is %s is gone", id)
		}
	}
	for i := range 3 * fewGates {
		gates.enter(of("busy "+strconv.Itoa(i)), limits, now)
	}
	if n := len(gates.gates); n < 3*fewGates || gates.sweepAt < n {
		t.Errorf("%d gates, swept at %d: every new one would sweep", n, gates.sweepAt)
	}
}

// TestConcurrencyFollowsAtRest: the slots are counted anew when none is taken.
func TestConcurrencyFollowsAtRest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	gates, key := newGates(), gateKey{account{id: "a"}, ""}
	slots := func(concurrency int) int {
		g := gates.enter(key, Limits{Burst: 1, Concurrency: concurrency}, now)
		defer gates.leave(g)
		return cap(g.slots)
	}
	if n := slots(2); n != 2 {
		t.Errorf("%d slots", n)
	}
	busy := gates.enter(key, Limits{Burst: 1, Concurrency: 3}, now)
	if n := slots(1); n != 3 {
		t.Errorf("%d slots while one is under way, want those it was begun with", n)
	}
	gates.leave(busy)
	if n := slots(1); n != 1 {
		t.Errorf("%d slots at rest", n)
	}
	if n := slots(0); n != 0 {
		t.Errorf("%d slots without a limit", n)
	}
}
