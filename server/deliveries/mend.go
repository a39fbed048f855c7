package deliveries

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/store"
)

// retryLimit is the most deliveries that one RetryDeliveries reopens.
const retryLimit = 10_000

// RetryDelivery sends a delivery as soon as its lane allows.
func (s *Service) RetryDelivery(
	ctx context.Context, request *apiv1.RetryDeliveryRequest,
) (*apiv1.RetryDeliveryResponse, error) {
	delivery, err := s.delivery(ctx, request.GetName(), "name")
	if err != nil {
		return nil, err
	}
	if err := s.options.Store.RetryDelivery(ctx, delivery.ID, s.options.Now()); err != nil {
		return nil, s.notMended(ctx, request.GetName(), "retried", err)
	}
	if delivery, err = s.delivery(ctx, request.GetName(), "name"); err != nil {
		return nil, err
	}
	return &apiv1.RetryDeliveryResponse{Delivery: ToProto(delivery)}, nil
}

// RetryDeliveries does so for failed deliveries of a connection.
func (s *Service) RetryDeliveries(
	ctx context.Context, request *apiv1.RetryDeliveriesRequest,
) (*apiv1.RetryDeliveriesResponse, error) {
	connection, err := s.find.Connection(ctx, request.GetConnection(), "connection")
	if err != nil {
		return nil, err
	}
	reopened, err := s.options.Store.RetryFailed(
		ctx, connection.Key, request.GetReason(), retryLimit, s.options.Now())
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	return &apiv1.RetryDeliveriesResponse{ReopenedDeliveries: reopened}, nil
}

// CancelDelivery ends an open or failed delivery.
func (s *Service) CancelDelivery(
	ctx context.Context, request *apiv1.CancelDeliveryRequest,
) (*apiv1.CancelDeliveryResponse, error) {
	delivery, err := s.delivery(ctx, request.GetName(), "name")
	if err != nil {
		return nil, err
	}
	if err := s.options.Store.CancelDelivery(ctx, delivery.ID, s.options.Now()); err != nil {
		return nil, s.notMended(ctx, request.GetName(), "cancelled", err)
	}
	if delivery, err = s.delivery(ctx, request.GetName(), "name"); err != nil {
		return nil, err
	}
	return &apiv1.CancelDeliveryResponse{Delivery: ToProto(delivery)}, nil
}

// notMended says why a delivery could not be changed.
func (s *Service) notMended(ctx context.Context, name, done string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return notFound(name)
	}
	if !errors.Is(err, store.ErrWrongState) {
		return s.find.Failed(ctx, err)
	}
	delivery, err := s.delivery(ctx, name, "name")
	if err != nil {
		return err
	}
	return fault.New(codes.FailedPrecondition, apiv1.ErrorReason_ERROR_REASON_WRONG_DELIVERY_STATE,
		"%s cannot be %s: %s", name, done, whyNot(delivery))
}

func whyNot(d store.Delivery) string {
	switch d.State {
	case store.Delivered:
		return "it was delivered; submit the record with other content to send it again"
	case store.Superseded:
		return "a newer revision takes its place; see OrderService.Explain for the delivery of that"
	case store.Skipped:
		return "it was skipped and has ended, or its record has a newer revision"
	case store.Cancelled:
		return "it was cancelled, and its record has a newer revision or its connection is deleted"
	case store.Failed:
		return "its record has a newer revision, or its connection is deleted; see OrderService.Explain"
	case store.Pending, store.Blocked:
		return "it changed just now; try again"
	}
	return "its state does not allow it"
}
