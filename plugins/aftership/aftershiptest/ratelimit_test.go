package aftershiptest_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

func TestLimitsPerEndpoint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		method, path string
		ceiling      int
	}{
		{"POST", "/tracking/2026-07/trackings", 20},
		{"GET", "/tracking/2026-07/trackings", 6},
		{"GET", "/tracking/2024-07/trackings/0", 5},
		{"PUT", "/tracking/2026-07/trackings/0", 5},
		{"DELETE", "/tracking/2026-07/trackings/0", 5},
		{"GET", "/tracking/2026-07/couriers", 5},
		{"POST", "/v4/trackings", 10},
		{"GET", "/tracking/2024-04/couriers", 10},
	}
	for _, test := range tests {
		t.Run(test.method+test.path, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			stand := aftershiptest.New(aftershiptest.WithClock(clock.Now))
			for i := range test.ceiling {
				got := call(t, stand, test.method, test.path, `{}`)
				if got.status == http.StatusTooManyRequests {
					t.Fatalf("call %d is limited", i+1)
				}
				if left := got.header.Get("X-RateLimit-Remaining"); left != strconv.Itoa(test.ceiling-i-1) {
					t.Errorf("call %d: remaining is %s", i+1, left)
				}
			}
			refused := call(t, stand, test.method, test.path, `{}`)
			wantCode(t, refused, 429, 429)
			if reset := refused.header.Get("X-RateLimit-Reset"); reset != strconv.FormatInt(noon.Unix()+1, 10) {
				t.Errorf("reset is %s", reset)
			}
			if refused.header.Get("Retry-After") != "" {
				t.Error("Retry-After is sent although it is not switched on")
			}
			clock.Advance(time.Second)
			if got := call(t, stand, test.method, test.path, `{}`); got.status == http.StatusTooManyRequests {
				t.Error("the next second is limited too")
			}
		})
	}
}

// TestLimitsOfEndpointsAreApart shows that a full window of one endpoint leaves
// another alone, but not before 2024-07.
func TestLimitsOfEndpointsAreApart(t *testing.T) {
	t.Parallel()
	for prefix, apart := range map[string]bool{"/tracking/2026-07": true, "/v4": false} {
		stand := aftershiptest.New(aftershiptest.WithClock(newClock().Now))
		for range 21 {
			call(t, stand, "POST", prefix+"/trackings", `{}`)
		}
		if got := call(t, stand, "GET", prefix+"/couriers", ""); (got.status == http.StatusOK) != apart {
			t.Errorf("%s: couriers answers %d", prefix, got.status)
		}
	}
}

func TestDailyQuotaHasAFarReset(t *testing.T) {
	t.Parallel()
	clock := newClock()
	stand := aftershiptest.New(aftershiptest.WithClock(clock.Now), aftershiptest.WithDailyQuota(2),
		aftershiptest.WithRetryAfter())
	for range 2 {
		wantCode(t, call(t, stand, "GET", "/v4/couriers", ""), 200, 200)
	}
	refused := call(t, stand, "GET", "/v4/couriers", "")
	wantCode(t, refused, 429, 429)
	midnight := time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)
	if reset := refused.header.Get("X-RateLimit-Reset"); reset != strconv.FormatInt(midnight.Unix(), 10) {
		t.Errorf("reset is %s", reset)
	}
	if after := refused.header.Get("Retry-After"); after != "43200" {
		t.Errorf("Retry-After is %q", after)
	}
	clock.Advance(12 * time.Hour)
	wantCode(t, call(t, stand, "GET", "/v4/couriers", ""), 200, 200)
}
