package dispatch

import (
	"context"
	"time"

	"github.com/spurline/spurline/server/store"
)

// Every lane that gets work is woken by the commit that gave it. Should a wake-up be
// lost all the same, a sweep finds the lane: nothing waits for ever because of a fault
// here (promise P2). It reads the heads of lanes, a few at a time, so that it costs by
// lanes and not by what waits in them.
const (
	// lanesPerSweep are read in one step, the next ones a sweepStep later. A sweep begins
	// sweepEvery after the last one has seen all.
	lanesPerSweep = 500
	sweepStep     = time.Second
	sweepEvery    = time.Minute
	// late is how long after its time a delivery counts as forgotten.
	late = 30 * time.Second
)

// sweep is how far the loop has looked for forgotten lanes. It belongs to the loop.
type sweep struct {
	running bool
	// at is when the next step is, after the last lane that was looked at.
	at    time.Time
	after int64
	found chan store.LateLanes
}

func newSweep(now time.Time) *sweep {
	return &sweep{at: now.Add(sweepEvery), found: make(chan store.LateLanes, 1)}
}

// until is how long until the next step, a long time while one runs.
func (s *sweep) until(now time.Time) time.Duration {
	if s.running {
		return sweepEvery
	}
	return max(s.at.Sub(now), 0)
}

// startSweep does a step if it is time.
func (l *loop) startSweep(ctx context.Context, now time.Time) {
	if l.sweep.until(now) > 0 {
		return
	}
	l.sweep.running = true
	after := l.sweep.after
	l.d.running.Go(func() {
		found, err := l.d.options.Store.LateLanes(ctx, now.Add(-late), after, lanesPerSweep)
		if err != nil && ctx.Err() == nil {
			l.d.options.Logger.ErrorContext(ctx, "lanes cannot be swept for lost wake-ups", "error", err)
		}
		l.sweep.found <- found
	})
}

// swept looks at the lanes that a step found and nobody has in mind.
func (l *loop) swept(found store.LateLanes, now time.Time) {
	l.sweep.running, l.sweep.after, l.sweep.at = false, found.Next, now.Add(sweepEvery)
	if found.Next != 0 {
		l.sweep.at = now.Add(sweepStep)
	}
	for _, late := range found.Lanes {
		lane := l.lane(late.Connection)
		if l.inMind(lane, now) {
			continue
		}
		lane.forgotten = lane.place < 0
		if lane.connection != nil && lane.connection.State != store.Active {
			lane.stale = true // It is by now.
		}
		l.wake(late)
	}
}

// inMind says whether the lane will be looked at without a wake-up: it has a turn, or
// something under way, or waits for something that ends.
func (l *loop) inMind(lane *lane, now time.Time) bool {
	if lane.queued || lane.fetching || lane.waits || lane.held || len(lane.underWay) > 0 ||
		lane.place >= 0 && !lane.next.After(now) {
		return true
	}
	if lane.connection == nil {
		return false
	}
	_, parked := l.loadOf(lane).parked[lane]
	if lane.account != nil && !parked {
		_, parked = lane.account.held[lane]
	}
	return parked
}

// tellForgotten says that a wake-up was lost, once something was found in its lane.
func (l *loop) tellForgotten(lane *lane, t *turn) {
	if !lane.forgotten || t.known == nil {
		return
	}
	lane.forgotten = false
	if len(t.due) > 0 {
		l.d.options.Logger.Warn("deliveries were due and their lane was not looked at: a wake-up was lost; they go now, "+
			"and this should be reported", "connection", lane.key, "deliveries", len(t.due))
	}
}
