package dispatch

import (
	"testing"

	"github.com/spurline/spurline/server/store"
)

// TestManyWaitForTheirPlugin: when it has room again, a round's lanes are looked at, in
// the order in which they came, and not all of a hundred thousand each time (promise P5).
func TestManyWaitForTheirPlugin(t *testing.T) {
	t.Parallel()
	l := newLoop(New(Options{}))
	load := l.load("scripted")
	const waiting = 1000
	for key := range int64(waiting) {
		lane := l.lane(key + 1)
		lane.connection = &store.Connection{Key: key + 1, Plugin: "scripted"}
		load.wait(lane)
		load.wait(lane)
	}
	l.releaseWaiting(load)
	if len(l.later) != lanesPerRound || len(load.waiting) != waiting-lanesPerRound ||
		load.waiting[0].key != lanesPerRound+1 {
		t.Errorf("%d looked at, %d wait, the first is %d", len(l.later), len(load.waiting), load.waiting[0].key)
	}
	if !l.anyReleasable() {
		t.Error("the others are forgotten")
	}
	load.calls = l.d.options.CallsPerPlugin
	l.releaseWaiting(load)
	if l.anyReleasable() || len(l.later) != lanesPerRound {
		t.Errorf("%d looked at while the plugin has no room", len(l.later)-lanesPerRound)
	}
}
