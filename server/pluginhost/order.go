package pluginhost

import (
	"context"
	"fmt"
)

// orderKind is what somebody wants of a plugin's process.
type orderKind int

const (
	// orderRestart: another process of the same binary.
	orderRestart orderKind = iota
	// orderRelease: a start now, with the whole crash budget, if the plugin waits.
	orderRelease
	// orderUpgrade: a process of the binary that is on disk now.
	orderUpgrade
	// orderRemove: no process any more.
	orderRemove
)

// order is given to the goroutine that owns a supervisor.
type order struct {
	kind   orderKind
	reason string
	// pause connections that the new version refuses, rather than refuse it.
	pause bool
	// done takes what became of it, and has room for that.
	done chan error
}

func newOrder(kind orderKind, reason string) order {
	return order{kind: kind, reason: reason, done: make(chan error, 1)}
}

// give hands an order over and waits for what becomes of it. Orders are taken one
// after the other, and none while a process starts.
func (s *supervisor) give(ctx context.Context, o order) error {
	select {
	case s.orders <- o:
	case <-s.over:
		return fmt.Errorf("%w: %q: the host does not run it", ErrUnavailable, s.name)
	case <-ctx.Done():
		return fmt.Errorf("plugin %q is busy, now %s: %w", s.name, s.stateNow(), ctx.Err())
	}
	select {
	case err := <-o.done:
		return err
	case <-s.over:
		// It may have been answered last.
		select {
		case err := <-o.done:
			return err
		default:
			return fmt.Errorf("%w: %q: host stops", ErrUnavailable, s.name)
		}
	case <-ctx.Done():
		return fmt.Errorf("plugin %q goes on with it, now %s: %w", s.name, s.stateNow(), ctx.Err())
	}
}

// Restart gives a plugin another process of the same binary. The old process goes
// on until the new one is READY, and ends with its last call, so that nothing waits
// and nothing is lost. A plugin that waits in BACKOFF or QUARANTINED is started
// now. The reason is for the log and the API.
//
// Nil means that the new process is READY. An error of the start is told as it is;
// ErrNotInstalled, ErrUnavailable if the host does not run; the error of ctx does not
// end what has begun.
func (h *Host) Restart(ctx context.Context, name, reason string) error {
	return h.order(ctx, name, newOrder(orderRestart, reason))
}

// Release ends the wait of a plugin in QUARANTINED or BACKOFF: it is started now,
// its crashes are forgotten, and a binary that was exchanged meanwhile is taken. A
// plugin that does not wait is left alone. For the errors see Restart.
func (h *Host) Release(ctx context.Context, name, reason string) error {
	return h.order(ctx, name, newOrder(orderRelease, reason))
}

func (h *Host) order(ctx context.Context, name string, o order) error {
	s, ok := h.supervisor(name)
	if !ok {
		return fmt.Errorf("%w: %q", ErrNotInstalled, name)
	}
	return s.give(ctx, o)
}
