package pluginhost

import (
	"context"
	"errors"
	"fmt"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Isolation makes calls on a second process of a plugin, apart from the one
// that serves all others: for records that may be what crashed that one
// (promise P7). Neither its crash nor its hanging touches the main process, its
// crash budget or its state.
//
// The process runs the binary that the main process runs or ran last. It is
// started by the first call and stopped after a while without one. One call is
// made at a time per plugin, the others wait, so that a crash is the doing of
// that call alone; and what a call that failed may have left running ends with
// its process before the next call. All methods may be called concurrently.
type Isolation struct{ host *Host }

// Isolation returns the isolation processes of this host.
func (h *Host) Isolation() *Isolation { return &Isolation{host: h} }

// ForwardTracking is Host.ForwardTracking in isolation. The time to wait for a
// turn and for the start is part of the context's. ErrUnavailable also says that
// the context ended before the call began, that the process could not be
// started, or that the last failure to start is too recent to try again; nothing
// was sent then.
func (n *Isolation) ForwardTracking(
	ctx context.Context, plugin string, request *pluginv1.ForwardTrackingRequest, each func(*pluginv1.DeliveryResult),
) error {
	return n.call(ctx, plugin, MethodForwardTracking, forwardTracking(request, each))
}

// CopyOrders is Host.CopyOrders in isolation; see ForwardTracking.
func (n *Isolation) CopyOrders(
	ctx context.Context, plugin string, request *pluginv1.CopyOrdersRequest, each func(*pluginv1.DeliveryResult),
) error {
	return n.call(ctx, plugin, MethodCopyOrders, copyOrders(request, each))
}

// CheckConnection is Host.CheckConnection in isolation, without any delivery: a process
// that ends here ends by itself. For waits and errors see ForwardTracking.
func (n *Isolation) CheckConnection(
	ctx context.Context, plugin string, request *pluginv1.CheckConnectionRequest,
) (response *pluginv1.CheckConnectionResponse, err error) {
	err = n.call(ctx, plugin, MethodCheckConnection, func(ctx context.Context, i *instance) error {
		i.veil().Connections(request.GetConnection())
		response, err = i.link.extra.CheckConnection(ctx, request)
		return err
	})
	return response, err
}

func (n *Isolation) call(ctx context.Context, plugin string, method Method, do callFunc) error {
	s, ok := n.host.supervisor(plugin)
	if !ok {
		return fmt.Errorf("%w: %q", ErrNotInstalled, plugin)
	}
	err := s.isolation.call(ctx, do)
	s.tally.count(method, true, err)
	return err
}

// loan is the isolation process in the hands of one caller, or why there is
// none.
type loan struct {
	instance *instance
	err      error
	// back takes whether the process may serve another call. It has room for
	// that, so giving back never waits.
	back chan<- bool
}

// application is a caller that waits for the process.
type application struct {
	// gone is closed when the caller does not wait any more.
	gone <-chan struct{}
	loan chan loan
}

func (n *isolation) call(ctx context.Context, do callFunc) error {
	l, err := n.borrow(ctx)
	if err != nil {
		return err
	}
	err = l.instance.call(ctx, do)
	l.back <- err == nil || errors.Is(err, ErrUnsupported)
	return err
}

// borrow waits for the process. Who gets it must give it back. An error matches
// ErrUnavailable.
func (n *isolation) borrow(ctx context.Context) (loan, error) {
	// Before Run there is nobody to apply to, and nothing proven either.
	if _, err := n.plugin.lastProven(); err != nil {
		return loan{}, err
	}
	mine := application{gone: ctx.Done(), loan: make(chan loan)}
	select {
	case n.applications <- mine:
	case <-n.shut:
		return loan{}, fmt.Errorf("%w: %q: host stops", ErrUnavailable, n.plugin.name)
	case <-ctx.Done():
		return loan{}, fmt.Errorf("%w: %q: isolation is busy: %w", ErrUnavailable, n.plugin.name, ctx.Err())
	}
	select {
	case l := <-mine.loan:
		return l, l.err
	case <-ctx.Done():
		return loan{}, fmt.Errorf("%w: %q: isolation still starts: %w", ErrUnavailable, n.plugin.name, ctx.Err())
	}
}
