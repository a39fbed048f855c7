package aftership

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk"
)

// TestConcurrentCallsMeetNo429 sends far more than the limits allow, from many
// goroutines: the gates let none of it be refused.
func TestConcurrentCallsMeetNo429(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"2026-07", "2024-04", "v4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(s *Settings) { s.Generation = name })
			other := b.connect(t, func(s *Settings) { s.Generation = name })
			const records = 60
			var wait sync.WaitGroup
			for i := range records {
				d := bare(fmt.Sprintf("1234567890%02d", i))
				f := b.forwarder
				if i%2 == 0 {
					f = other
				}
				wait.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					// Some see the clock jump past what they may wait: they say so.
					for {
						r := f.ForwardTracking(ctx, d)
						if r.Outcome() == isThrottled {
							continue
						}
						want(t, r, isDelivered, "")
						return
					}
				})
			}
			wait.Wait()
			if refused := b.Journal(aftershiptest.ByStatus(http.StatusTooManyRequests)); len(refused) != 0 {
				t.Errorf("%d calls were refused", len(refused))
			}
			if len(b.Trackings()) != records {
				t.Errorf("%d trackings, want %d", len(b.Trackings()), records)
			}
		})
	}
}

// TestSharedLimit has somebody else use up the second: the plugin reads so in
// the headers and waits for the next.
func TestSharedLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, aftershiptest.WithCeiling("POST /trackings", 3))
	for i := range 9 {
		want(t, b.send(t, bare(fmt.Sprintf("12345678901%d", i))), isDelivered, "")
	}
	if refused := b.Journal(aftershiptest.ByStatus(http.StatusTooManyRequests)); len(refused) != 0 {
		t.Errorf("%d calls were refused", len(refused))
	}
	if b.clock.waited != 2*time.Second {
		t.Errorf("waited %s, want 2s", b.clock.waited)
	}
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault aftershiptest.Fault
		delay time.Duration
	}{
		{"reset", aftershiptest.Limited(30*time.Second, 0), 30 * time.Second},
		{"retry after", aftershiptest.Limited(time.Second, time.Minute), time.Minute},
		{"past reset", aftershiptest.Limited(-time.Hour, 0), time.Second},
		{"far reset", aftershiptest.Limited(9*time.Hour, 0), 9 * time.Hour},
		{"too far", aftershiptest.Limited(90*time.Hour, 0), 24 * time.Hour},
		{"headers absent", aftershiptest.HTML(429), time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.Script(test.fault)
			first := b.send(t, germany())
			want(t, first, isThrottled, "RATE_LIMITED")
			if first.Delay() != test.delay {
				t.Errorf("delay is %s, want %s", first.Delay(), test.delay)
			}
			if test.delay <= longestWait {
				return
			}
			// Until then nothing is asked, also not by another connection of the key.
			other := b.connect(t, nil)
			second := other.ForwardTracking(t.Context(), germany())
			want(t, second, isThrottled, "RATE_LIMITED")
			if second.Delay() != test.delay || len(b.methods()) != 1 {
				t.Errorf("delay is %s, calls are %q", second.Delay(), b.methods())
			}
			b.clock.advance(test.delay)
			want(t, b.send(t, germany()), isDelivered, "")
		})
	}
}

func TestDailyQuota(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, aftershiptest.WithDailyQuota(2))
	want(t, b.send(t, bare("123456789011")), isDelivered, "")
	want(t, b.send(t, bare("123456789012")), isDelivered, "")
	// The last call of the day left 0 in this second; the next one learns of the day.
	r := b.send(t, bare("123456789013"))
	want(t, r, isThrottled, "RATE_LIMITED")
	if hours := r.Delay().Hours(); hours < 11 || hours > 12 {
		t.Errorf("delay is %s, want until midnight", r.Delay())
	}
}

// TestAccountsAreApart has another key of another organisation go on.
func TestAccountsAreApart(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.SetKey(aftershiptest.Key{Value: "another"})
	b.Script(aftershiptest.Limited(time.Hour, 0))
	want(t, b.send(t, germany()), isThrottled, "RATE_LIMITED")
	b.forwarder = b.connect(t, func(s *Settings) { s.APIKey = sdk.NewSecret("another") })
	want(t, b.send(t, germany()), isDelivered, "")
}

// TestLookUpWaitsItsTurn repeats more unknown fates than the list may be asked
// for in a second.
func TestLookUpWaitsItsTurn(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, aftershiptest.WithDuplicateShape(aftershiptest.DuplicateEmpty))
	for i := range 15 {
		d := bare(fmt.Sprintf("1234567890%02d", i))
		want(t, b.send(t, d), isDelivered, "")
		d.FateUnknown = true
		want(t, b.send(t, d), isDelivered, "")
	}
	statuses := []int{}
	for _, e := range b.Journal() {
		statuses = append(statuses, e.Status)
	}
	if slices.Contains(statuses, http.StatusTooManyRequests) {
		t.Errorf("statuses are %v", statuses)
	}
}
