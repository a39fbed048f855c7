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
	"github.com/spurline/spurline/server/pluginhost/internal/cgroup"
)

// supervisor keeps one process of one plugin alive. The goroutine in run owns
// the state; all others only read it, and give it orders.
type supervisor struct {
	name    string
	options Options
	catalog catalog
	depot   depot
	// groups is where processes get control groups, nil if there are none.
	groups *cgroup.Tree
	logger *slog.Logger
	hooks  *hooks
	orders chan order
	// over is closed when run has returned.
	over chan struct{}

	// Of run alone.
	budget *budget
	// admitted is what this run executes, kept over restarts so that a file
	// that is exchanged in the middle of a run changes nothing by itself.
	admitted *binary
	// fallback is the binary before the last upgrade, nil once the new one has
	// proved stable.
	fallback *binary
	// next is the order that ended the wait, to be answered when it is done.
	next *order
	// leaving are old processes that end their calls.
	leaving sync.WaitGroup

	isolation *isolation
	tally     *tally
	lines     *lineLog

	mu     sync.Mutex
	status Status
	// changed is closed and replaced with every change of state.
	changed chan struct{}
	// serving is the process that takes calls, nil unless READY.
	serving *instance
	// proven is the binary of the process that is READY or was last.
	proven *binary
	// reports of crashes, oldest first.
	reports []CrashReport
}

func newSupervisor(
	name string, options Options, catalog catalog, depot depot, groups *cgroup.Tree, hooks *hooks,
) *supervisor {
	s := &supervisor{
		name:    name,
		options: options,
		catalog: catalog,
		depot:   depot,
		groups:  groups,
		logger:  options.Logger.With("plugin", name),
		hooks:   hooks,
		orders:  make(chan order),
		over:    make(chan struct{}),
		budget:  newBudget(options.Timings),
		status:  Status{Name: name, State: Stopped, Reason: "not started yet", Since: time.Now()},
		changed: make(chan struct{}),
		tally:   newTally(),
		lines:   newLineLog(),
	}
	s.isolation = newIsolation(s)
	return s
}

// errRemoved ends a supervisor whose plugin was removed.
var errRemoved = errors.New("the plugin was removed")

// run starts the plugin again and again until ctx ends or the plugin is removed,
// and returns when its last process is gone. Sockets are made below the directory
// base.
func (s *supervisor) run(ctx context.Context, base string) {
	defer close(s.over)
	reason, end := "host starts", "host stops"
	for ctx.Err() == nil {
		i, err := s.begin(ctx, base, reason)
		for err == nil && i != nil {
			i, err = s.attend(ctx, base, i)
		}
		if ctx.Err() != nil {
			break
		}
		if err == nil || errors.Is(err, errRemoved) {
			end = errRemoved.Error()
			break
		}
		if reason, err = s.pause(ctx, err); err != nil {
			end = err.Error()
			break
		}
	}
	s.leaving.Wait()
	s.enter(Stopped, end)
}

// begin takes a process from its start to READY.
func (s *supervisor) begin(ctx context.Context, base, reason string) (i *instance, err error) {
	asked := s.next
	s.next = nil
	defer func() {
		if asked != nil {
			asked.done <- err
		}
	}()
	s.enter(Starting, reason)
	b, err := s.admit()
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	s.take(b)
	i, err = s.start(ctx, base, b)
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	// What another version asks for is held against the connections, once it is
	// known that it is another.
	before, described := s.lastServed()
	if described != nil && before.digest != b.digest {
		pause := asked != nil && asked.pause
		if err := s.review(ctx, described, i, pause); err != nil {
			return nil, fmt.Errorf("start: %w", err)
		}
	}
	if asked != nil && (asked.kind == orderUpgrade || asked.kind == orderRelease) {
		s.forgetRefusal() // The binary on disk is the one that runs.
	}
	s.serve(i, "started and described itself")
	return i, nil
}

