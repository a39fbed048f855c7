package dispatch

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

// take takes note of what a round found for a lane.
func (l *loop) take(t *turn, stopping bool) {
	lane, now := t.lane, time.Now()
	lane.fetching = false
	if t.known != nil {
		lane.account.keep(now, t.limit, len(t.taken), t.sends())
		l.releaseHeld(lane.account)
		l.weigh(l.loadOf(lane), len(t.taken), t.size(), -t.limit)
	}
	if t.gone {
		l.forget(lane)
		return
	}
	if t.connection != nil {
		l.know(lane, t.connection)
	}
	l.tellForgotten(lane, t)
	lane.credit -= t.bytes
	for _, delivery := range t.due {
		lane.seen = max(lane.seen, delivery.ID)
	}
	for _, s := range t.taken {
		lane.underWay[s.delivery.ID] = underWay{
			record:  store.RecordRef{Kind: s.delivery.Kind, Key: s.delivery.Record},
			orderID: s.delivery.OrderID, account: lane.account, size: s.size,
		}
		if s.probe = t.probe; s.probe {
			lane.breaker.probe(s.delivery.ID)
		}
		l.send(s, lane, stopping)
	}
	if t.probe && len(t.taken) == 0 {
		clear(lane.breaker.probed) // All were tried: the first may be again.
	}
	l.count(lane)
	lane.held = lane.held || t.held
	lane.behind = lane.leftBehind(t)
	switch {
	case t.err != nil:
		l.d.options.Logger.Error("lane cannot be read", "connection", lane.key, "error", t.err)
		lane.stale = lane.stale || t.known == nil
		l.lookAt(lane, now.Add(retryFetch))
	case t.more || lane.woken || t.probe && len(t.except) > 0:
		l.lookAt(lane, now)
	case !t.next.IsZero():
		l.lookAt(lane, t.next)
	}
	if !lane.resume.IsZero() {
		l.lookAt(lane, lane.resume)
		lane.resume = time.Time{}
	}
}

// know takes over the connection as it was read. What was learnt of an outage with other
// settings says nothing of these.
func (l *loop) know(lane *lane, connection *store.Connection) {
	before := lane.connection
	lane.connection = connection
	if before != nil && before.Generation != connection.Generation {
		lane.breaker = breaker{}
		l.publish(lane)
	}
}

// forget drops a lane whose connection was deleted, as soon as nothing of it is
// under way.
func (l *loop) forget(lane *lane) {
	lane.stale = true // Who still looks at it learns the same: its deliveries may not be cancelled yet.
	if len(lane.underWay) > 0 {
		lane.held = true
		return
	}
	delete(l.lanes, lane.key)
	lane.uncount()
	l.d.outages.Delete(lane.key)
	l.leaveAccount(lane)
}
