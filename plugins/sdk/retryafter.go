package sdk

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestDelay is what the host clamps delays to.
const longestDelay = 24 * time.Hour

// ReadRetryAfter reads Retry-After in seconds or as a date, bounded to a day. What is
// not there or cannot be read is 0, which leaves the delay to the host.
func ReadRetryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(longestDelay/time.Second) {
			return longestDelay // Only too large a number gets here.
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), longestDelay)
}
