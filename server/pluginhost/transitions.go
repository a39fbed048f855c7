package pluginhost

import (
	"fmt"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// enter changes the state, with one line in the log, and wakes who waits.
func (s *supervisor) enter(state State, reason string) { s.enterUntil(state, reason, time.Time{}) }

// enterUntil enters a state that a start ends at the given time.
func (s *supervisor) enterUntil(state State, reason string, next time.Time) {
	s.change(func(status *Status) {
		status.State, status.Reason, status.NextStart = state, oneLine(reason), next
		if state == Stopped || state == Starting || state == Backoff || state == Quarantined {
			status.PID = 0
		}
	})
}

// serve makes a process READY: from here on it takes calls, in the place of the
// one that did.
func (s *supervisor) serve(i *instance, reason string) {
	for _, before := range s.hooks.before {
		before(i.description)
	}
	i.readySince = time.Now()
	s.change(func(status *Status) {
		status.State, status.Reason, status.NextStart = Ready, reason, time.Time{}
		status.PID = i.runner.current().pid
		status.Description = i.description
		status.StartTook = i.took
		status.SHA256, status.Pinned = i.runner.binary.digest, i.runner.binary.locked
		s.serving = i
		s.proven = &i.runner.binary
	})
	for _, after := range s.hooks.after {
		after(i.description)
	}
}

// lastServed returns the binary that is READY or was last, and its description,
// nil if none was.
func (s *supervisor) lastServed() (binary, *pluginv1.Description) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proven == nil {
		return binary{}, nil
	}
	return *s.proven, s.status.Description
}

// retire keeps calls off the process; its state follows once it is gone.
func (s *supervisor) retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving = nil
}

// take notes the binary that is to be started where nothing serves.
func (s *supervisor) take(b binary) {
	s.admitted = &b
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.SHA256, s.status.Pinned = b.digest, b.locked
}

// count notes one more start.
func (s *supervisor) count() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Starts++
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
	i := s.servingNow()
	for i != nil {
		if i.calls.enter() {
			return i, nil
		}
		// Its gate is shut after another took its place, or because none does.
		next := s.servingNow()
		if next == i {
			break
		}
		i = next
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

// Describe returns the description that a plugin last gave, nil before its first
// start, and whether it takes calls now. It costs less than a Status. The
// description must not be changed.
func (h *Host) Describe(plugin string) (description *pluginv1.Description, ready bool) {
	s, ok := h.supervisor(plugin)
	if !ok {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status.Description, s.status.State == Ready
}
