package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// gate keeps the load from running away from the deliveries.
type gate struct {
	// made counts the deliveries of what was accepted, arrived those that arrived.
	made, arrived atomic.Int64
	most          int64
	mu            sync.Mutex
	opened        chan struct{}
}

func newGate(arrived, most int64) *gate {
	g := &gate{most: most, opened: make(chan struct{})}
	g.made.Store(arrived)
	g.arrived.Store(arrived)
	return g
}

func (g *gate) undelivered() int64 { return g.made.Load() - g.arrived.Load() }

// wait returns when there is room, or ctx ends.
func (g *gate) wait(ctx context.Context) error {
	for g.undelivered() >= g.most {
		g.mu.Lock()
		opened := g.opened
		g.mu.Unlock()
		if g.undelivered() < g.most {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-opened:
		}
	}
	return ctx.Err()
}

// watch asks how many deliveries arrived, until ctx ends.
func (g *gate) watch(ctx context.Context, arrived func(context.Context) (int64, error)) error {
	for ctx.Err() == nil {
		n, err := arrived(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil {
			g.arrived.Store(n)
		}
		g.mu.Lock()
		close(g.opened)
		g.opened = make(chan struct{})
		g.mu.Unlock()
		_ = pause(ctx, 10*time.Millisecond) // It ends early only with the loop.
	}
	return nil
}
