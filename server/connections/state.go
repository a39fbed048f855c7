package connections

import (
	"cmp"
	"context"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/store"
)

// disabledByOperator is the reason of a connection that a caller disabled.
const disabledByOperator = "DISABLED_BY_OPERATOR"

// PauseConnection stops sending. Deliveries are still made and wait.
func (s *Service) PauseConnection(
	ctx context.Context, request *apiv1.PauseConnectionRequest,
) (*apiv1.PauseConnectionResponse, error) {
	connection, err := s.setState(ctx, request.GetName(), store.StateChange{
		State: store.Paused, Reason: store.PausedByOperator,
		Hint: cmp.Or(request.GetNote(), "ResumeConnection sends again"),
	})
	if err != nil {
		return nil, err
	}
	return &apiv1.PauseConnectionResponse{Connection: connection}, nil
}

// ResumeConnection makes it ACTIVE again, whatever stopped it.
func (s *Service) ResumeConnection(
	ctx context.Context, request *apiv1.ResumeConnectionRequest,
) (*apiv1.ResumeConnectionResponse, error) {
	connection, err := s.setState(ctx, request.GetName(), store.StateChange{State: store.Active})
	if err != nil {
		return nil, err
	}
	return &apiv1.ResumeConnectionResponse{Connection: connection}, nil
}

// DisableConnection stops sending and making deliveries. What is open waits.
func (s *Service) DisableConnection(
	ctx context.Context, request *apiv1.DisableConnectionRequest,
) (*apiv1.DisableConnectionResponse, error) {
	connection, err := s.setState(ctx, request.GetName(), store.StateChange{
		State: store.Disabled, Reason: disabledByOperator,
		Hint: "ResumeConnection makes and sends deliveries again",
	})
	if err != nil {
		return nil, err
	}
	return &apiv1.DisableConnectionResponse{Connection: connection}, nil
}

func (s *Service) setState(
	ctx context.Context, name string, change store.StateChange,
) (*apiv1.Connection, error) {
	connection, err := s.find.Connection(ctx, name, "name")
	if err != nil {
		return nil, err
	}
	change.Connection, change.Now = connection.Key, s.now()
	if _, err := s.options.Store.SetConnectionState(ctx, change); err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	changed, err := s.find.Connection(ctx, name, "name")
	if err != nil {
		return nil, err
	}
	return toProto(changed), nil
}
