package sdk

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// shortestLimit is how long a 429 without a time makes the account wait.
	shortestLimit = time.Second
	// sameClock is the difference between two clocks that is taken for none.
	sameClock = 2 * time.Second
	// earliestReset is the number from which a reset is a Unix time and no longer a
	// number of seconds: it is in 2001, or in 31 years.
	earliestReset = 1_000_000_000
)

// WaitOf reads from an answer how long the account may not make another request,
// at most a day: 429 and 503 by Retry-After, a 429 without one a second, and any
// answer that says that nothing remains (RateLimit-Remaining or
// X-RateLimit-Remaining is 0) until the reset, in seconds or as a Unix time. If the
// answer's own Date shows that the clocks differ, a reset is measured from that.
func WaitOf(status int, header http.Header, now time.Time) time.Duration {
	var wait time.Duration
	switch status {
	case http.StatusTooManyRequests:
		wait = max(ReadRetryAfter(header, now), shortestLimit)
	case http.StatusServiceUnavailable:
		wait = ReadRetryAfter(header, now)
	}
	for _, prefix := range []string{"RateLimit-", "X-RateLimit-"} {
		if strings.TrimSpace(header.Get(prefix+"Remaining")) == "0" {
			wait = max(wait, untilReset(header.Get(prefix+"Reset"), header.Get("Date"), now))
		}
	}
	return min(wait, longestDelay)
}

func untilReset(reset, date string, now time.Time) time.Duration {
	seconds, err := strconv.ParseInt(strings.TrimSpace(reset), 10, 64)
	switch {
	case err != nil || seconds <= 0:
		return 0
	case seconds < earliestReset:
		return min(time.Duration(seconds)*time.Second, longestDelay)
	}
	told, err := http.ParseTime(date)
	if err != nil || told.Sub(now).Abs() <= sameClock {
		told = now
	}
	return min(max(time.Unix(seconds, 0).Sub(told), 0), longestDelay)
}
