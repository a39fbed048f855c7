package dispatch

import (
	"context"
	"time"

	"github.com/spurline/spurline/server/store"
)

// The store keeps due times by the wall clock, which can be set. Set back, what is due
// would wait for the time to come again; set forward, lanes would sleep through it. So
// the loop compares it with the clock that cannot be set, and what it keeps itself of
// times goes by that one.

// When the clocks are compared, how far apart they may come until the wall clock counts
// as set, and when what follows is tried again if the store fails.
const (
	lookAtClock = time.Minute
	clockSlack  = time.Minute
	clockRetry  = 10 * time.Second
)

// clock notices that the wall clock was set. It belongs to the loop.
type clock struct {
	wall func() time.Time
	// began is when both were first read.
	began time.Time
	// ahead is how far the wall clock has come ahead of the other one since, as far as
	// it was noticed.
	ahead time.Duration
	// settling while the store is brought in line; settled tells that it is.
	settling bool
	settled  chan struct{}
}

func newClock(wall func() time.Time) *clock {
	return &clock{wall: wall, began: time.Now(), settled: make(chan struct{}, 1)}
}

// set returns how far the wall clock was set since it was last noticed, 0 if it was
// not.
func (c *clock) set(now time.Time) time.Duration {
	ahead := c.wall().Round(0).Sub(c.began.Round(0)) - now.Sub(c.began)
	by := ahead - c.ahead
	if by.Abs() <= clockSlack {
		return 0
	}
	c.ahead = ahead
	return by
}

// steady is a time of the store as one that stays where it is when the wall clock is
// set.
func steady(now, at time.Time) time.Time { return now.Add(at.Sub(now)) }

// watchClock has the waits in the store bounded and all lanes looked at once the wall
// clock was set.
func (l *loop) watchClock(ctx context.Context) {
	if l.clock.settling {
		return
	}
	by := l.clock.set(time.Now())
	if by == 0 {
		return
	}
	l.d.options.Logger.WarnContext(ctx, "the wall clock was set", "by", by)
	l.clock.settling = true
	l.d.running.Go(func() {
		for l.d.settle(ctx) != nil {
			select {
			case <-ctx.Done():
				return
			case <-time.After(clockRetry):
			}
		}
		l.clock.settled <- struct{}{}
	})
}

// settle brings the store in line with the clock and wakes what waits there.
func (d *Dispatcher) settle(ctx context.Context) error {
	err := d.options.Store.BoundWaits(ctx, time.Now(), d.longestWaits())
	if err == nil {
		var waiting []store.Lane
		waiting, err = d.options.Store.WaitingLanes(ctx)
		d.Wake(waiting)
	}
	if err != nil && ctx.Err() == nil {
		d.options.Logger.ErrorContext(ctx, "waits cannot be bounded after the wall clock was set, trying again",
			"error", err)
	}
	return err
}

// longestWaits are those after the clock was set. A wait that an extra interface asked
// for may be cut: it will ask again.
func (d *Dispatcher) longestWaits() store.Waits {
	longest := store.LongestWaits()
	longest.Delivery, longest.Throttle = d.options.Schedule.Longest, d.options.Schedule.Longest
	return longest
}

// settled bounds what the loop knows itself.
func (l *loop) settled(now time.Time) {
	l.clock.settling = false
	latest := now.Add(l.d.longestWaits().Throttle)
	for key, account := range l.accounts {
		if account.notBefore.After(latest) {
			account.notBefore = latest
			l.d.gauges.throttle(key, latest)
		}
	}
	for _, lane := range l.lanes {
		if lane.connection != nil && lane.connection.NotBefore.After(now) {
			lane.stale = true
		}
	}
}
