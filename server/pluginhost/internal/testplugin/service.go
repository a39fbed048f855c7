package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

type service struct {
	pluginv1.UnimplementedExtraInterfaceServiceServer
	pluginv1.UnimplementedTrackingForwardServiceServer

	name, behaviour, title string
	// stdout is the real one, not the one that go-plugin puts in its place.
	stdout, stderr *os.File
	wedged         atomic.Bool
	// version is what the trailer says of it.
	version *pluginv1.Description
	// refuses and judges are those of the trailer.
	refuses map[string]string
	judges  string

	mu    sync.Mutex
	eaten [][]byte
}

// wedge makes health checks wait for ever once a delivery asked for it.
func (s *service) wedge(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	if s.wedged.Load() && info.FullMethod == grpc_health_v1.Health_Check_FullMethodName {
		forever()
	}
	return handler(ctx, request)
}

// GRPCClient implements goplugin.GRPCPlugin.
func (*shim) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("not a host")
}

// Describe implements the contract.
func (s *service) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	s.makeNoise()
	name := s.name
	if s.behaviour == "misnamed" {
		name = "somebody-else"
	}
	description := &pluginv1.Description{
		Name:      name,
		Version:   "1.0.0",
		Title:     s.title,
		Contracts: []pluginv1.Contract{pluginv1.Contract_CONTRACT_TRACKING_FORWARD},
	}
	if s.version != nil {
		proto.Merge(description, s.version)
	}
	if s.behaviour == "short-lived" {
		time.AfterFunc(10*time.Millisecond, func() { os.Exit(6) })
	}
	return &pluginv1.DescribeResponse{Description: description}, nil
}

func (s *service) makeNoise() {
	// Kept: the end of the file's life would close the descriptor.
	s.stderr = os.NewFile(2, "stderr")
	stderr := s.stderr
	switch s.behaviour {
	case "hostile-log":
		_, _ = io.WriteString(stderr, `{"@level":3,"@message":"x"}`+"\n"+
			`{"@level":"info","@message":{},"@timestamp":[]}`+"\n"+`{"level":"warn","msg":"understood","pid":1}`+"\n")
	case "flooding":
		_, _ = io.WriteString(stderr, strings.Repeat("again and again\n", 200_000))
	case "noisy-stdout":
		_, _ = io.WriteString(s.stdout, "hello\n"+strings.Repeat("x", 1<<20)+"\nbye\n")
		_, _ = io.WriteString(os.Stdout, "diverted\n"+strings.Repeat("y\n", 1<<20))
	}
}

// ForwardTracking implements the contract. What happens is in the ids.
func (s *service) ForwardTracking(
	request *pluginv1.ForwardTrackingRequest, stream pluginv1.TrackingForwardService_ForwardTrackingServer,
) error {
	ledgers, faults := map[string]string{}, map[string]*pluginv1.SettingFault{}
	for _, connection := range request.GetConnections() {
		ledgers[connection.GetUid()] = connection.GetSettings()["ledger"]
		if refused := s.faultsOf(connection); len(refused) > 0 {
			faults[connection.GetUid()] = refused[0]
		}
	}
	for _, delivery := range request.GetDeliveries() {
		if fault, refused := faults[delivery.GetHeader().GetConnectionUid()]; refused {
			err := stream.Send(&pluginv1.ForwardTrackingResponse{Results: []*pluginv1.DeliveryResult{{
				DeliveryId: delivery.GetHeader().GetDeliveryId(), Outcome: pluginv1.Outcome_OUTCOME_UNAUTHORIZED,
				Reason: "SETTINGS_INVALID", Hint: fault.GetField() + ": " + fault.GetHint(),
			}}})
			if err != nil {
				return err
			}
			continue
		}
		if ledger := ledgers[delivery.GetHeader().GetConnectionUid()]; ledger != "" {
			if err := enter(ledger, delivery.GetHeader()); err != nil {
				return err
			}
		}
		if lie, ok := lies[delivery.GetHeader().GetDeliveryId()]; ok {
			return lie(stream)
		}
		switch delivery.GetHeader().GetDeliveryId() {
		case "crash":
			os.Exit(9)
		case "die":
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			forever()
		case "tell":
			connection, customer := request.GetConnections()[0], delivery.GetRecord().GetOrder().GetCustomer()
			key := connection.GetSecrets()["api_key"]
			_, _ = fmt.Fprintf(os.Stderr, "{\"level\":\"error\",\"msg\":\"no luck\",\"key\":%q}\n", key)
			panic(fmt.Sprintf("with %q: cannot greet %s <%s> with %s",
				key, customer.GetName(), "someone@example.com", connection.GetState()))
		case "complain":
			return status.Error(codes.Internal, "no luck with "+request.GetConnections()[0].GetSecrets()["api_key"])
		case "panic":
			panic("poison record")
		case "freeze":
			_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
			forever()
		case "wedge":
			s.wedged.Store(true)
		case "hang":
			// Its clock may end the call before the host's does.
			<-stream.Context().Done()
			return status.FromContextError(stream.Context().Err()).Err()
		case "refuse":
			return status.Error(codes.Unavailable, "come back later")
		case "eat":
			s.eat(1 << 40)
		case "grow":
			s.eat(200 << 20)
		case "hold":
			// Opening a named pipe waits for the test to open its other end.
			pipe, err := os.Open(delivery.GetRecord().GetOrderId())
			if err != nil {
				return err
			}
			_ = pipe.Close()
		}
		err := stream.Send(&pluginv1.ForwardTrackingResponse{Results: []*pluginv1.DeliveryResult{{
			DeliveryId:      delivery.GetHeader().GetDeliveryId(),
			Outcome:         pluginv1.Outcome_OUTCOME_DELIVERED,
			ResponseExcerpt: delivery.GetRecord().GetShipmentId(),
			RemoteId:        strconv.Itoa(os.Getpid()),
		}}})
		if err != nil {
			return err
		}
	}
	return nil
}

// eat takes so many bytes, all of them used.
func (s *service) eat(bytes int) {
	for range bytes >> 20 {
		more := make([]byte, 1<<20)
		for i := 0; i < len(more); i += 4096 {
			more[i] = 1
		}
		s.mu.Lock()
		s.eaten = append(s.eaten, more)
		s.mu.Unlock()
	}
}

// enter notes a delivery in a file, which is the outside system of tests of the whole
// server: one line each, written at once.
func enter(ledger string, header *pluginv1.DeliveryHeader) error {
	file, err := os.OpenFile(ledger, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s %s\n", header.GetRecordKey(), header.GetContentKey())
	return errors.Join(err, file.Close())
}
