package connections

import (
	"context"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/store"
)

// disabledByOperator is the reason of a connection that a caller disabled.
const disabledByOperator = "DISABLED_BY_OPERATOR"

// PauseConnection stops sending. Deliveries are still made and wait.
func (s *Service) PauseConnection(
	ctx context.Context, request *apiv1.PauseConnectionRequest,
) (*apiv1.PauseConnectionResponse, error) {
	connection, changed, err := s.setState(ctx, request.GetName(), store.StateChange{
		State: store.Paused, Reason: store.PausedByOperator,
		Hint: request.GetNote(),
	})
	if err != nil {
		return nil, err
	}
	if changed {
		s.options.Logger.InfoContext(ctx, "lane paused: a caller asked for it", "connection", connection.GetName())
	}
	return &apiv1.PauseConnectionResponse{Connection: connection}, nil
}

// ResumeConnection makes it ACTIVE again, whatever stopped it. Only settings that its
// plugin refused before, and refuses still, keep it paused.
func (s *Service) ResumeConnection(
	ctx context.Context, request *apiv1.ResumeConnectionRequest,
) (*apiv1.ResumeConnectionResponse, error) {
	stored, err := s.find.Connection(ctx, request.GetName(), "name")
	if err != nil {
		return nil, err
	}
	if violations := s.stillRefuses(ctx, stored); len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}
	connection, changed, err := s.changeState(ctx, stored, store.StateChange{State: store.Active})
	if err != nil {
		return nil, err
	}
	if changed {
		s.options.Logger.InfoContext(ctx, "lane resumed: a caller asked for it", "connection", connection.GetName())
	}
	return &apiv1.ResumeConnectionResponse{Connection: connection}, nil
}

// DisableConnection stops sending and making deliveries. What is open waits.
func (s *Service) DisableConnection(
	ctx context.Context, request *apiv1.DisableConnectionRequest,
) (*apiv1.DisableConnectionResponse, error) {
	connection, changed, err := s.setState(ctx, request.GetName(), store.StateChange{
		State: store.Disabled, Reason: disabledByOperator,
		Hint: "ResumeConnection makes and sends deliveries again",
	})
	if err != nil {
		return nil, err
	}
	if changed {
		s.options.Logger.InfoContext(ctx, "lane disabled: a caller asked for it", "connection", connection.GetName())
	}
	return &apiv1.DisableConnectionResponse{Connection: connection}, nil
}

// setState is changeState of the connection of that name.
func (s *Service) setState(
	ctx context.Context, name string, change store.StateChange,
) (*apiv1.Connection, bool, error) {
	connection, err := s.find.Connection(ctx, name, "name")
	if err != nil {
		return nil, false, err
	}
	return s.changeState(ctx, connection, change)
}

// changeState changes the state of a connection for a caller, and says whether it was another
// one. The log has that as it has what extra interfaces do to lanes: who reads of a pause
// there finds its end too.
func (s *Service) changeState(
	ctx context.Context, connection store.Connection, change store.StateChange,
) (*apiv1.Connection, bool, error) {
	change.Connection, change.Now = connection.Key, s.now()
	changed, err := s.options.Store.SetConnectionState(ctx, change)
	if err != nil {
		return nil, false, s.find.Failed(ctx, err)
	}
	after, err := s.find.Connection(ctx, nameOf(connection), "name")
	if err != nil {
		return nil, false, err
	}
	return toProto(after), changed, nil
}
