package bench

import (
	"slices"
	"time"

	"github.com/spurline/spurline/server/bench/remote"
)

// latencies are durations of which percentiles are wanted.
type latencies []time.Duration

// percentile returns the smallest one that p of all, from 0 to 1, are not above.
// It sorts them; it is 0 if there are none.
func (l latencies) percentile(p float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	slices.Sort(l)
	return l[min(int(p*float64(len(l))), len(l)-1)]
}

// arrivalsWithin are the times from submission to arrival of the orders that were to
// be sent within the window.
func arrivalsWithin(samples []remote.Sample, from, to time.Time) latencies {
	var found latencies
	for _, s := range samples {
		if s.Intended >= from.UnixNano() && s.Intended < to.UnixNano() {
			found = append(found, time.Duration(s.Arrived-s.Intended))
		}
	}
	return found
}
