package dispatch

import (
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

func testAccount() *account {
	return newAccount(&pluginv1.PaceHints{RequestsPerSecond: 10, Burst: 4, Concurrency: 3}, testNow, false)
}

func TestAccountKeepsConcurrency(t *testing.T) {
	t.Parallel()
	a := testAccount()
	if room, _ := a.room(testNow); room != 3 {
		t.Fatalf("room of an idle account: got %d, want its concurrency 3", room)
	}
	a.promise(2)
	if room, _ := a.room(testNow); room != 1 {
		t.Errorf("room beside a fetch of 2: got %d, want 1", room)
	}
	a.keep(testNow, 2, 1, 1)
	if room, _ := a.room(testNow); room != 2 {
		t.Errorf("room with one under way: got %d, want 2", room)
	}
	a.promise(2)
	a.keep(testNow, 2, 2, 2)
	if room, again := a.room(testNow); room != 0 || !again.IsZero() {
		t.Errorf("a full account waits for what is under way, got room %d again %s", room, again)
	}
}

func TestAccountKeepsPace(t *testing.T) {
	t.Parallel()
	a := testAccount()
	sent := 0
	at := testNow
	for at.Before(testNow.Add(2 * time.Second)) {
		room, again := a.room(at)
		if room == 0 {
			at = again
			continue
		}
		a.promise(room)
		a.keep(at, room, room, room)
		sent += room
		for range room {
			a.done(true)
		}
	}
	if sent < 22 || sent > 24 { // burst 4 and 10/s for 2 s
		t.Errorf("sent %d in 2 s, want 4 + 2×10", sent)
	}
}

func TestAccountThrottledOncePerWindow(t *testing.T) {
	t.Parallel()
	a := newAccount(&pluginv1.PaceHints{RequestsPerSecond: 100, Burst: 100, Concurrency: 8}, testNow, false)
	until := testNow.Add(time.Minute)
	for range 5 {
		a.throttle(testNow, until, testNow.Add(-time.Second))
	}
	if a.allowed != 4 {
		t.Errorf("concurrency after five answers of one window: got %d, want 4", a.allowed)
	}
	if room, again := a.room(testNow); room != 0 || !again.Equal(until) {
		t.Errorf("got room %d again %s, want none until %s", room, again, until)
	}
	a.throttle(testNow, testNow.Add(time.Second), testNow.Add(-time.Minute))
	if !a.notBefore.Equal(until) {
		t.Errorf("a shorter throttle must not end a longer one")
	}
	a.throttle(testNow.Add(time.Hour), until, testNow.Add(time.Minute))
	if a.allowed != 2 {
		t.Errorf("concurrency after the answer of another window: got %d, want 2", a.allowed)
	}
	for range 10 {
		a.underWay++
		a.done(true)
	}
	if room, _ := a.room(until); room != 8 {
		t.Errorf("what arrives lets the concurrency grow back, got room %d, want 8", room)
	}
}

// TestTurnIsBoundedByBytes: large orders take several turns, and one that is
// larger than a turn still goes.
func TestTurnIsBoundedByBytes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sizes []int
		want  int
	}{
		"nothing":         {nil, 0},
		"small ones":      {[]int{1000, 1000, 1000}, 3},
		"large ones":      {[]int{200 << 10, 200 << 10, 200 << 10, 1}, 2},
		"one that is too": {[]int{9 << 20, 1}, 1},
	} {
		var due []store.DueDelivery
		for _, size := range test.sizes {
			due = append(due, store.DueDelivery{Size: size})
		}
		if got, _ := withinBytes(due, laneQuantumBytes); len(got) != test.want {
			t.Errorf("%s: %d go, want %d", name, len(got), test.want)
		}
	}
}

// TestLargeRecordIsPaidForWithTurns: bytes are shared, not only turns (promise P5).
func TestLargeRecordIsPaidForWithTurns(t *testing.T) {
	t.Parallel()
	l := newLane(1)
	if !l.earn() || l.credit != laneQuantumBytes {
		t.Fatalf("a new lane has credit %d", l.credit)
	}
	l.credit -= 4 * laneQuantumBytes
	turns := 1
	for !l.earn() {
		turns++
	}
	if turns != 4 {
		t.Errorf("a record of four turns' bytes is followed by a turn after %d, want 4", turns)
	}
	for range 10 {
		l.earn()
	}
	if l.credit != laneQuantumBytes {
		t.Errorf("a lane that waits saves up credit: %d", l.credit)
	}
}

// TestAccountFollowsItsPlugin: another version of the plugin may ask for another pace,
// and a process that has just started has no burst to spend.
func TestAccountFollowsItsPlugin(t *testing.T) {
	t.Parallel()
	a := newAccount(&pluginv1.PaceHints{RequestsPerSecond: 10, Burst: 5, Concurrency: 8}, testNow, true)
	if room, again := a.room(testNow); room != 0 || again.Sub(testNow) > time.Second {
		t.Errorf("right after the start: room %d, again %s", room, again)
	}
	a.follow(&pluginv1.PaceHints{RequestsPerSecond: 100, Burst: 50, Concurrency: 40}, testNow)
	if room, _ := a.room(testNow.Add(time.Second)); room != 40 {
		t.Errorf("room at the new pace is %d, want 40", room)
	}
	a.follow(&pluginv1.PaceHints{RequestsPerSecond: 100, Burst: 50, Concurrency: 4}, testNow)
	if room, _ := a.room(testNow.Add(time.Second)); room != 4 {
		t.Errorf("room at the lower concurrency is %d, want 4", room)
	}
}
