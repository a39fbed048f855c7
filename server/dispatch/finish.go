package dispatch

import "time"

// finish takes note of an outcome that is written down.
func (l *loop) finish(w *writtenOutcome) {
	lane, now := l.lane(w.connection), time.Now()
	taken, known := lane.underWay[w.id]
	if !known {
		return
	}
	lane.land(taken.flight, w.arrived)
	delete(lane.underWay, w.id)
	l.weigh(l.loadOf(lane), -1, -taken.size, 0)
	if lane.connection.Generation == w.generation {
		l.learn(lane, w, now)
		if w.state != nil {
			l.keepState(lane, w.state)
		}
	}
	l.count(lane)
	// The lane may be of another account by now.
	taken.account.done(w.arrived)
	l.releaseHeld(taken.account)
	// What a running round has read may be out of date now.
	lane.woken = lane.woken || lane.fetching
	if lane.held {
		lane.held = false
		l.lookAt(lane, now)
	}
	if !w.due.IsZero() {
		l.lookAt(lane, w.due)
	}
}

// keepState takes over the state that was kept for the lane's plugin. A round that reads
// the connection may have read the one before.
func (l *loop) keepState(lane *lane, state []byte) {
	connection := *lane.connection // Rounds look at the one that they were given.
	connection.PluginState = state
	lane.connection = &connection
	lane.stale = lane.stale || lane.fetching
}

// learn takes note of what the outcome says of the account and the extra interface.
// One of older settings says nothing of these.
func (l *loop) learn(lane *lane, w *writtenOutcome, now time.Time) {
	if w.throttle > 0 {
		lane.account.throttle(now, now.Add(w.throttle), w.sent)
		l.d.gauges.throttle(lane.accountKey, lane.account.notBefore)
	}
	wasOpen := lane.breaker.open
	switch w.health {
	case healthy:
		lane.breaker.succeed()
	case failing:
		lane.breaker.fail(now, w.id, w.reason, w.probe, l.d.options.Schedule)
	case healthUnknown:
	}
	if !wasOpen && lane.breaker.open {
		l.d.options.Observer.Broke(lane.connection.Plugin)
	}
	if wasOpen != lane.breaker.open {
		l.logBreaker(lane)
	}
	if wasOpen || lane.breaker.open {
		l.publish(lane)
	}
}

// logBreaker logs that the lane's breaker has opened or closed.
func (l *loop) logBreaker(lane *lane) {
	c, b := lane.connection, &lane.breaker
	if b.open {
		l.d.options.Logger.Warn("lane held back: its extra interface is out of order", "merchant", c.MerchantID,
			"connection", c.ID, "plugin", c.Plugin, "reason", b.reason, "next_probe", b.again)
		return
	}
	l.d.options.Logger.Info("lane goes on: its extra interface is in order again", "merchant", c.MerchantID,
		"connection", c.ID, "plugin", c.Plugin)
}
