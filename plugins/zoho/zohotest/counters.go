package zohotest

import (
	"maps"
	"time"
)

// Counters are the calls that reached the stand-in for one organisation, whatever
// became of them.
type Counters struct {
	// Total of calls.
	Total int `json:"total"`
	// MostInMinute is the most calls in any 60 seconds.
	MostInMinute int `json:"most_in_minute"`
	// MostInFlight is the most calls under way at once.
	MostInFlight int `json:"most_in_flight"`
	// Refused for a limit or a block, by the stand-in itself.
	Refused int `json:"refused"`
	// ByEndpoint counts calls by method and endpoint, for example
	// "POST /salesorders".
	ByEndpoint map[string]int `json:"by_endpoint"`
}

// counter is Counters as they are counted.
type counter struct {
	Counters
	inFlight int
	recent   []time.Time
}

// arrive counts a call that has come.
func (s *Server) arrive(organisation, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counter(organisation)
	now := s.clock()
	c.Total++
	c.ByEndpoint[what]++
	c.inFlight++
	c.MostInFlight = max(c.MostInFlight, c.inFlight)
	c.recent = append(lastMinute(c.recent, now), now)
	c.MostInMinute = max(c.MostInMinute, len(c.recent))
}

// leave counts a call that is over.
func (s *Server) leave(organisation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counter(organisation).inFlight--
}

func (s *Server) counter(organisation string) *counter {
	c := s.counters[organisation]
	if c == nil {
		c = &counter{Counters: Counters{ByEndpoint: map[string]int{}}}
		s.counters[organisation] = c
	}
	return c
}

// lastMinute is the times that lie less than a minute back.
func lastMinute(times []time.Time, now time.Time) []time.Time {
	first := 0
	for first < len(times) && now.Sub(times[first]) >= time.Minute {
		first++
	}
	return times[first:]
}

// Counters of an organisation; those of calls for none, such as of the accounts
// server, have the id "".
func (s *Server) Counters(organisation string) Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counter(organisation).Counters
	c.ByEndpoint = maps.Clone(c.ByEndpoint)
	return c
}

// ResetCounters begins to count anew; calls under way stay counted.
func (s *Server) ResetCounters() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.counters {
		*c = counter{
			Counters: Counters{ByEndpoint: map[string]int{}, MostInFlight: c.inFlight}, inFlight: c.inFlight,
		}
	}
}
