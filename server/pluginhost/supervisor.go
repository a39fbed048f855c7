package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// supervisor keeps one process of one plugin alive. The goroutine in run owns
// the state; all others only read it.
type supervisor struct {
	name    string
	options Options
	catalog catalog
	depot   depot
	logger  *slog.Logger
	ready   func(*pluginv1.Description)

	// Of run alone.
	budget *budget
	// admitted is what this run executes, kept over restarts so that a file
	// that is exchanged in the middle of a run changes nothing.
	admitted *binary

	isolation *isolation
	tally     *tally

	mu     sync.Mutex
	status Status
	// changed is closed and replaced with every change of state.
	changed chan struct{}
	// serving is the process that takes calls, nil unless READY.
	serving *instance
	// proven is the binary of the process that is READY or was last.
	proven *binary
}

func newSupervisor(name string, options Options, catalog catalog, depot depot) *supervisor {
	s := &supervisor{
		name:    name,
		options: options,
		catalog: catalog,
		depot:   depot,
		logger:  options.Logger.With("plugin", name),
		budget:  newBudget(options.Timings),
		status:  Status{Name: name, State: Stopped, Reason: "not started yet", Since: time.Now()},
		changed: make(chan struct{}),
		tally:   newTally(),
	}
	s.isolation = newIsolation(s)
	return s
}

// run starts the plugin again and again until ctx ends, and returns when its
// last process is gone. Sockets are made below the directory base.
func (s *supervisor) run(ctx context.Context, base string) {
	reason := "host starts"
	for ctx.Err() == nil {
		readyFor, err := s.live(ctx, base, reason)
		if ctx.Err() != nil {
			break
		}
		if !s.pause(ctx, readyFor, err) {
			break
		}
		reason = "wait is over"
	}
	s.enter(Stopped, "host stops")
}

// live takes one process from start to end. It returns how long the process was
// ready and why it ended, or why it did not start.
func (s *supervisor) live(ctx context.Context, base, reason string) (time.Duration, error) {
	s.enter(Starting, reason)
	i, err := s.start(ctx, base)
	if err != nil {
		return 0, fmt.Errorf("start: %w", err)
	}
	since := time.Now()
	s.serve(i)
	err = s.attend(ctx, i)
	return time.Since(since), err
}

// start admits the binary and starts a process from it.
func (s *supervisor) start(ctx context.Context, base string) (*instance, error) {
	b, err := s.admit()
	if err != nil {
		return nil, err
	}
	s.count(b.digest)
	l := s.launch(b, base, s.logger)
	starting, cancel := context.WithTimeout(ctx, s.options.Timings.Start)
	defer cancel()
	i, err := l.start(starting)
	if err != nil && ctx.Err() == nil {
		s.keepCrash(l.runner.log().lastLines())
	}
	return i, err
}

// launch describes a process of this plugin.
func (s *supervisor) launch(b binary, base string, logger *slog.Logger) launch {
	mtls := !slices.Contains(s.options.DisableAutoMTLS, s.name)
	return launch{
		name:    s.name,
		runner:  newRunner(b, allowed(s.name, s.options.Environ), mtls, logger),
		base:    base,
		mtls:    mtls,
		timings: s.options.Timings,
	}
}

// admit returns the binary to execute. It is pinned when it is seen first in
// this run, or since the last quarantine.
func (s *supervisor) admit() (binary, error) {
	if s.admitted != nil && s.admitted.verify() == nil {
		return *s.admitted, nil
	}
	found, err := s.catalog.find(s.name)
	if err != nil {
		return binary{}, err
	}
	b, err := s.depot.admit(found.path, s.name, func(digest string) error {
		if s.admitted != nil && s.admitted.digest != digest {
			return refuse(fmt.Errorf("the copy of the binary is damaged and %s changed since it was pinned as %s",
				found.path, s.admitted.digest))
		}
		return found.lock.check(s.name, digest)
	})
	if err != nil {
		return binary{}, err
	}
	if s.admitted == nil {
		s.logger.Info("plugin binary pinned", "path", found.path, "sha256", b.digest, "by_lock", found.lock != nil)
	}
	s.admitted = &b
	return b, nil
}

// attend watches a ready process until it ends or the host does, and returns
// when nothing of it is left.
func (s *supervisor) attend(ctx context.Context, i *instance) error {
	watching, unwatch := context.WithCancel(context.WithoutCancel(ctx))
	hung := make(chan error, 1)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		if err := i.watch(watching, s.options.Timings); err != nil {
			hung <- err
		}
	})

	var err error
	grace := s.options.Timings.Kill
	select {
	case <-i.exited():
		err = fmt.Errorf("ended by itself: %s", i.runner.current().ending())
	case err = <-hung:
		s.retire()
		s.enter(Draining, err.Error())
		i.dump(grace)
		grace = 0
	case <-ctx.Done():
		s.drain(i)
	}
	unwatch()
	watcher.Wait()
	s.retire()
	i.close(grace)
	if err != nil {
		s.keepCrash(i.runner.log().lastLines())
	}
	return err
}

// drain lets running calls end, for a while.
func (s *supervisor) drain(i *instance) {
	empty := i.calls.close()
	s.enter(Draining, "host stops")
	timer := time.NewTimer(s.options.Timings.Drain)
	defer timer.Stop()
	select {
	case <-empty:
	case <-i.exited():
	case <-timer.C:
		i.dismissed.Store(true)
		s.logger.Warn("plugin still had calls when the drain time was over")
	}
}

// pause waits before the next start; false if ctx ended first.
func (s *supervisor) pause(ctx context.Context, readyFor time.Duration, err error) bool {
	var wait time.Duration
	quarantined := errors.Is(err, errRefused)
	if quarantined {
		wait = s.budget.quarantine()
	} else {
		s.crashed()
		wait, quarantined = s.budget.crashed(time.Now(), readyFor)
	}
	state := Backoff
	if quarantined {
		state = Quarantined
		// By the next start the operator may have put another binary there.
		s.admitted = nil
	}
	s.enter(state, err.Error())
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
