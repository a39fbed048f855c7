package dispatch

import (
	"context"
	"maps"
	"slices"
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

// accountKey names an account: what CheckConnection named, or the connection
// itself until then. Other settings may lead to another account, so that what is
// known of one ends with them.
type accountKey struct {
	plugin                 string
	account                string
	connection, generation int64
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

// roomAgain is how often to look whether a full store has room again.
const roomAgain = time.Second

// hasRoom says whether the store has room for more outcomes than those of what is
// under way. Nothing is sent whose outcome might not be written down (promise P2).
func (l *loop) hasRoom(now time.Time) bool {
	if l.full && now.Before(l.fullSince.Add(roomAgain)) {
		return false
	}
	err := l.d.options.Store.Room()
	switch {
	case err != nil && !l.full:
		l.d.options.Logger.Error("nothing is sent any more until the store has room", "error", err)
	case err == nil && l.full:
		l.d.options.Logger.Info("the store has room again")
	}
	l.full, l.fullSince = err != nil, now
	return err == nil
}

func (l *loop) lane(key int64) *lane {
	known, ok := l.lanes[key]
	if !ok {
		known = newLane(key)
		l.lanes[key] = known
	}
	return known
}

// hear takes note of news, changes first: what was woken may be because of them.
func (l *loop) hear(n news) {
	for connection := range n.changed {
		if lane, known := l.lanes[connection]; known {
			lane.stale = true
			l.lookAt(lane, time.Now())
		}
	}
	for _, woken := range n.lanes {
		l.wake(woken)
	}
	for plugin := range n.plugins {
		l.release(plugin)
	}
}

func (l *loop) wake(woken store.Lane) {
	lane := l.lane(woken.Connection)
	woken.Fresh = lane.unseen(woken.Fresh)
	if woken.Due.IsZero() && len(woken.Fresh) == 0 {
		return
	}
	if lane.takesFresh(woken) {
		if len(lane.fresh) == 0 {
			if lane.place >= 0 {
				lane.resumeAt(lane.next) // What it would have looked for is looked for after these.
			}
			l.lookAt(lane, time.Now())
		}
		lane.fresh = append(lane.fresh, woken.Fresh...)
		return
	}
	lane.dropFresh()
	lane.behind = true
	lane.woken = lane.woken || lane.fetching
	l.lookAt(lane, unfresh(woken).Due)
}

// lookAt has the lane looked at at a time.
func (l *loop) lookAt(lane *lane, at time.Time) {
	switch {
	case len(lane.fresh) > 0:
		lane.resumeAt(at) // It has a turn soon, which does not look into the store.
	case !lane.queued && !lane.fetching:
		l.later.put(lane, steady(time.Now(), at))
	}
}

// startRounds hands due lanes to rounds of reads, as long as there is room.
func (l *loop) startRounds(now time.Time) {
	if len(l.ring) < lanesPerRound {
		for _, load := range l.plugins {
			l.releaseWaiting(load)
		}
	}
	for lane := l.later.due(now); lane != nil; lane = l.later.due(now) {
		lane.queued = true
		l.ring = append(l.ring, lane)
	}
	if len(l.ring) > 0 && !l.hasRoom(now) {
		return
	}
	for l.fetching < l.d.options.Fetchers && len(l.ring) > 0 {
		turns := l.gather(now)
		if len(turns) == 0 {
			return
		}
		l.fetching++
		l.d.running.Go(func() {
			l.d.runRound(l.d.calls, turns)
			l.d.fetched <- turns
		})
	}
}

// gather takes lanes from the head of the ring for one round. A lane that may
// not go now leaves the ring until what holds it back has passed.
func (l *loop) gather(now time.Time) []*turn {
	var turns []*turn
	room := l.d.options.InFlight - l.underWay
	for len(l.ring) > 0 && len(turns) < lanesPerRound && room > 0 && l.bytes < mostBytesUnderWay {
		lane := l.ring[0]
		l.ring[0] = nil
		l.ring = l.ring[1:]
		lane.queued = false
		if !lane.earn() {
			lane.queued = true
			l.ring = append(l.ring, lane)
			continue
		}
		t := l.admit(lane, now)
		if t == nil {
			lane.fresh, lane.behind = nil, true // What it was looked at for is found in the store.
			continue
		}
		room -= t.limit
		turns = append(turns, t)
	}
	return turns
}

// admit gives the lane a turn, or says when to ask again.
func (l *loop) admit(lane *lane, now time.Time) *turn {
	t := &turn{lane: lane, limit: 1}
	if lane.connection != nil && !lane.stale {
		t.known = lane.connection
		load := l.loadOf(lane)
		if !l.isReady(lane, load) {
			load.parked[lane] = struct{}{}
			return nil
		}
		if load.full(lane, l.d.options.CallsPerPlugin) || l.hasShare(load) {
			load.wait(lane)
			return nil
		}
		if lane.fullOfCalls() {
			lane.held = true
			return nil
		}
		account := l.accountOf(lane)
		most, again := lane.room(now)
		if most == 0 {
			lane.held = again.IsZero()
			if !lane.held {
				l.later.put(lane, again)
			}
			return nil
		}
		room, again := account.room(now)
		switch {
		case room > 0:
		case again.IsZero():
			account.held[lane] = struct{}{}
			return nil
		default:
			l.later.put(lane, again)
			return nil
		}
		t.limit, t.credit = min(room, most), lane.credit
		t.except, t.busyRecords, t.busyOrders = lane.busy()
		if t.probe = lane.breaker.open; t.probe {
			t.except = slices.AppendSeq(t.except, maps.Keys(lane.breaker.probed))
		}
		if len(lane.fresh) > 0 {
			lane.giveFresh(t)
		}
		account.promise(t.limit)
		l.weigh(load, 0, 0, t.limit)
	} else {
		lane.stale = false
		lane.dropFresh()
	}
	lane.fetching = true
	lane.woken, lane.held = false, false
	return t
}

func (l *loop) isReady(lane *lane, load *pluginLoad) bool {
	description, ready := l.d.options.Plugins.Describe(lane.connection.Plugin)
	lane.description = description
	if ready {
		delete(load.parked, lane)
	}
	return ready
}

func (l *loop) accountOf(lane *lane) *account {
	if lane.account != nil && lane.accountBy == lane.connection {
		lane.account.follow(lane.description.GetPace(), time.Now())
		return lane.account
	}
	key := accountKey{plugin: lane.connection.Plugin, account: lane.connection.AccountID}
	if key.account == "" {
		key.connection, key.generation = lane.key, lane.connection.Generation
	}
	known, ok := l.accounts[key]
	if !ok {
		known = newAccount(lane.description.GetPace(), time.Now(), lane.before)
		l.accounts[key] = known
	}
	known.follow(lane.description.GetPace(), time.Now())
	if lane.account != known {
		l.leaveAccount(lane)
		lane.account, lane.accountKey = known, key
		known.lanes++
	}
	lane.accountBy = lane.connection
	if lane.connection.NotBefore.After(known.notBefore) {
		known.notBefore = steady(time.Now(), lane.connection.NotBefore)
		l.d.gauges.throttle(key, known.notBefore)
	}
	return known
}

// leaveAccount takes the lane out of its account. What no lane is left of is forgotten,
// but for what a connection that comes later must still keep to.
func (l *loop) leaveAccount(lane *lane) {
	if lane.account == nil {
		return
	}
	if lane.account.lanes--; lane.account.lanes == 0 {
		l.left = append(l.left, lane.accountKey)
	}
	lane.account = nil
	now := time.Now()
	l.left = slices.DeleteFunc(l.left, func(key accountKey) bool {
		account, known := l.accounts[key]
		switch {
		case !known || account.lanes > 0:
			return true
		case key.connection == 0 && !account.idle(now):
			return false
		}
		delete(l.accounts, key)
		l.d.gauges.throttle(key, time.Time{})
		return true
	})
}

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
	if wasOpen || lane.breaker.open {
		l.publish(lane)
	}
}

// releaseHeld looks at the lanes that waited for room at their account.
func (l *loop) releaseHeld(account *account) {
	for held := range account.held {
		delete(account.held, held)
		l.lookAt(held, time.Now())
	}
}
