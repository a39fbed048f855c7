package sdk

import (
	"context"
	"log/slog"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Server serves a plugin's contracts. Main runs one in a process of its own;
// make one only to serve a plugin otherwise, as package plugintest does. It is
// safe for concurrent use.
type Server struct {
	plugin    *definition
	logger    *slog.Logger
	http      *Client
	instances *instances
	slots     *slots
	crew      *crew
	calls     *calls
	gates     *gates
	tokens    *tokens
	panics    panics
}

// NewServer returns a server of the plugin, or all that is wrong with the
// plugin's declaration. The logger is for the kit and for Env.Logger.
func NewServer[S, I any](p Plugin[S, I], logger *slog.Logger) (*Server, error) {
	d, err := define(p)
	if err != nil {
		return nil, err
	}
	return newServer(d, logger, panics{}), nil
}

func newServer(d *definition, logger *slog.Logger, p panics) *Server {
	s := &Server{
		plugin: d, logger: logger, http: NewClient(),
		slots: newSlots(d.pace.Concurrency), crew: newCrew(), calls: newCalls(),
		gates: newGates(), tokens: newTokens(), panics: p,
	}
	s.http.traceparent = d.traceparent
	s.instances = newInstances(logger, s.makeInstance)
	s.instances.panics = p
	return s
}

// Register adds the services that the plugin has to a gRPC server. Its limits of
// message sizes have to be pluginv1.MaxCallBytes.
func (s *Server) Register(to grpc.ServiceRegistrar) {
	pluginv1.RegisterExtraInterfaceServiceServer(to, extraService{server: s})
	if s.plugin.tracking {
		pluginv1.RegisterTrackingForwardServiceServer(to, trackingService{server: s})
	}
	if s.plugin.orders {
		pluginv1.RegisterOrderCopyServiceServer(to, orderService{server: s})
	}
}

// Drain starts no more deliveries, and returns when those that run have
// returned or the context ends. Deliveries that did not start are answered as
// Retry, as nothing of them was sent.
func (s *Server) Drain(ctx context.Context) error { return s.calls.drain(ctx) }

// Close closes the instances, those in use after their last use, and idle
// connections to extra interfaces.
func (s *Server) Close() {
	s.instances.closeAll()
	s.http.close()
	s.crew.close()
}

func (s *Server) makeInstance(c *pluginv1.Connection, from origin) (value any, faults []Fault) {
	defer s.panics.recoverTo(from.logger, from.secrets, "New", func(hint string) {
		value, faults = nil, []Fault{{Reason: reasonPanic, Hint: hint}}
	})
	return s.plugin.build(Env{
		Logger:        from.logger,
		ConnectionUID: c.GetUid(),
		MerchantID:    c.GetMerchantId(),
		AccountID:     c.GetAccountId(),
		HTTP:          s.http,
		Clock:         s.plugin.clock,
		state:         from.state,
		masks:         from.secrets,
		panics:        s.panics,
		gates:         s.gates,
		tokens:        s.tokens,
	}, c.GetSettings(), c.GetSecrets())
}

// extraService serves what every plugin has.
type extraService struct {
	pluginv1.UnimplementedExtraInterfaceServiceServer
	server *Server
}

// Describe implements the contract.
func (e extraService) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	return &pluginv1.DescribeResponse{Description: e.server.plugin.description}, nil
}

// CheckConnection implements the contract. Its instance is apart from those of
// deliveries, as the settings may be unsaved under the same generation.
func (e extraService) CheckConnection(
	ctx context.Context, request *pluginv1.CheckConnectionRequest,
) (response *pluginv1.CheckConnectionResponse, err error) {
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
		return CheckFaulty(faults...).message(m), nil
	}
	defer s.panics.closeValue(value, s.logger, m)
	checker, ok := value.(Checker)
	if !ok {
		return CheckOK(c.GetAccountId(), "").message(m), nil
	}
	defer s.panics.recoverTo(apart.logger, m, "CheckConnection", func(hint string) {
		response, err = nil, status.Error(codes.Internal, m.excerpt(hint))
	})
	return checker.CheckConnection(ctx).message(m), nil
}

// CheckSettings implements the contract. It makes an instance, which calls nobody, and
// closes it.
func (e extraService) CheckSettings(
	_ context.Context, request *pluginv1.CheckSettingsRequest,
) (*pluginv1.CheckSettingsResponse, error) {
	s, c := e.server, request.GetConnection()
	done, err := s.calls.begin()
	if err != nil {
		return nil, err
	}
	defer done()
	apart := s.detached(c)
	value, faults := s.makeInstance(c, apart)
	if len(faults) == 0 {
		s.panics.closeValue(value, s.logger, apart.secrets)
		return &pluginv1.CheckSettingsResponse{}, nil
	}
	if faults[0].Reason == reasonPanic {
		return nil, status.Error(codes.Internal, apart.secrets.excerpt(faults[0].Hint))
	}
	return &pluginv1.CheckSettingsResponse{Faults: faultMessages(faults, apart.secrets)}, nil
}

// detached is the origin of an instance of whose state nothing is stored.
func (s *Server) detached(c *pluginv1.Connection) origin {
	return newOrigin(s.logger, c, &connectionState{value: c.GetState()})
}
