package aftershiptest

import "time"

// Option configures a new stand-in.
type Option func(*Server)

// WithClock replaces the clock: rate limit windows, quotas, times of trackings
// and of journal entries follow it.
func WithClock(now func() time.Time) Option { return func(s *Server) { s.clock = now } }

// WithKeys replaces the keys that are accepted.
func WithKeys(keys ...Key) Option {
	return func(s *Server) {
		s.keys = map[string]Key{}
		for _, k := range keys {
			s.keys[k.Value] = k
		}
	}
}

// WithCouriers replaces the couriers that are known.
func WithCouriers(couriers ...Courier) Option { return func(s *Server) { s.couriers = couriers } }

// WithoutRateLimits never answers 429 by itself; the headers are still sent.
func WithoutRateLimits() Option { return func(s *Server) { s.unlimited = true } }

// WithCeiling replaces a limit per second, for example of "POST /trackings"; the
// name of the common limit of older generations is "all".
func WithCeiling(endpoint string, perSecond int) Option {
	return func(s *Server) { s.ceilings[endpoint] = perSecond }
}

// WithDailyQuota allows that many calls a UTC day and organisation.
func WithDailyQuota(calls int) Option { return func(s *Server) { s.dailyQuota = calls } }

// WithRetryAfter sends Retry-After with a 429, which is not documented for this
// API (AfterShip API reference, section 8).
func WithRetryAfter() Option { return func(s *Server) { s.retryAfter = true } }

// WithDuplicateShape chooses what stands in data of a 4003.
func WithDuplicateShape(shape DuplicateShape) Option {
	return func(s *Server) { s.duplicateShape = shape }
}

// WithUndetected answers 4012 with the given text, 1 to 5, to a number whose
// courier cannot be detected; 0 creates a tracking with slug "unrecognized".
// Which of the two the real API does, and when, is not documented (section 5).
func WithUndetected(text int) Option { return func(s *Server) { s.undetected = text } }

// WithWatcher has every accepted write told: it is called with the journal entry
// of each POST that created a tracking, one at a time, in order.
func WithWatcher(watch func(Exchange)) Option { return func(s *Server) { s.watch = watch } }

// WithWriteWatcher has every write that took effect told, whatever became of its
// answer: it is called with the journal entry of each POST that created a tracking,
// each PUT and each DELETE, one at a time, in the order in which they took effect.
func WithWriteWatcher(watch func(Exchange)) Option {
	return func(s *Server) { s.watchWrites = watch }
}

// WithFaults asks choose at each call of the API which fault happens, before the
// scripted ones; false is none. It is called with the method and the endpoint, one
// call at a time.
func WithFaults(choose func(method, endpoint string) (Fault, bool)) Option {
	return func(s *Server) { s.script.Choose = choose }
}
