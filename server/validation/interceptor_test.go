package validation_test

import (
	"testing"

	"google.golang.org/grpc"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/apitest"
)

// echo acknowledges the items of a stream.
type echo struct {
	apiv1.UnimplementedIntakeServiceServer
}

func (echo) SubmitStream(stream grpc.BidiStreamingServer[apiv1.SubmitStreamRequest, apiv1.SubmitStreamResponse]) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return err
		}
		if err := stream.Send(&apiv1.SubmitStreamResponse{}); err != nil {
			return err
		}
	}
}

func TestEveryMessageOfAStreamIsChecked(t *testing.T) {
	t.Parallel()
	client := apiv1.NewIntakeServiceClient(apitest.Serve(t, func(server grpc.ServiceRegistrar) {
		apiv1.RegisterIntakeServiceServer(server, echo{})
	}))
	stream, err := client.SubmitStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// A bad item is for the handler, too many are for nobody.
	for _, items := range []int{1, 501} {
		request := &apiv1.SubmitStreamRequest{Items: make([]*apiv1.StreamItem, items)}
		for i := range request.GetItems() {
			request.Items[i] = &apiv1.StreamItem{}
		}
		if err := stream.Send(request); err != nil {
			t.Fatal(err)
		}
		_, err := stream.Recv()
		if items == 1 && err != nil {
			t.Errorf("one item: %v", err)
		}
		if items > 500 {
			apitest.WantInvalid(t, err, "items", "must have at most 500 elements")
		}
	}
}
