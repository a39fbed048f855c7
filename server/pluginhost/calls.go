package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// settle is how long a broken connection may take to turn out as the end of the
// process.
const settle = 2 * time.Second

// ForwardTracking forwards a batch of tracking records. Results go to each as
// they come, from the calling goroutine and never after the return; they are
// the plugin's and not checked. Nil means that the plugin ended the stream by
// itself, not that every record has a result. The context must have a deadline.
//
// Errors: ErrNotInstalled, ErrUnavailable, ErrLost, ErrUnsupported; any other
// says that the stream ended early although the process lives.
func (h *Host) ForwardTracking(
	ctx context.Context, plugin string, request *pluginv1.ForwardTrackingRequest, each func(*pluginv1.DeliveryResult),
) error {
	return h.call(ctx, plugin, func(i *instance) error {
		stream, err := i.link.tracking.ForwardTracking(ctx, request)
		if err != nil {
			return err
		}
		return receive(i, stream, each)
	})
}

// CopyOrders copies a batch of orders. For each, context and errors see
// ForwardTracking.
func (h *Host) CopyOrders(
	ctx context.Context, plugin string, request *pluginv1.CopyOrdersRequest, each func(*pluginv1.DeliveryResult),
) error {
	return h.call(ctx, plugin, func(i *instance) error {
		stream, err := i.link.orders.CopyOrders(ctx, request)
		if err != nil {
			return err
		}
		return receive(i, stream, each)
	})
}

// CheckConnection tests the settings of a connection. The context must have a
// deadline. For errors see ForwardTracking.
func (h *Host) CheckConnection(
	ctx context.Context, plugin string, request *pluginv1.CheckConnectionRequest,
) (response *pluginv1.CheckConnectionResponse, err error) {
	err = h.call(ctx, plugin, func(i *instance) error {
		response, err = i.link.extra.CheckConnection(ctx, request)
		return err
	})
	return response, err
}

// Preview asks what would be sent for one delivery. Optional for plugins:
// ErrUnsupported. The context must have a deadline. For other errors see
// ForwardTracking.
func (h *Host) Preview(
	ctx context.Context, plugin string, request *pluginv1.PreviewRequest,
) (response *pluginv1.PreviewResponse, err error) {
	err = h.call(ctx, plugin, func(i *instance) error {
		response, err = i.link.extra.Preview(ctx, request)
		return err
	})
	return response, err
}

// call runs one call on the process that serves and tells its errors apart.
func (h *Host) call(ctx context.Context, plugin string, do func(*instance) error) error {
	s, ok := h.supervisors[plugin]
	if !ok {
		return fmt.Errorf("%w: %q", ErrNotInstalled, plugin)
	}
	i, err := s.acquire()
	if err != nil {
		return err
	}
	defer i.calls.leave()
	err = do(i)
	if err == nil {
		i.answered()
		return nil
	}
	return i.judge(ctx, err)
}

// resultBatch is what both streaming contracts answer with.
type resultBatch interface {
	GetResults() []*pluginv1.DeliveryResult
}

func receive[R any, P interface {
	*R
	resultBatch
}](i *instance, stream grpc.ServerStreamingClient[R], each func(*pluginv1.DeliveryResult),
) error {
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		i.answered()
		for _, result := range P(message).GetResults() {
			each(result)
		}
	}
}

// judge finds out what an error of a call means. The end of the process shows
// first as a broken connection, which the process's own UNAVAILABLE looks like.
func (i *instance) judge(ctx context.Context, err error) error {
	if status.Code(err) == codes.Unavailable && i.ask(context.WithoutCancel(ctx), settle) != nil {
		i.runner.current().exitsWithin(settle)
	}
	if i.gone() {
		return fmt.Errorf("%w: %q: %s: %w", ErrLost, i.name, i.runner.current().ending(), err)
	}
	if status.Code(err) == codes.Unimplemented {
		return fmt.Errorf("%w: %q: %w", ErrUnsupported, i.name, err)
	}
	return fmt.Errorf("call plugin %q: %w", i.name, err)
}
