package dispatch

import (
	"sync"

	"github.com/spurline/spurline/server/store"
)

// inbox takes news for the loop from callers that must not wait.
type inbox struct {
	// signal has one element while there is news.
	signal chan struct{}
	mu     sync.Mutex
	news   news
	// fresh counts the fresh deliveries in the news.
	fresh int
}

// news is what happened since the loop last looked.
type news struct {
	lanes   map[int64]store.Lane
	changed map[int64]struct{}
	plugins map[string]struct{}
}

// freshInInbox bounds the memory of fresh deliveries that the loop has not seen.
// Those beyond it are found in their lanes.
const freshInInbox = 2048

func newNews() news {
	return news{lanes: map[int64]store.Lane{}, changed: map[int64]struct{}{}, plugins: map[string]struct{}{}}
}

func newInbox() *inbox { return &inbox{signal: make(chan struct{}, 1), news: newNews()} }

func (i *inbox) putLanes(lanes []store.Lane) {
	i.mu.Lock()
	for _, lane := range lanes {
		if i.fresh += len(lane.Fresh); i.fresh > freshInInbox {
			lane = unfresh(lane)
		}
		if known, ok := i.news.lanes[lane.Connection]; ok {
			lane = merged(known, lane)
		}
		i.news.lanes[lane.Connection] = lane
	}
	i.mu.Unlock()
	i.ring()
}

// unfresh is the lane as one that has to be read.
func unfresh(lane store.Lane) store.Lane {
	for _, fresh := range lane.Fresh {
		if lane.Due.IsZero() || fresh.Due.Before(lane.Due) {
			lane.Due = fresh.Due
		}
	}
	lane.Fresh = nil
	return lane
}

// merged is what two wakes of a lane say together.
func merged(first, second store.Lane) store.Lane {
	if first.Due.IsZero() || !second.Due.IsZero() && second.Due.Before(first.Due) {
		first.Due = second.Due
	}
	first.Fresh = append(first.Fresh, second.Fresh...)
	return first
}

func (i *inbox) putChanged(connections []int64) {
	i.mu.Lock()
	for _, connection := range connections {
		i.news.changed[connection] = struct{}{}
	}
	i.mu.Unlock()
	i.ring()
}

func (i *inbox) putPlugin(plugin string) {
	i.mu.Lock()
	i.news.plugins[plugin] = struct{}{}
	i.mu.Unlock()
	i.ring()
}

func (i *inbox) ring() {
	select {
	case i.signal <- struct{}{}:
	default:
	}
}

func (i *inbox) take() news {
	i.mu.Lock()
	defer i.mu.Unlock()
	taken := i.news
	i.news, i.fresh = newNews(), 0
	return taken
}
