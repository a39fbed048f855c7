package dispatch

import (
	"cmp"
	"math/rand/v2"
	"time"

	"github.com/spurline/spurline/server/store"
)

// Schedule says when a delivery that failed for now goes again: after a random
// time below a bound that doubles with every spent attempt (full jitter), until
// the retry age is reached.
type Schedule struct {
	// First bounds the first wait: 5 s.
	First time.Duration
	// Longest bounds every wait: 1 h.
	Longest time.Duration
	// Age is how long a delivery is tried, its attempts and the waits after them:
	// 72 h.
	Age time.Duration
	// Random returns a random duration below its argument.
	Random func(below time.Duration) time.Duration
}

func (s Schedule) withDefaults() Schedule {
	s.First = cmp.Or(s.First, 5*time.Second)
	s.Longest = cmp.Or(s.Longest, time.Hour)
	s.Age = cmp.Or(s.Age, 72*time.Hour)
	if s.Random == nil {
		s.Random = rand.N[time.Duration]
	}
	return s
}

// wait returns how long to wait after the given number of spent attempts.
func (s Schedule) wait(spent int) time.Duration {
	bound := s.Longest
	if doublings := spent - 1; doublings < 20 {
		bound = min(s.First<<doublings, s.Longest)
	}
	return s.Random(bound) + 1
}

// probe returns how long a lane whose extra interface is out of order waits for the
// next probe, after the given number of failed ones. It never waits less than half
// the bound: a probe is there to find out, not to help.
func (s Schedule) probe(failed int) time.Duration {
	bound := longestProbe
	if doublings := failed - 1; doublings < 20 {
		bound = min(s.First<<doublings, longestProbe)
	}
	return bound/2 + s.Random(bound/2)
}

// Bounds of a wait that an extra interface asks for, and the jitter added to it
// so that lanes do not come back in step.
const (
	shortestThrottle = time.Second
	longestThrottle  = store.LongestDelay
	throttleJitter   = 10 // percent
)

// throttle returns how long to keep an account still that asked for the delay.
func (s Schedule) throttle(asked time.Duration) time.Duration {
	wait := min(max(asked, shortestThrottle), longestThrottle)
	return wait + s.Random(wait*throttleJitter/100+1)
}