// start starts a process of an admitted binary.
func (s *supervisor) start(ctx context.Context, base string, b binary) (*instance, error) {
	s.count()
	most := s.options.Timings.Start
	if s.attached() {
		most = attachStart
	}
	starting, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return s.launch(b, base, s.logger).start(starting)
}

// launch describes a process of this plugin.
func (s *supervisor) launch(b binary, base string, logger *slog.Logger) launch {
	mtls := !slices.Contains(s.options.DisableAutoMTLS, s.name)
	runner := newRunner(b, allowed(s.name, s.options.Environ), mtls, logger, s.lines)
	if !s.attached() {
		runner.memory = s.options.memoryLimit(s.name)
		runner.groups, runner.name = s.groups, s.name
	}
	return launch{
		name:    s.name,
		runner:  runner,
		base:    base,
		mtls:    mtls,
		timings: s.options.Timings,
		attach:  s.options.Attach[s.name],
	}
}

// attached says whether somebody else runs the plugin.
func (s *supervisor) attached() bool { return s.options.Attach[s.name] != "" }

// admit returns the binary to execute. It is pinned when it is seen first in
// this run, since the last quarantine, or by an upgrade.
func (s *supervisor) admit() (binary, error) {
	if s.attached() {
		return binary{}, nil // Nobody knows what it is.
	}
	if s.admitted != nil && s.admitted.verify() == nil {
		return *s.admitted, nil
	}
	return s.admitFile(s.admitted)
}

// admitFile returns the binary that is on disk now, which must be the one that
// was pinned, if there is one.
func (s *supervisor) admitFile(pinned *binary) (binary, error) {
	found, err := s.catalog.find(s.name)
	if err != nil {
		return binary{}, err
	}
	b, err := s.depot.admit(found.path, s.name, func(digest string) error {
		if pinned != nil && pinned.digest != digest {
			return refuse(fmt.Errorf("the copy of the binary is damaged and %s changed since it was pinned as %s",
				found.path, pinned.digest))
		}
		return found.lock.check(found.folder, s.name, digest)
	})
	if err != nil {
		return binary{}, err
	}
	b.locked = found.lock != nil
	switch {
	case pinned != nil:
	case b.locked:
		s.logger.Info("plugin binary pinned", "path", found.path, "sha256", b.digest, "lock", found.lock.path)
	default:
		s.logger.Warn("no plugins.lock pins the plugin, so whatever is in its file is executed; that is for development",
			"path", found.path, "sha256", b.digest, "pin_it_with", pinCommand(found.folder, s.name))
	}
	return b, nil
}

// attend watches a ready process until it ends, the host does, or another process
// takes over, which it returns. What it watched is gone then, or ends its calls in
// the background.
func (s *supervisor) attend(ctx context.Context, base string, i *instance) (next *instance, err error) {
	watching, unwatch := context.WithCancel(context.WithoutCancel(ctx))
	hung := make(chan error, 1)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		if s.attached() {
			return // It may stand at a breakpoint.
		}
		if err := i.watch(watching, s.options.Timings); err != nil {
			hung <- err
		}
	})
	defer watcher.Wait()
	defer unwatch()
	stable := time.NewTimer(time.Until(i.readySince.Add(s.options.Timings.Stable)))
	defer stable.Stop()

	var coming *replacement
	defer func() { coming.abandon(s.options.Timings.Kill) }()
	for {
		orders := s.orders
		if coming != nil {
			orders = nil // They wait until it took over or did not.
		}
		select {
		case <-i.exited():
			s.retire()
			i.close(s.options.Timings.Kill)
			err := fmt.Errorf("ended by itself: %s", i.runner.current().ending())
			return s.takeOver(ctx, coming, i.autopsy(i.runner.causeOf(), err))
		case err := <-hung:
			s.retire()
			s.enter(Draining, err.Error())
			cause := CrashMemory
			if !errors.Is(err, errMemory) {
				cause = CrashHung
				i.dump(s.options.Timings.Kill)
			}
			i.close(0)
			return s.takeOver(ctx, coming, i.autopsy(cause, err))
		case <-ctx.Done():
			s.drain(i, "host stops", s.options.Timings.Drain, nil)
			return nil, nil
		case <-stable.C:
			s.settle()
		case o := <-orders:
			switch o.kind {
			case orderRelease:
				o.done <- nil
			case orderRemove:
				s.drain(i, errRemoved.Error(), s.options.Timings.Handover, ctx.Done())
				o.done <- nil
				return nil, errRemoved
			default:
				coming = s.replace(ctx, base, i, o)
			}
		case r := <-coming.result():
			if r.err == nil {
				coming.taken = true
				return s.switchTo(ctx, i, r.instance, coming.order), nil
			}
			s.keepOld(coming.order, r.err)
			coming = nil
		}
	}
}

