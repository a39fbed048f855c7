package plugintest

import (
	"context"
	"sync"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
)

// Clock is a clock that moves only when the test says so. Give it to the plugin
// as Plugin.Clock. It is safe for concurrent use.
type Clock struct {
	mu      sync.Mutex
	now     time.Time
	waiters map[*waiter]bool
	// changed is closed and replaced whenever somebody begins or ends to wait.
	changed chan struct{}
}

var _ sdk.Clock = (*Clock)(nil)

// waiter is one call of Wait.
type waiter struct {
	until time.Time
	over  chan struct{}
}

// NewClock returns a clock that stands at the time.
func NewClock(now time.Time) *Clock {
	return &Clock{now: now, waiters: map[*waiter]bool{}, changed: make(chan struct{})}
}

// Now implements sdk.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wait implements sdk.Clock.
func (c *Clock) Wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	if d <= 0 {
		c.mu.Unlock()
		return ctx.Err()
	}
	w := &waiter{until: c.now.Add(d), over: make(chan struct{})}
	c.waiters[w] = true
	c.tell()
	c.mu.Unlock()
	select {
	case <-w.over:
		return nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiters, w)
	c.tell()
	return ctx.Err()
}

// Advance moves the clock and wakes those whose time has come.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for w := range c.waiters {
		if !w.until.After(c.now) {
			delete(c.waiters, w)
			close(w.over)
		}
	}
	c.tell()
}

// AwaitWaiting returns once so many calls of Wait are under way, or with the
// context's error.
func (c *Clock) AwaitWaiting(ctx context.Context, calls int) error {
	for {
		c.mu.Lock()
		waiting, changed := len(c.waiters), c.changed
		c.mu.Unlock()
		if waiting >= calls {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tell is called with the mutex held.
func (c *Clock) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}
