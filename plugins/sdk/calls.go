package sdk

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// calls counts the running calls and refuses new ones once the process stops.
type calls struct {
	mu       sync.Mutex
	running  int
	stopping chan struct{} // Closed when draining begins.
	idle     chan struct{} // Closed when draining and nothing runs.
}

func newCalls() *calls { return &calls{stopping: make(chan struct{}), idle: make(chan struct{})} }

// begin counts a call until done is called, once.
func (c *calls) begin() (done func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining() {
		return nil, status.Error(codes.Unavailable, "the plugin is stopping")
	}
	c.running++
	return c.end, nil
}

func (c *calls) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	if c.running == 0 && c.draining() {
		close(c.idle)
	}
}

func (c *calls) draining() bool {
	select {
	case <-c.stopping:
		return true
	default:
		return false
	}
}

func (c *calls) drain(ctx context.Context) error {
	c.mu.Lock()
	if !c.draining() {
		close(c.stopping)
		if c.running == 0 {
			close(c.idle)
		}
	}
	c.mu.Unlock()
	select {
	case <-c.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
