package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// isolation is the isolation process of one plugin. The goroutine in run owns
// it and lends it to one caller after the other.
type isolation struct {
	plugin       *supervisor
	logger       *slog.Logger
	applications chan application
	// shut is closed when the host stops.
	shut chan struct{}

	// Of run alone. process is nil if there is none.
	process *instance
	backoff *backoff.ExponentialBackOff
	// failed is why the last start failed; none is tried before notBefore.
	failed    error
	notBefore time.Time
}

func newIsolation(plugin *supervisor) *isolation {
	return &isolation{
		plugin:       plugin,
		logger:       plugin.logger.With("isolation", true),
		applications: make(chan application),
		shut:         make(chan struct{}),
		backoff:      newBudget(plugin.options.Timings).backoff,
	}
}

// run lends the process until ctx ends, and returns when nothing of it is left.
func (n *isolation) run(ctx context.Context, base string) {
	// At once, not when a call that runs has ended: those who wait must not.
	context.AfterFunc(ctx, func() { close(n.shut) })
	idle := time.NewTimer(n.plugin.options.Timings.IsolationIdle)
	defer idle.Stop()
	for {
		var exited <-chan struct{}
		if n.process != nil {
			exited = n.process.exited()
		}
		select {
		case <-ctx.Done():
			n.end("host stops")
			return
		case <-idle.C:
			n.end("no call for a while")
		case <-exited:
			n.end("")
		case applicant := <-n.applications:
			n.lend(ctx, base, applicant)
			idle.Reset(n.plugin.options.Timings.IsolationIdle)
		}
	}
}

// lend gives the process to a caller and waits until it is given back.
func (n *isolation) lend(ctx context.Context, base string, applicant application) {
	back := make(chan bool, 1)
	err := n.prepare(ctx, base)
	select {
	case applicant.loan <- loan{instance: n.process, err: err, back: back}:
	case <-applicant.gone:
		return
	}
	if err != nil {
		return
	}
	select {
	case reusable := <-back:
		// A call that failed may still run in there.
		if !reusable {
			n.end("the call failed")
		}
		return
	case <-ctx.Done():
	}
	timer := time.NewTimer(n.plugin.options.Timings.Drain)
	defer timer.Stop()
	select {
	case <-back:
	case <-timer.C:
		n.process.dismissed.Store(true)
	}
	n.end("host stops")
}

// prepare sees to it that there is a process, of the binary that the main
// process runs. An error matches ErrUnavailable.
func (n *isolation) prepare(ctx context.Context, base string) error {
	b, err := n.plugin.lastProven()
	if err != nil {
		return err
	}
	if n.process != nil && (n.process.gone() || n.process.runner.binary != b) {
		n.end("the plugin has another binary now")
	}
	if n.process != nil {
		return nil
	}
	if wait := time.Until(n.notBefore); wait > 0 {
		return fmt.Errorf("%w: %q in isolation: next start in %s, the last one failed: %w",
			ErrUnavailable, n.plugin.name, wait.Round(time.Millisecond), n.failed)
	}
	if err := n.start(ctx, base, b); err != nil {
		n.failed = err
		n.notBefore = time.Now().Add(min(n.backoff.NextBackOff(), n.plugin.options.Timings.BackoffMost))
		return fmt.Errorf("%w: %q in isolation: start: %w", ErrUnavailable, n.plugin.name, err)
	}
	n.backoff.Reset()
	return nil
}

func (n *isolation) start(ctx context.Context, base string, b binary) error {
	n.plugin.noteIsolation(func(status *IsolationStatus) { status.Starts++ })
	l := n.plugin.launch(b, base, n.logger)
	starting, cancel := context.WithTimeout(ctx, l.timings.Start)
	defer cancel()
	process, err := l.start(starting)
	if err != nil {
		if ctx.Err() == nil {
			n.keep(err, CrashStart)
			n.logger.Warn("isolation process did not start", "error", err)
		}
		return err
	}
	n.process = process
	n.plugin.noteIsolation(func(status *IsolationStatus) { status.Running = true })
	n.logger.Info("isolation process started", "pid", process.runner.current().pid)
	return nil
}

// keep notes the crash of an isolation process. An error without a report had no
// process.
func (n *isolation) keep(err error, cause CrashCause) {
	report := reportOf(err, cause)
	report.Isolated = true
	n.plugin.keep(report)
}

// end ends the process, if there is one, and returns when nothing of it is
// left. The reason is for one that did not end by itself.
func (n *isolation) end(reason string) {
	if n.process == nil {
		return
	}
	process := n.process.runner.current()
	crashed := process.gone()
	pid := process.pid
	instance := n.process
	instance.close(n.plugin.options.Timings.Kill)
	n.process = nil
	n.plugin.noteIsolation(func(status *IsolationStatus) { status.Running = false })
	if crashed {
		n.keep(instance.autopsy(instance.runner.causeOf(), errors.New("ended by itself: "+process.ending())), CrashExit)
		n.logger.Warn("isolation process ended by itself", "pid", pid, "ending", process.ending())
		return
	}
	n.logger.Info("isolation process stopped", "pid", pid, "reason", reason)
}
