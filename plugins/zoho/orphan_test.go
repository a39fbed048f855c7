package zoho

import (
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestOrphansAskLaterAndLater: the calls of the day are not spent on asking again and
// again for an order that nobody makes (section 8 of the reference).
func TestOrphansAskLaterAndLater(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		attempt uint32
		age     time.Duration
		least   time.Duration
	}{
		"soon once":              {1, 0, 0},
		"only once, however old": {1, time.Hour, 0},
		"then not so soon":       {2, 30 * time.Second, 2 * time.Minute},
		"later when older":       {3, time.Hour, time.Hour},
		"at least twice a day":   {9, 50 * time.Hour, 12 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.clock.Advance(tc.age)
			h := b.header("parcel "+oneZ, nil)
			h.Attempt = tc.attempt
			d := &pluginv1.TrackingDelivery{Header: h, Record: parcel(orderOf("LP-15", "2"), oneZ)}
			r := b.Forward(b.settings, b.secrets, d)[h.GetDeliveryId()]
			want(t, r, isRetry, "ORDER_NOT_FOUND")
			if got := r.GetDelay().AsDuration(); got != tc.least || !r.GetRecordOnly() {
				t.Errorf("waits %v at least, for itself alone %t; want %v", got, r.GetRecordOnly(), tc.least)
			}
		})
	}
}
