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
	"github.com/spurline/spurline/server/pluginhost/internal/veil"
)

const (
	// settle is how long a broken connection may take to turn out as the end of
	// the process.
	settle = 2 * time.Second
	// resultsPerDelivery bounds a call: one result is due, repeats are ignored,
	// but not for ever.
	resultsPerDelivery = 4
	// mostErrorText bytes of a plugin's own error go into that of a call.
	mostErrorText = 500
)

// ForwardTracking forwards a batch of tracking records. Results go to each as
// they come, from the calling goroutine and never after the return; they are
// the plugin's and not checked. Nil means that the plugin ended the stream by
// itself, not that every record has a result. The context must have a deadline.
//
// Errors: ErrNotInstalled, ErrUnavailable, ErrLost (normally as LostError),
// ErrUnsupported, ErrContract; any other says that the stream ended early
// although the process lives, DEADLINE_EXCEEDED that the context ended.
func (h *Host) ForwardTracking(
	ctx context.Context, plugin string, request *pluginv1.ForwardTrackingRequest, each func(*pluginv1.DeliveryResult),
) error {
	return h.call(ctx, plugin, MethodForwardTracking, forwardTracking(request, each))
}

// CopyOrders copies a batch of orders. For each, context and errors see
// ForwardTracking.
func (h *Host) CopyOrders(
	ctx context.Context, plugin string, request *pluginv1.CopyOrdersRequest, each func(*pluginv1.DeliveryResult),
) error {
	return h.call(ctx, plugin, MethodCopyOrders, copyOrders(request, each))
}

// CheckConnection tests the settings of a connection. The context must have a
// deadline. For errors see ForwardTracking.
func (h *Host) CheckConnection(
	ctx context.Context, plugin string, request *pluginv1.CheckConnectionRequest,
) (response *pluginv1.CheckConnectionResponse, err error) {
	err = h.call(ctx, plugin, MethodCheckConnection, func(ctx context.Context, i *instance) error {
		i.veil().Connections(request.GetConnection())
		response, err = i.link.extra.CheckConnection(ctx, request)
		return err
	})
	return response, err
}

// CheckSettings asks what is wrong with settings, which the plugin finds without asking
// anybody. Optional for plugins: ErrUnsupported. The context must have a deadline. For
// other errors see ForwardTracking.
func (h *Host) CheckSettings(
	ctx context.Context, plugin string, request *pluginv1.CheckSettingsRequest,
) (response *pluginv1.CheckSettingsResponse, err error) {
	s, err := h.installed(plugin)
	if err != nil {
		return nil, err
	}
	return s.checkSettings(ctx, request)
}

func (s *supervisor) checkSettings(
	ctx context.Context, request *pluginv1.CheckSettingsRequest,
) (response *pluginv1.CheckSettingsResponse, err error) {
	err = s.call(ctx, MethodCheckSettings, checkSettings(request, &response))
	return response, err
}

// checkSettings asks a process that takes no calls yet.
func (i *instance) checkSettings(
	ctx context.Context, request *pluginv1.CheckSettingsRequest,
) (response *pluginv1.CheckSettingsResponse, err error) {
	err = i.call(ctx, checkSettings(request, &response))
	return response, err
}

// Preview asks what would be sent for one delivery. Optional for plugins:
// ErrUnsupported. The context must have a deadline. For other errors see
// ForwardTracking.
func (h *Host) Preview(
	ctx context.Context, plugin string, request *pluginv1.PreviewRequest,
) (response *pluginv1.PreviewResponse, err error) {
	err = h.call(ctx, plugin, MethodPreview, func(ctx context.Context, i *instance) error {
		i.veil().Connections(request.GetConnection())
		defer i.veil().Carry(request)()
		response, err = i.link.extra.Preview(ctx, request)
		return err
	})
	return response, err
}

