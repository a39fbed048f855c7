package dispatch

import (
	"maps"
	"slices"
	"time"
)

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
