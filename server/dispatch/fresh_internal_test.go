package dispatch

import (
	"testing"
	"time"

	"github.com/spurline/spurline/server/store"
)

// TestFreshWakesKeepWhatIsDueLater: two wakes before the lane has its turn forget no
// retry that waits in it (promise P2).
func TestFreshWakesKeepWhatIsDueLater(t *testing.T) {
	t.Parallel()
	l := newLoop(New(Options{}))
	lane := l.lane(7)
	lane.connection, lane.behind = &store.Connection{Key: 7}, false
	retry := time.Now().Add(time.Hour)
	l.lookAt(lane, retry)
	for id := range store.DeliveryID(2) {
		l.wake(store.Lane{Connection: 7, Fresh: []store.FreshDelivery{{DueDelivery: store.DueDelivery{ID: id + 1}}}})
	}
	if len(lane.fresh) != 2 || !lane.resume.Equal(retry) {
		t.Errorf("%d fresh, resumes at %s: want 2 and %s", len(lane.fresh), lane.resume, retry)
	}
}

// TestFreshThatWereReadAlready are not sent twice: a wake may be heard after the lane
// was read (promise P4).
func TestFreshThatWereReadAlready(t *testing.T) {
	t.Parallel()
	l := newLoop(New(Options{}))
	lane := l.lane(7)
	lane.connection, lane.behind, lane.seen = &store.Connection{Key: 7}, false, 5
	l.wake(store.Lane{Connection: 7, Fresh: []store.FreshDelivery{
		{DueDelivery: store.DueDelivery{ID: 4}},
		{DueDelivery: store.DueDelivery{ID: 5}},
		{DueDelivery: store.DueDelivery{ID: 6}},
	}})
	if len(lane.fresh) != 1 || lane.fresh[0].ID != 6 {
		t.Errorf("taken from memory: %v, want 6 alone", lane.fresh)
	}
}
