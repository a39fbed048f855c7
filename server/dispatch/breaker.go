package dispatch

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

// When a breaker opens, how long it waits at most for the next probe, and what it
// lets go at once when it lets everything go again.
const (
	breakFailures   = 5
	breakDeliveries = 3
	longestProbe    = 5 * time.Minute
	rampFull        = 64
)

// breaker holds a lane back whose extra interface is out of order. It opens after
// failures in a row of several deliveries, so that one bad record does not stop its
// lane, and then lets one delivery go at a time, another one each time. What comes
// through opens the lane in steps (promise P6). It belongs to the loop.
type breaker struct {
	// failures in a row, and up to breakDeliveries of the deliveries that had them.
	failures int
	failed   map[store.DeliveryID]struct{}

	open bool
	// since is when it opened, again when the next probe may go, probes how many have
	// failed since.
	since, again time.Time
	probes       int
	// probed have been tried since it opened, or since all were.
	probed map[store.DeliveryID]struct{}
	// reason is that of the last failure.
	reason string

	// ramp is what may be under way after it closed, 0 if nothing bounds it.
	ramp int
}

// room returns how many deliveries may go now, besides those under way. If none, it
// returns when to ask again, or the zero time if something under way has to end
// first.
func (b *breaker) room(now time.Time, underWay, most int) (int, time.Time) {
	switch {
	case b.open && now.Before(b.again):
		return 0, b.again
	case b.open:
		return max(1-underWay, 0), time.Time{}
	case b.ramp > 0:
		return min(max(b.ramp-underWay, 0), most), time.Time{}
	}
	return most, time.Time{}
}

// succeed takes note that the extra interface took a delivery.
func (b *breaker) succeed() {
	switch {
	case b.open:
		*b = breaker{ramp: 1}
	case b.ramp >= rampFull:
		b.ramp = 0
	case b.ramp > 0:
		b.ramp++ // Once per delivery, which doubles it with each round of them.
	}
	b.failures = 0
	clear(b.failed)
}

// fail takes note that it did not.
func (b *breaker) fail(now time.Time, id store.DeliveryID, reason string, probe bool, schedule Schedule) {
	b.reason = reason
	if b.open {
		if probe {
			b.probes++
			b.again = now.Add(schedule.probe(b.probes))
		}
		return
	}
	if b.ramp > 0 {
		b.ramp = max(b.ramp/2, 1)
	}
	if b.failed == nil {
		b.failed = map[store.DeliveryID]struct{}{}
	}
	b.failures++
	if len(b.failed) < breakDeliveries {
		b.failed[id] = struct{}{}
	}
	if b.failures < breakFailures || len(b.failed) < breakDeliveries {
		return
	}
	*b = breaker{
		open: true, since: now, again: now.Add(schedule.probe(1)), probes: 1, reason: reason,
		probed: map[store.DeliveryID]struct{}{},
	}
}

// probe takes note of the delivery that goes while it is open.
func (b *breaker) probe(id store.DeliveryID) { b.probed[id] = struct{}{} }

// Outage tells of a lane whose extra interface is out of order.
type Outage struct {
	// Since is when it was noticed, Probe when the next delivery tries it.
	Since, Probe time.Time
	// Reason is that of the last failure.
	Reason string
}

// publish makes the state of the lane's breaker known to others than the loop.
func (l *loop) publish(lane *lane) {
	if !lane.breaker.open {
		l.d.outages.Delete(lane.key)
		return
	}
	l.d.outages.Store(lane.key, Outage{
		Since: lane.breaker.since, Probe: lane.breaker.again, Reason: lane.breaker.reason,
	})
}

// Outage says whether the lane of a connection waits because its extra interface is
// out of order.
func (d *Dispatcher) Outage(connection int64) (Outage, bool) {
	known, ok := d.outages.Load(connection)
	if !ok {
		return Outage{}, false
	}
	return known.(Outage), true
}