// drain lets running calls end, for a while, and ends the process. The wait is cut
// to that of a stopping host if hurry is closed.
func (s *supervisor) drain(i *instance, reason string, most time.Duration, hurry <-chan struct{}) {
	empty := i.calls.close()
	s.enter(Draining, reason)
	s.finish(i, empty, most, hurry)
	s.retire()
}

// finish waits until the calls of a process have ended, for a while, and ends it.
func (s *supervisor) finish(i *instance, empty <-chan struct{}, most time.Duration, hurry <-chan struct{}) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	crashed := false
	for waiting := true; waiting; {
		select {
		case <-empty:
			waiting = false
		case <-i.exited():
			waiting, crashed = false, true
		case <-hurry:
			hurry = nil
			timer.Reset(min(most, s.options.Timings.Drain))
		case <-timer.C:
			waiting = false
			i.dismissed.Store(true)
			s.logger.Warn("plugin still had calls when the drain time was over")
		}
	}
	i.close(s.options.Timings.Kill)
	if crashed {
		err := fmt.Errorf("ended by itself while it was drained: %s", i.runner.current().ending())
		s.keep(i.autopsy(i.runner.causeOf(), err).report)
	}
}

// pause waits before the next start, and returns the reason for it. An error says
// that there will be none.
func (s *supervisor) pause(ctx context.Context, ended error) (reason string, err error) {
	report := reportOf(ended, CrashStart)
	s.keep(report)
	var wait time.Duration
	quarantined := errors.Is(ended, ErrRefused)
	switch {
	case s.attached():
		wait, quarantined = attachWait, false
	case quarantined:
		wait = s.budget.quarantine()
	default:
		wait, quarantined = s.budget.crashed(time.Now(), report.Ready)
	}
	state := Backoff
	if quarantined {
		if s.rollBack(ended) {
			return "rolled back", nil
		}
		state = Quarantined
		// By the next start the operator may have put another binary there.
		s.admitted = nil
	}
	s.enterUntil(state, ended.Error(), time.Now().Add(wait))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return "", errors.New("host stops")
	case <-timer.C:
		return "wait is over", nil
	case o := <-s.orders:
		return s.obey(o)
	}
}

// obey carries out an order that ends the wait.
func (s *supervisor) obey(o order) (reason string, err error) {
	switch o.kind {
	case orderRemove:
		o.done <- nil
		return "", errRemoved
	case orderRelease:
		s.budget, s.admitted = newBudget(s.options.Timings), nil
	case orderUpgrade:
		s.budget, s.admitted, s.fallback = newBudget(s.options.Timings), nil, nil
	case orderRestart:
	}
	s.next = &o
	return o.reason, nil
}

// stateNow is for error messages.
func (s *supervisor) stateNow() string {
	status, _ := s.snapshot()
	return fmt.Sprintf("%s: %s", status.State, status.Reason)
}

// hooks are what the host's owner is asked and told.
type hooks struct {
	// before and after a process becomes READY.
	before, after []func(*pluginv1.Description)
	review        func(context.Context, Change) error
}
