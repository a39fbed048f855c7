package sdk

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

var errNoPreview = status.Error(codes.Unimplemented, "the plugin has no preview of this kind")

// Preview implements the contract. Like a check it has an instance of its own.
func (e extraService) Preview(
	ctx context.Context, request *pluginv1.PreviewRequest,
) (response *pluginv1.PreviewResponse, err error) {
	s, c := e.server, request.GetConnection()
	done, err := s.calls.begin()
	if err != nil {
		return nil, err
	}
	defer done()
	apart := s.detached(c)
	m := apart.secrets
	value, faults := s.makeInstance(c, apart)
	if len(faults) > 0 {
		return nil, status.Error(codes.FailedPrecondition, m.excerpt(settingsHint(faults)))
	}
	defer s.panics.closeValue(value, s.logger, m)
	defer s.panics.recoverTo(apart.logger, m, "Preview", func(hint string) {
		response, err = nil, status.Error(codes.Internal, m.excerpt(hint))
	})
	preview, err := previewOf(ctx, value, request)
	if err != nil {
		if status.Code(err) == codes.Unimplemented {
			return nil, err
		}
		return nil, status.Error(codes.InvalidArgument, m.excerpt(err.Error()))
	}
	return preview.message(m), nil
}

func previewOf(ctx context.Context, value any, request *pluginv1.PreviewRequest) (Preview, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(defaultBudget)
	}
	switch {
	case request.GetTracking() != nil:
		if previewer, ok := value.(TrackingPreviewer); ok {
			return previewer.PreviewTracking(newTrackingDelivery(request.GetTracking(), deadline))
		}
	case request.GetOrder() != nil:
		if previewer, ok := value.(OrderPreviewer); ok {
			return previewer.PreviewOrder(newOrderDelivery(request.GetOrder(), deadline))
		}
	}
	return Preview{}, errNoPreview
}