// call makes one call on the process that serves.
func (h *Host) call(ctx context.Context, plugin string, method Method, do callFunc) error {
	s, err := h.installed(plugin)
	if err != nil {
		return err
	}
	return s.call(ctx, method, do)
}

func (h *Host) installed(plugin string) (*supervisor, error) {
	s, ok := h.supervisor(plugin)
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrNotInstalled, plugin)
	}
	return s, nil
}

func (s *supervisor) call(ctx context.Context, method Method, do callFunc) (err error) {
	defer func() { s.tally.count(method, false, err) }()
	i, err := s.acquire()
	if err != nil {
		return err
	}
	defer i.calls.leave()
	return i.call(ctx, do)
}

// callFunc makes one call on a process and returns the error as gRPC has it.
type callFunc func(ctx context.Context, i *instance) error

func checkSettings(request *pluginv1.CheckSettingsRequest, response **pluginv1.CheckSettingsResponse) callFunc {
	return func(ctx context.Context, i *instance) (err error) {
		i.veil().Connections(request.GetConnection())
		*response, err = i.link.extra.CheckSettings(ctx, request)
		return err
	}
}

func forwardTracking(request *pluginv1.ForwardTrackingRequest, each func(*pluginv1.DeliveryResult)) callFunc {
	return func(ctx context.Context, i *instance) error {
		i.veil().Connections(request.GetConnections()...)
		defer i.veil().Carry(request)()
		stream, err := i.link.tracking.ForwardTracking(ctx, request)
		if err != nil {
			return err
		}
		return receive(i, stream, len(request.GetDeliveries()), each)
	}
}

func copyOrders(request *pluginv1.CopyOrdersRequest, each func(*pluginv1.DeliveryResult)) callFunc {
	return func(ctx context.Context, i *instance) error {
		i.veil().Connections(request.GetConnections()...)
		defer i.veil().Carry(request)()
		stream, err := i.link.orders.CopyOrders(ctx, request)
		if err != nil {
			return err
		}
		return receive(i, stream, len(request.GetDeliveries()), each)
	}
}

// call makes a call and tells its errors apart.
func (i *instance) call(ctx context.Context, do callFunc) error {
	// A stream that is not read to its end is held until its context ends.
	streaming, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := do(streaming, i); err != nil {
		return i.judge(ctx, err)
	}
	i.answered()
	return nil
}

// resultBatch is what both streaming contracts answer with.
type resultBatch interface {
	GetResults() []*pluginv1.DeliveryResult
}

// receive reads the stream to its end, unless it has far more results than the
// call has deliveries. A message without results counts as one.
func receive[R any, P interface {
	*R
	resultBatch
}](i *instance, stream grpc.ServerStreamingClient[R], deliveries int, each func(*pluginv1.DeliveryResult),
) error {
	most := resultsPerDelivery * deliveries
	for count := 0; ; {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		i.answered()
		results := P(message).GetResults()
		if count += max(1, len(results)); count > most {
			return fmt.Errorf("%w: more than %d results for %d deliveries", ErrContract, most, deliveries)
		}
		for _, result := range results {
			i.veil().State(result.GetConnectionState())
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
	switch {
	case i.gone():
		return i.lost()
	case status.Code(err) == codes.Unimplemented:
		return fmt.Errorf("%w: %q: %w", ErrUnsupported, i.name, i.bounded(err))
	default:
		return fmt.Errorf("call plugin %q: %w", i.name, i.bounded(err))
	}
}

// bounded keeps the code of a plugin's error and the beginning of its text, without
// secrets and data of customers.
func (i *instance) bounded(err error) error {
	if answer, ok := status.FromError(err); ok {
		text := i.veil().Mask([]byte(answer.Message()))
		return status.Error(answer.Code(), cut(clean(text), mostErrorText))
	}
	return err
}

// veil is what takes out of the plugin's words what must not be told.
func (i *instance) veil() *veil.Veil { return i.runner.lines.veil }
