package auth_test

import (
	"context"
	"net"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/auth"
)

// intake answers every stream item with the judgement of CheckMerchant.
type intake struct {
	apiv1.UnimplementedIntakeServiceServer
}

func (intake) SubmitStream(stream apiv1.IntakeService_SubmitStreamServer) error {
	request, err := stream.Recv()
	if err != nil {
		return err
	}
	for _, item := range request.GetItems() {
		verdict := status.Convert(auth.CheckMerchant(stream.Context(), item.GetParent()[len("merchants/"):])).Proto()
		err := stream.Send(&apiv1.SubmitStreamResponse{Acknowledgements: []*apiv1.Acknowledgement{
			{Sequence: item.GetSequence(), Result: &apiv1.SubmitItemResult{Status: verdict}},
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// serve starts a server with every service of the API, whose methods answer
// UNIMPLEMENTED once they are reached, and returns a connection to it.
func serve(t *testing.T, guard *auth.Guard, serverSide, clientSide credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	server := grpc.NewServer(grpc.Creds(serverSide),
		grpc.ChainUnaryInterceptor(guard.Unary), grpc.ChainStreamInterceptor(guard.Stream))
	apiv1.RegisterIntakeServiceServer(server, intake{})
	apiv1.RegisterOrderServiceServer(server, apiv1.UnimplementedOrderServiceServer{})
	apiv1.RegisterDeliveryServiceServer(server, apiv1.UnimplementedDeliveryServiceServer{})
	apiv1.RegisterConnectionServiceServer(server, apiv1.UnimplementedConnectionServiceServer{})
	apiv1.RegisterMerchantServiceServer(server, apiv1.UnimplementedMerchantServiceServer{})
	apiv1.RegisterPluginServiceServer(server, apiv1.UnimplementedPluginServiceServer{})
	healthpb.RegisterHealthServer(server, health.NewServer())
	reflection.Register(server)

	listener := bufconn.Listen(1 << 20)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	connection, err := grpc.NewClient("passthrough:///localhost",
		grpc.WithTransportCredentials(clientSide),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return listener.DialContext(ctx)
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = connection.Close()
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return connection
}

func servePlain(t *testing.T, guard *auth.Guard) *grpc.ClientConn {
	t.Helper()
	return serve(t, guard, insecure.NewCredentials(), insecure.NewCredentials())
}

// as returns a context that shows a token.
func as(t *testing.T, token string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
}

func reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
