package conformance

import (
	"context"
	"time"
)

// awaitWrites returns once so many writes came to the remote, or false with the context
// or once the process has ended, after which none comes.
func (p *process) awaitWrites(ctx context.Context, r *remote, count int) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-p.exited:
			cancel()
		case <-ctx.Done():
		}
	}()
	return r.awaitWrites(ctx, count)
}

// awaitResults returns how many came of so many, in time and while the process lived.
func (p *process) awaitResults(came <-chan struct{}, count int, within time.Duration) int {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for n := range count {
		select {
		case <-came:
		case <-timer.C:
			return n
		case <-p.exited:
			return n
		}
	}
	return count
}
