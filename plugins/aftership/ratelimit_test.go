package aftership

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// testClock moves when somebody waits on it, or when told.
type testClock struct {
	mu     sync.Mutex
	time   time.Time
	waited time.Duration
}

func newTestClock() *testClock { return &testClock{time: noon} }

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

func (c *testClock) wait(_ context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
	c.waited += d
	return nil
}

func (c *testClock) gates() *gates {
	return &gates{now: c.now, wait: c.wait, buckets: map[bucketKey]*bucket{}}
}

func limits(ceiling, remaining int, reset time.Time) http.Header {
	h := http.Header{}
	h.Set("X-RateLimit-Limit", strconv.Itoa(ceiling))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	return h
}

func TestGateHoldsBackWhatWouldBeRefused(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	g := clock.gates()
	key := bucketKey{"account", "PUT /trackings/{id}"}
	for range 12 {
		leave, err := g.enter(t.Context(), key, 5)
		if err != nil {
			t.Fatal(err)
		}
		leave(0, nil)
	}
	// Five in each second: the eleventh begins after two full ones.
	if clock.waited != 2*time.Second {
		t.Errorf("waited %s, want 2s", clock.waited)
	}
}

func TestGateLearnsFromHeaders(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	g := clock.gates()
	key := bucketKey{"account", "all"}
	enter := func() func(int, http.Header) {
		t.Helper()
		leave, err := g.enter(t.Context(), key, 10)
		if err != nil {
			t.Fatal(err)
		}
		return leave
	}
	// Somebody else has used all but one call of this second.
	enter()(http.StatusOK, limits(4, 1, noon.Add(time.Second)))
	first := enter()
	enter()(http.StatusOK, limits(4, 3, noon.Add(2*time.Second)))
	if clock.waited != time.Second {
		t.Errorf("waited %s, want 1s", clock.waited)
	}
	// Calls still in flight may not be in the count that was told.
	if left := g.buckets[key].remaining; left != 2 {
		t.Errorf("%d calls left, want 2", left)
	}
	first(0, nil)
	if got := g.buckets[key]; got.ceiling != 4 || got.inFlight != 0 {
		t.Errorf("bucket is %+v", got)
	}
}

func TestGateTellsOfLongWaits(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	g := clock.gates()
	key := bucketKey{"account", "POST /trackings"}
	leave, err := g.enter(t.Context(), key, 20)
	if err != nil {
		t.Fatal(err)
	}
	leave(http.StatusTooManyRequests, limits(20, 0, noon.Add(9*time.Hour)))
	var wait *limitedError
	if _, err = g.enter(t.Context(), key, 20); !errors.As(err, &wait) || wait.delay != 9*time.Hour {
		t.Errorf("error is %v, want a wait of 9h", err)
	}
	if _, err := g.enter(t.Context(), bucketKey{"other", "POST /trackings"}, 20); err != nil {
		t.Errorf("another account is held back: %v", err)
	}
	clock.advance(9 * time.Hour)
	if _, err := g.enter(t.Context(), key, 20); err != nil {
		t.Errorf("held back after the reset: %v", err)
	}
}

func TestGateHonoursTheContext(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	g := clock.gates()
	g.wait = waitFor
	key := bucketKey{"account", "x"}
	if _, err := g.enter(t.Context(), key, 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.enter(ctx, key, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	var wait *limitedError
	if _, err := g.enter(soon, key, 1); !errors.As(err, &wait) {
		t.Errorf("error is %v, want a wait beyond the deadline", err)
	}
}

func TestGatesForgetIdleBuckets(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	g := clock.gates()
	for i := range idleBuckets {
		leave, err := g.enter(t.Context(), bucketKey{strconv.Itoa(i), "x"}, 5)
		if err != nil {
			t.Fatal(err)
		}
		leave(0, nil)
	}
	clock.advance(time.Minute)
	if _, err := g.enter(t.Context(), bucketKey{"one more", "x"}, 5); err != nil {
		t.Fatal(err)
	}
	if len(g.buckets) != 1 {
		t.Errorf("%d buckets kept, want 1", len(g.buckets))
	}
}

func TestDelayOf(t *testing.T) {
	t.Parallel()
	with := func(h http.Header, name, value string) http.Header {
		h.Set(name, value)
		return h
	}
	tests := []struct {
		name   string
		header http.Header
		want   time.Duration
	}{
		{"nothing told", http.Header{}, time.Second},
		{"reset", limits(20, 0, noon.Add(7*time.Second)), 7 * time.Second},
		{"reset in the past", limits(20, 0, noon.Add(-time.Hour)), time.Second},
		{"reset beyond a day", limits(20, 0, noon.Add(100*time.Hour)), 24 * time.Hour},
		{"retry after", with(http.Header{}, "Retry-After", "30"), 30 * time.Second},
		{"the longer one", with(limits(20, 0, noon.Add(40*time.Second)), "Retry-After", "30"), 40 * time.Second},
		{
			"retry after as a date",
			with(http.Header{}, "Retry-After", noon.Add(time.Minute).Format(http.TimeFormat)), time.Minute,
		},
		{"retry after beyond a day", with(http.Header{}, "Retry-After", "999999"), 24 * time.Hour},
		{"nonsense", with(http.Header{}, "Retry-After", "soon"), time.Second},
		{"negative", with(http.Header{}, "Retry-After", "-5"), time.Second},
		{
			"their clock is an hour ahead",
			with(limits(20, 0, noon.Add(time.Hour+3*time.Second)), "Date", noon.Add(time.Hour).Format(http.TimeFormat)),
			3 * time.Second,
		},
		{
			"their clock is an hour behind",
			with(limits(20, 0, noon.Add(-time.Hour+3*time.Second)), "Date", noon.Add(-time.Hour).Format(http.TimeFormat)),
			3 * time.Second,
		},
	}
	for _, test := range tests {
		if got := delayOf(test.header, noon); got != test.want {
			t.Errorf("%s: delay is %s, want %s", test.name, got, test.want)
		}
	}
}
