package pluginhost

import (
	"fmt"
	"strings"
	"time"
)

// enter changes the state, with one line in the log, and wakes who waits.
func (s *supervisor) enter(state State, reason string) {
	s.change(func(status *Status) {
		status.State, status.Reason = state, strings.ReplaceAll(reason, "\n", "; ")
		if state == Stopped || state == Starting || state == Backoff || state == Quarantined {
			status.PID = 0
		}
	})
}

// serve makes a process READY: from here on it takes calls.
func (s *supervisor) serve(i *instance) {
	s.change(func(status *Status) {
		status.State, status.Reason = Ready, "started and described itself"
		status.PID = i.runner.current().pid
		status.Description = i.description
		s.serving = i
		s.proven = &i.runner.binary
	})
	if s.ready != nil {
		s.ready(i.description)
	}
}

// retire keeps calls off the process; its state follows once it is gone.
func (s *supervisor) retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving = nil
}

// count notes one more start.
func (s *supervisor) count(digest string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Starts++
	s.status.SHA256 = digest
}

// crashed notes one more crash.
func (s *supervisor) crashed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Crashes++
}

func (s *supervisor) keepCrash(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.LastCrash = lines
}

func (s *supervisor) change(apply func(*Status)) {
	s.mu.Lock()
	from := s.status.State
	apply(&s.status)
	s.status.Since = time.Now()
	status := s.status
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()

	log := s.logger.Info
	if status.State == Backoff || status.State == Quarantined {
		log = s.logger.Warn
	}
	log("plugin changed state",
		"from", from.String(), "to", status.State.String(), "reason", status.Reason, "pid", status.PID)
	s.options.observe(status)
}

// snapshot returns the status and a channel that is closed when it is outdated.
func (s *supervisor) snapshot() (Status, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.status
	status.Calls = s.tally.sorted()
	return status, s.changed
}

// servingNow returns the process that takes calls, nil if there is none.
func (s *supervisor) servingNow() *instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serving == nil || s.serving.gone() {
		return nil
	}
	return s.serving
}

// lastProven returns the binary of the process that is READY or was last.
func (s *supervisor) lastProven() (binary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proven == nil {
		return binary{}, fmt.Errorf("%w: %q was not ready yet: %s", ErrUnavailable, s.name, s.status.Reason)
	}
	return *s.proven, nil
}

// noteIsolation changes what the status says of the isolation process.
func (s *supervisor) noteIsolation(apply func(*IsolationStatus)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	apply(&s.status.Isolation)
}

// acquire admits one call to the process that serves. The caller must leave the
// gate of the instance. An error matches ErrUnavailable.
func (s *supervisor) acquire() (*instance, error) {
	if i := s.servingNow(); i != nil && i.calls.enter() {
		return i, nil
	}
	return nil, s.unavailable()
}

func (s *supervisor) unavailable() error {
	status, _ := s.snapshot()
	if status.State == Ready {
		return fmt.Errorf("%w: %q just stopped taking calls", ErrUnavailable, s.name)
	}
	return fmt.Errorf("%w: %q is %s: %s", ErrUnavailable, s.name, status.State, status.Reason)
}
