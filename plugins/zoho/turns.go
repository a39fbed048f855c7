package zoho

import (
	"context"
	"sync"
)

// turns lets one trip at a time do what would be done twice. Each does it in its own
// time and bears its own failures: what one leaves in a cache spares the next. It is
// safe for concurrent use; the zero value is ready.
type turns struct {
	mu   sync.Mutex
	open map[ofAccount]*turn
}

// turn is that of one key.
type turn struct {
	// taken has an element while somebody has the turn.
	taken chan struct{}
	users int // Guarded by the mutex of turns.
}

// take waits for the turn until the context ends. Call done once.
func (o *turns) take(ctx context.Context, key ofAccount) (done func(), err error) {
	of := o.enter(key)
	select {
	case of.taken <- struct{}{}:
		return func() {
			<-of.taken
			o.leave(key, of)
		}, nil
	case <-ctx.Done():
		o.leave(key, of)
		return nil, ctx.Err()
	}
}

func (o *turns) enter(key ofAccount) *turn {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open == nil {
		o.open = map[ofAccount]*turn{}
	}
	of := o.open[key]
	if of == nil {
		of = &turn{taken: make(chan struct{}, 1)}
		o.open[key] = of
	}
	of.users++
	return of
}

func (o *turns) leave(key ofAccount, of *turn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if of.users--; of.users == 0 {
		delete(o.open, key)
	}
}
