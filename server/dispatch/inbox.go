package dispatch

import (
	"sync"
	"time"

	"github.com/spurline/spurline/server/store"
)

// inbox takes news for the loop from callers that must not wait.
type inbox struct {
	// signal has one element while there is news.
	signal  chan struct{}
	mu      sync.Mutex
	lanes   map[int64]time.Time
	plugins map[string]struct{}
}

func newInbox() *inbox {
	return &inbox{
		signal: make(chan struct{}, 1),
		lanes:  map[int64]time.Time{}, plugins: map[string]struct{}{},
	}
}

func (i *inbox) putLanes(lanes []store.Lane) {
	i.mu.Lock()
	for _, lane := range lanes {
		if at, ok := i.lanes[lane.Connection]; !ok || lane.Due.Before(at) {
			i.lanes[lane.Connection] = lane.Due
		}
	}
	i.mu.Unlock()
	i.ring()
}

func (i *inbox) putPlugin(plugin string) {
	i.mu.Lock()
	i.plugins[plugin] = struct{}{}
	i.mu.Unlock()
	i.ring()
}

func (i *inbox) ring() {
	select {
	case i.signal <- struct{}{}:
	default:
	}
}

func (i *inbox) take() (lanes []store.Lane, plugins []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for connection, due := range i.lanes {
		lanes = append(lanes, store.Lane{Connection: connection, Due: due})
	}
	for plugin := range i.plugins {
		plugins = append(plugins, plugin)
	}
	clear(i.lanes)
	clear(i.plugins)
	return lanes, plugins
}
