package connections

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/store"
)

// DeleteConnection removes one and erases its secrets.
func (s *Service) DeleteConnection(
	ctx context.Context, request *apiv1.DeleteConnectionRequest,
) (*apiv1.DeleteConnectionResponse, error) {
	connection, err := s.find.Connection(ctx, request.GetName(), "name")
	if err != nil {
		return nil, err
	}
	var version int64
	if request.GetEtag() != "" {
		version = connection.Version
		if request.GetEtag() != etag(connection) {
			return nil, lookup.StaleEtag(request.GetName())
		}
	}
	cancelled, err := s.options.Store.DeleteConnection(
		ctx, connection.Key, version, request.GetForce(), s.now())
	switch {
	case errors.Is(err, store.ErrInUse):
		return nil, fault.New(codes.FailedPrecondition, apiv1.ErrorReason_ERROR_REASON_STILL_IN_USE,
			"%s still has open deliveries; wait until they are done, or set force to cancel them",
			request.GetName())
	case errors.Is(err, store.ErrVersion):
		return nil, lookup.StaleEtag(request.GetName())
	case errors.Is(err, store.ErrNotFound): // Deleted by somebody else just now.
		if _, err := s.find.Connection(ctx, request.GetName(), "name"); err != nil {
			return nil, err
		}
		return nil, lookup.StaleEtag(request.GetName())
	case err != nil:
		return nil, s.find.Failed(ctx, err)
	}
	return &apiv1.DeleteConnectionResponse{CancelledDeliveries: cancelled}, nil
}
