package sdk

import (
	"context"
	"time"
)

// Clock is what the limiter and the tokens of the kit tell time by, and a plugin
// that wants to be tested without waiting. Deadlines of deliveries are not its
// business: contexts keep those. It is safe for concurrent use.
type Clock interface {
	// Now returns the time.
	Now() time.Time
	// Wait returns once the duration has passed, or with the context's error if
	// that ends first.
	Wait(ctx context.Context, d time.Duration) error
}

// SystemClock returns the clock of the machine.
func SystemClock() Clock { return systemClock{} }

type systemClock struct{}

// Now implements Clock.
func (systemClock) Now() time.Time { return time.Now() }

// Wait implements Clock.
func (systemClock) Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// orSystem is the clock, or that of the machine in place of none.
func orSystem(clock Clock) Clock {
	if clock == nil {
		return SystemClock()
	}
	return clock
}
