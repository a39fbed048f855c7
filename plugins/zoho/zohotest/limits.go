package zohotest

import (
	"net/http"
	"strconv"
	"time"
)

// limits are what an organisation has used of its limits (Zoho Inventory reference,
// section 8).
type limits struct {
	recent       []time.Time
	blockedUntil time.Time
	day          string
	today        int
}

// limit counts a call of an organisation and refuses it if it is one too many. The
// minute is any 60 seconds: the stricter reading, since a burst above 100 was seen
// to pass and another one not. A call of a blocked organisation is refused whoever
// sends it, and counts neither for the minute nor for the day.
func (s *Server) limit(c *call, h http.Header) *apiError {
	o, now := c.org, s.clock()
	refused := s.overMinute(o, now, h)
	if refused == nil {
		refused = s.overDay(o, now, h)
	}
	if refused == nil && s.counter(o.ID).inFlight > o.InFlight && !s.unlimited {
		refused = limited(1070, "Too many requests are under way for this organization")
	}
	if refused != nil {
		s.counter(o.ID).Refused++
	}
	return refused
}

// overMinute applies the limit of a minute, the excess of which blocks everybody.
func (s *Server) overMinute(o *organisation, now time.Time, h http.Header) *apiError {
	l := &o.limits
	if !now.Before(l.blockedUntil) {
		l.recent = append(lastMinute(l.recent, now), now)
		if len(l.recent) <= o.PerMinute || s.unlimited {
			return nil
		}
		l.blockedUntil, l.recent = now.Add(o.BlockFor), nil
	}
	if !s.quirks[NoRetryAfter] {
		h.Set("Retry-After", strconv.Itoa(wholeSeconds(l.blockedUntil.Sub(now))))
	}
	return limited(44, "Your organization is blocked, too many requests in a minute")
}

// overDay applies the quota of a day, which ends at midnight of the organisation.
func (s *Server) overDay(o *organisation, now time.Time, h http.Header) *apiError {
	l := &o.limits
	local := now.In(o.zone)
	if day := local.Format(time.DateOnly); day != l.day {
		l.day, l.today = day, 0
	}
	over := l.today >= o.PerDay && !s.unlimited
	if !over {
		l.today++
	}
	midnight := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, o.zone)
	if !s.quirks[NoRateHeaders] {
		h.Set("X-Rate-Limit-Limit", strconv.Itoa(o.PerDay))
		h.Set("X-Rate-Limit-Remaining", strconv.Itoa(max(o.PerDay-l.today, 0)))
		h.Set("X-Rate-Limit-Reset", strconv.Itoa(wholeSeconds(midnight.Sub(now))))
	}
	if over {
		return limited(45, "Your organization has used up its calls of the day")
	}
	return nil
}

// Block refuses every call of an organisation for so long, as if somebody else had
// asked too much of it.
func (s *Server) Block(organisation string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.organisation(organisation); o != nil {
		o.limits.blockedUntil = s.clock().Add(d)
	}
}

// wholeSeconds rounds up, as Retry-After has no fractions.
func wholeSeconds(d time.Duration) int {
	return int((max(d, 0) + time.Second - 1) / time.Second)
}
