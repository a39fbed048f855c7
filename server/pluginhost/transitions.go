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
	return s.status, s.changed
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
