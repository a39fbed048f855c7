package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// replacement is a process that is started beside the one that serves, which knows
// nothing of it until it is ready.
type replacement struct {
	order   order
	cancel  context.CancelFunc
	results chan replaced
	// taken: the result was received.
	taken bool
}

// replaced is the process, or why there is none.
type replaced struct {
	instance *instance
	err      error
}

// errSame says that the binary on disk is the one that runs.
var errSame = errors.New("the binary has not changed")

// replace starts a process beside i: of the same binary, or for an upgrade of the
// one on disk, if the connections' settings suit it.
func (s *supervisor) replace(ctx context.Context, base string, i *instance, o order) *replacement {
	ctx, cancel := context.WithCancel(ctx)
	r := &replacement{order: o, cancel: cancel, results: make(chan replaced, 1)}
	go func() {
		next, err := s.prepareReplacement(ctx, base, i, o)
		r.results <- replaced{next, err}
	}()
	return r
}

func (s *supervisor) prepareReplacement(
	ctx context.Context, base string, i *instance, o order,
) (*instance, error) {
	b := i.runner.binary
	if o.kind == orderUpgrade && !s.attached() {
		found, err := s.admitFile(nil)
		if err != nil {
			return nil, err
		}
		if found.digest == b.digest {
			return nil, errSame
		}
		b = found
		s.noteUpgrade(Upgrade{
			State: UpgradeRunning, Reason: o.reason, FromSHA256: i.runner.binary.digest, ToSHA256: b.digest,
			FromVersion: i.description.GetVersion(),
		})
	}
	next, err := s.start(ctx, base, b)
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	if o.kind == orderUpgrade {
		if err := s.review(ctx, i.description, next, o.pause); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// review asks whether the connections suit a process of another version, and ends
// it if they do not, or if it does not answer.
func (s *supervisor) review(
	ctx context.Context, before *pluginv1.Description, next *instance, pause bool,
) error {
	if s.hooks.review == nil {
		return nil
	}
	err := s.hooks.review(ctx, Change{
		Plugin: s.name, Old: before, New: next.description, Pause: pause,
		CheckOld: s.checkSettings, CheckNew: next.checkSettings,
	})
	if err == nil {
		return nil
	}
	next.close(s.options.Timings.Kill)
	err = fmt.Errorf("version %s: %w", next.description.GetVersion(), err)
	if errors.Is(err, ErrUnanswered) {
		return next.autopsy(CrashStart, err)
	}
	return next.autopsy(CrashRefused, refuse(err))
}

// result is nil without a replacement, so that nobody receives from it.
func (r *replacement) result() <-chan replaced {
	if r == nil {
		return nil
	}
	return r.results
}

// abandon ends a replacement whose result nobody received.
func (r *replacement) abandon(grace time.Duration) {
	if r == nil {
		return
	}
	r.cancel()
	if r.taken {
		return
	}
	if result := <-r.results; result.err == nil {
		result.instance.close(grace)
	}
	r.order.done <- fmt.Errorf("%w: host stops", ErrUnavailable)
}

// takeOver goes on with the process that is coming in the place of one that has
// ended, or returns the error that tells of its end.
func (s *supervisor) takeOver(ctx context.Context, coming *replacement, ended *crash) (*instance, error) {
	if coming == nil {
		return nil, ended
	}
	s.enter(Starting, ended.Error()+"; another process was being started already")
	select {
	case r := <-coming.results:
		coming.taken = true
		if r.err != nil {
			s.keepOld(coming.order, r.err)
			return nil, ended
		}
		s.keep(ended.report)
		return s.switchTo(ctx, nil, r.instance, coming.order), nil
	case <-ctx.Done():
		return nil, ended
	}
}

// keepOld answers an order whose process did not become one.
func (s *supervisor) keepOld(o order, err error) {
	if errors.Is(err, errSame) {
		s.forgetRefusal()
		o.done <- nil
		return
	}
	s.keep(reportOf(err, CrashStart))
	if o.kind == orderUpgrade {
		state := UpgradeFailed
		if errors.Is(err, ErrRefused) {
			state = UpgradeRefused
		}
		s.endUpgrade(state, err.Error())
	}
	s.logger.Warn("another process was not taken, the old one goes on", "reason", o.reason, "error", oneLine(err.Error()))
	o.done <- err
}

// switchTo has the new process take the calls, and lets the old one, if there is
// one, end those it has. Where the two treat repeats or order differently, the old
// one ends first: no record is with both.
func (s *supervisor) switchTo(ctx context.Context, old, next *instance, o order) *instance {
	reason := o.reason + ": took over"
	apart := old != nil && !alike(old.description, next.description)
	if apart {
		s.drain(old, "ends its calls before version "+next.description.GetVersion()+" takes any, "+
			"which treats repeats or order in another way", s.options.Timings.Handover, ctx.Done())
	}
	if o.kind == orderUpgrade {
		s.fallBackTo(s.admitted, &next.runner.binary)
		s.budget = newBudget(s.options.Timings)
		s.endUpgrade(UpgradeDone, "version "+next.description.GetVersion()+" takes the calls")
	}
	s.serve(next, reason)
	if old != nil && !apart {
		empty := old.calls.close()
		s.leaving.Go(func() { s.finish(old, empty, s.options.Timings.Handover, ctx.Done()) })
	}
	o.done <- nil
	return next
}

// alike says whether records may be with processes of both versions at once.
func alike(a, b *pluginv1.Description) bool {
	return a.GetIdempotency() == b.GetIdempotency() && a.GetOrderingScope() == b.GetOrderingScope() &&
		len(a.GetContracts()) == len(b.GetContracts()) &&
		proto.Equal(&pluginv1.Description{Contracts: a.GetContracts(), JoinedFacts: a.GetJoinedFacts()},
			&pluginv1.Description{Contracts: b.GetContracts(), JoinedFacts: b.GetJoinedFacts()})
}
