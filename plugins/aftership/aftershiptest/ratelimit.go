package aftershiptest

import (
	"net/http"
	"strconv"
	"time"
)

// ceilings are calls per second and organisation since 2024-07 (AfterShip API
// reference, section 8).
func ceilings() map[string]int {
	return map[string]int{
		"POST /trackings":        20,
		"GET /trackings":         6,
		"GET /trackings/{id}":    5,
		"PUT /trackings/{id}":    5,
		"DELETE /trackings/{id}": 5,
		"GET /couriers":          5,
	}
}

// together is the limit of all endpoints up to 2024-04.
const together = 10

// window counts the calls of one organisation and endpoint in one second.
type window struct {
	second int64
	calls  int
}

// quota counts the calls of one organisation in one UTC day.
type quota struct {
	day   int64
	calls int
}

// limit counts a call and says what is left. The headers of section 8 are
// written on every answer, also on a refused call.
func (s *Server) limit(c *call, h http.Header) *apiError {
	now := s.clock()
	key, ceiling := "all", together
	if c.generation.limitsPerEndpoint() {
		key = c.r.Method + " " + c.endpoint
		ceiling = ceilings()[key]
	}
	if override, ok := s.ceilings[key]; ok {
		ceiling = override
	}
	if ceiling == 0 {
		ceiling = together
	}
	if s.unlimited {
		writeLimit(h, ceiling, ceiling, now.Add(time.Second))
		return nil
	}
	w := s.windows[c.organisation+" "+key]
	if w == nil {
		w = &window{}
		s.windows[c.organisation+" "+key] = w
	}
	if second := now.Unix(); w.second != second {
		w.second, w.calls = second, 0
	}
	w.calls++
	remaining, reset := ceiling-w.calls, time.Unix(w.second+1, 0)

	if s.dailyQuota > 0 {
		remaining, reset = s.countDay(c, now, remaining, reset)
	}
	writeLimit(h, ceiling, max(remaining, 0), reset)
	if remaining >= 0 {
		return nil
	}
	if s.retryAfter {
		h.Set("Retry-After", strconv.Itoa(wholeSeconds(reset.Sub(now))))
	}
	return tooManyRequests(c.generation)
}

// countDay applies the daily quota of small plans: the same 429, with a reset
// hours ahead.
func (s *Server) countDay(c *call, now time.Time, remaining int, reset time.Time) (int, time.Time) {
	day := now.Unix() / 86400
	q := s.quotas[c.organisation]
	if q == nil {
		q = &quota{}
		s.quotas[c.organisation] = q
	}
	if q.day != day {
		q.day, q.calls = day, 0
	}
	q.calls++
	if q.calls <= s.dailyQuota {
		return min(remaining, s.dailyQuota-q.calls), reset
	}
	return -1, time.Unix((day+1)*86400, 0)
}

func writeLimit(h http.Header, ceiling, remaining int, reset time.Time) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(ceiling))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
}

// wholeSeconds rounds up, as Retry-After has no fractions.
func wholeSeconds(d time.Duration) int {
	return int((max(d, 0) + time.Second - 1) / time.Second)
}
