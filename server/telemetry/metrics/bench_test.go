package metrics_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/telemetry/metrics"
)

// BenchmarkDelivery is what the metrics of one delivery cost dispatch.
func BenchmarkDelivery(b *testing.B) {
	observer := metrics.New().Observer()
	ending := dispatch.Ending{
		Plugin: "aftership", Outcome: store.OutcomeRetry, Reason: "HTTP_503", Answered: true,
		State: store.Delivered, Took: time.Second, Age: time.Minute,
	}
	b.ReportAllocs()
	for b.Loop() {
		observer.Ended(ending)
	}
}

// BenchmarkCall is what the metrics of one SubmitTracking cost the API.
func BenchmarkCall(b *testing.B) {
	counted := metrics.New()
	request := &apiv1.SubmitTrackingRequest{
		Parent: "merchants/acme",
		Shipment: &commercev1.Shipment{
			OrderId: "A-1", Parcels: []*commercev1.Parcel{{TrackingNumber: "1Z999AA10123456784"}},
		},
	}
	response := revised(1)
	info := &grpc.UnaryServerInfo{FullMethod: apiv1.IntakeService_SubmitTracking_FullMethodName}
	handler := func(context.Context, any) (any, error) { return response, nil }
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := counted.Unary(ctx, request, info, handler); err != nil {
			b.Fatal(err)
		}
	}
}
