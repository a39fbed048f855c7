package aftership

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// longestWait is how long a call waits for its turn. AfterShip's windows last
	// a second, so a longer wait means a quota, which the host waits for.
	longestWait = 2 * time.Second
	// longestReset bounds what a reset can ask for.
	longestReset = 24 * time.Hour
	// sameClock is the difference between two clocks that is taken for none.
	sameClock = 2 * time.Second
	// idleBuckets is how many buckets are kept before idle ones are dropped.
	idleBuckets = 1024
)

// gates hold back calls that AfterShip would answer 429. Every account has one
// bucket per limit of its generation; connections with the same key share them.
// The zero value is not ready; use newGates.
type gates struct {
	now func() time.Time
	// wait blocks for a while or until the context ends.
	wait func(context.Context, time.Duration) error

	mu      sync.Mutex
	buckets map[bucketKey]*bucket
}

type bucketKey struct{ account, name string }

// bucket is what is known of one limit: how many calls may still start before
// the reset.
type bucket struct {
	ceiling   int
	remaining int
	reset     time.Time
	inFlight  int
}

func newGates() *gates {
	return &gates{now: time.Now, wait: waitFor, buckets: map[bucketKey]*bucket{}}
}

func waitFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// limitedError says that a call must not start for a while.
type limitedError struct{ delay time.Duration }

// Error says for how long.
func (e *limitedError) Error() string { return "rate limit: wait " + e.delay.String() }

// enter waits for the turn of a call. It returns a function to call with the
// status and headers of the answer, or with 0 and nil if there was none. A wait
// that is too long is a *limitedError, and the context's end is its error.
func (g *gates) enter(ctx context.Context, key bucketKey, ceiling int) (leave func(int, http.Header), err error) {
	for {
		delay := g.tryEnter(key, ceiling)
		if delay <= 0 {
			return func(status int, h http.Header) { g.leave(key, status, h) }, nil
		}
		if deadline, ok := ctx.Deadline(); delay > longestWait || ok && delay > time.Until(deadline) {
			return nil, &limitedError{delay: delay}
		}
		if err := g.wait(ctx, delay); err != nil {
			return nil, err
		}
	}
}

// tryEnter takes a turn, or says how long there is none.
func (g *gates) tryEnter(key bucketKey, ceiling int) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	b := g.buckets[key]
	if b == nil {
		g.dropIdle(now)
		b = &bucket{ceiling: ceiling}
		g.buckets[key] = b
	}
	if !now.Before(b.reset) {
		// A new window: the ceiling last told, until an answer says more. Calls in
		// flight may be counted in it. Resets are whole seconds, so windows end there.
		b.remaining, b.reset = b.ceiling-b.inFlight, now.Truncate(time.Second).Add(time.Second)
	}
	if b.remaining <= 0 {
		return b.reset.Sub(now)
	}
	b.remaining--
	b.inFlight++
	return 0
}

// leave learns from an answer. Calls in flight may not be in its count yet, so
// they are taken off: at worst the rest of a window goes unused.
func (g *gates) leave(key bucketKey, status int, h http.Header) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b, now := g.buckets[key], g.now()
	b.inFlight--
	if status == http.StatusTooManyRequests {
		b.remaining, b.reset = 0, now.Add(delayOf(h, now))
		return
	}
	told, ok := readLimit(h, now)
	if !ok {
		return
	}
	b.ceiling = max(told.ceiling, 1)
	left := max(told.remaining-b.inFlight, 0)
	switch {
	case told.reset.After(b.reset):
		b.remaining, b.reset = left, told.reset
	case !told.reset.Before(b.reset.Add(-time.Second)):
		b.remaining = min(b.remaining, left)
	}
}

func (g *gates) dropIdle(now time.Time) {
	if len(g.buckets) < idleBuckets {
		return
	}
	for key, b := range g.buckets {
		if b.inFlight == 0 && !now.Before(b.reset) {
			delete(g.buckets, key)
		}
	}
}

// limit is what the headers of an answer say.
type limit struct {
	ceiling, remaining int
	// reset by our clock.
	reset time.Time
}

// readLimit reads X-RateLimit-Limit, -Remaining and -Reset, the last one a Unix
// time (AfterShip API reference, section 8). If the answer's own Date shows that
// the clocks differ, the reset is measured from that, so that a wrong clock does
// not turn a second into minutes.
func readLimit(h http.Header, now time.Time) (limit, bool) {
	ceiling, err1 := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	remaining, err2 := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	seconds, err3 := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return limit{}, false
	}
	told := now
	if date, err := http.ParseTime(h.Get("Date")); err == nil && date.Sub(now).Abs() > sameClock {
		told = date
	}
	ahead := min(time.Unix(seconds, 0).Sub(told), longestReset)
	return limit{ceiling: ceiling, remaining: remaining, reset: now.Add(max(ahead, 0))}, true
}

// delayOf is how long a 429 asks to wait: the longest of Retry-After, the reset
// and a second of our own, at most a day. A reset that has passed is ignored.
func delayOf(h http.Header, now time.Time) time.Duration {
	delay := time.Second
	if told, ok := readLimit(h, now); ok {
		delay = max(delay, told.reset.Sub(now))
	}
	if seconds, err := strconv.ParseInt(h.Get("Retry-After"), 10, 32); err == nil {
		delay = max(delay, time.Duration(seconds)*time.Second)
	} else if date, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		delay = max(delay, date.Sub(now))
	}
	return min(delay, longestReset)
}
