package dispatch

import (
	"context"
	"time"

	"github.com/spurline/spurline/server/store"
)

// loop owns the lanes. Everything in it belongs to the goroutine of run.
type loop struct {
	d     *Dispatcher
	lanes map[int64]*lane
	// ring holds the lanes that may have a turn now, in their order.
	ring []*lane
	// later holds those that have something to do later.
	later    timetable
	accounts map[accountKey]*account
	// left are accounts without lanes that are not idle yet.
	left    []accountKey
	plugins map[string]*pluginLoad
	// How many rounds, calls and deliveries are under way.
	fetching, calls, underWay int
	// bytes is about how much is under way.
	bytes int
	// full: the store keeps its room for the outcomes of what is under way.
	full      bool
	fullSince time.Time
	clock     *clock
	sweep     *sweep
}

func newLoop(d *Dispatcher) *loop {
	return &loop{
		d: d, lanes: map[int64]*lane{}, accounts: map[accountKey]*account{}, plugins: map[string]*pluginLoad{},
		clock: newClock(d.options.Wall), sweep: newSweep(time.Now()),
	}
}

// begin takes up what waits since before the process started.
func (l *loop) begin(waiting []store.Lane) {
	for _, lane := range waiting {
		l.lane(lane.Connection).before = true
		l.wake(lane)
	}
}

// run gives lanes their turns until ctx ends, then waits until nothing is under
// way any more or the calls were cut off.
func (l *loop) run(ctx context.Context) {
	timer := time.NewTimer(lookAtClock)
	defer timer.Stop()
	defer l.show()
	stopping := ctx.Done()
	for {
		if stopping != nil {
			l.watchClock(ctx)
			l.startRounds(time.Now())
			l.startSweep(ctx, time.Now())
			timer.Reset(min(l.untilNext(time.Now()), l.sweep.until(time.Now())))
		} else if l.fetching == 0 && l.calls == 0 && l.underWay == 0 {
			return
		}
		l.show()
		select {
		case <-stopping:
			stopping = nil
		case <-l.d.inbox.signal:
			l.hear(l.d.inbox.take())
		case turns := <-l.d.fetched:
			l.fetching--
			for _, t := range turns {
				l.take(t, stopping == nil)
			}
			l.startCalls() //nolint:contextcheck // calls end with the drain grace, not with ctx
		case <-l.clock.settled:
			l.settled(time.Now())
		case found := <-l.sweep.found:
			l.swept(found, time.Now())
		case slow := <-l.d.callSlow:
			l.slowCall(slow)
		case ended := <-l.d.callEnded:
			l.endCall(ended) //nolint:contextcheck // as above
		case written := <-l.d.written:
			l.hear(l.d.inbox.take()) // What they did to their connections comes first.
			l.d.sent.end(written)
			for i := range written {
				l.finish(&written[i])
			}
		case <-timer.C:
		}
	}
}

// untilNext is how long the loop may sleep if nothing happens.
func (l *loop) untilNext(now time.Time) time.Duration {
	at, ok := l.later.earliest()
	switch {
	case l.full && len(l.ring) > 0:
		return roomAgain
	case len(l.ring) == 0 && l.anyReleasable():
		return 0
	case !ok:
		return lookAtClock
	}
	return min(max(at.Sub(now), 0), lookAtClock)
}

func (l *loop) lane(key int64) *lane {
	known, ok := l.lanes[key]
	if !ok {
		known = newLane(key)
		l.lanes[key] = known
	}
	return known
}
