package dispatch

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

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
