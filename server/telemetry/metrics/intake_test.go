package metrics_test

import (
	"context"
	"errors"
	"io"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/telemetry/metrics"
)

func full() error {
	return fault.New(codes.ResourceExhausted, apiv1.ErrorReason_ERROR_REASON_MERCHANT_BACKLOG_FULL, "full")
}

func created(deliveries int) *apiv1.SubmitOrderResponse {
	return &apiv1.SubmitOrderResponse{
		Result:     apiv1.SubmitResult_SUBMIT_RESULT_CREATED,
		Deliveries: make([]*apiv1.DeliveryReference, deliveries),
	}
}

func revised(parcels int) *apiv1.SubmitTrackingResponse {
	response := &apiv1.SubmitTrackingResponse{}
	for range parcels {
		response.Parcels = append(response.Parcels, &apiv1.ParcelResult{
			Result:     apiv1.SubmitResult_SUBMIT_RESULT_REVISED,
			Deliveries: make([]*apiv1.DeliveryReference, 1),
		})
	}
	return response
}

func items() []*apiv1.SubmitItemResult {
	return []*apiv1.SubmitItemResult{
		{Status: status.New(codes.OK, "").Proto(), Response: &apiv1.SubmitItemResult_Order{Order: created(1)}},
		{Status: status.New(codes.OK, "").Proto(), Response: &apiv1.SubmitItemResult_Shipment{Shipment: revised(2)}},
		{Status: status.Convert(full()).Proto()},
	}
}

// submit has calls of intake counted: an order, a refused one, a shipment of three
// parcels, and the items once in a batch and once in a stream.
func submit(t *testing.T, m *metrics.Metrics) {
	t.Helper()
	call := func(method string, request, response any, err error) {
		t.Helper()
		_, got := m.Unary(t.Context(), request, &grpc.UnaryServerInfo{FullMethod: method},
			func(context.Context, any) (any, error) { return response, err })
		if status.Code(got) != status.Code(err) {
			t.Fatalf("the interceptor answers %v instead of %v", got, err)
		}
	}
	one := &apiv1.SubmitOrderRequest{Parent: "merchants/acme", Order: &commercev1.Order{OrderId: "A-1"}}
	call(apiv1.IntakeService_SubmitOrder_FullMethodName, one, created(2), nil)
	call(apiv1.IntakeService_SubmitOrder_FullMethodName, one, (*apiv1.SubmitOrderResponse)(nil), full())
	call(apiv1.IntakeService_SubmitTracking_FullMethodName, &apiv1.SubmitTrackingRequest{}, revised(3), nil)
	call(apiv1.IntakeService_SubmitBatch_FullMethodName, &apiv1.SubmitBatchRequest{},
		&apiv1.SubmitBatchResponse{Results: items()}, nil)
	call(apiv1.OrderService_GetOrder_FullMethodName, &apiv1.GetOrderRequest{}, nil, status.Error(codes.NotFound, ""))

	err := m.Stream(nil, &quiet{ctx: t.Context()}, &grpc.StreamServerInfo{
		FullMethod: apiv1.IntakeService_SubmitStream_FullMethodName,
	}, func(_ any, stream grpc.ServerStream) error {
		response := &apiv1.SubmitStreamResponse{}
		for _, item := range items() {
			response.Acknowledgements = append(response.Acknowledgements, &apiv1.Acknowledgement{Result: item})
		}
		if err := stream.SendMsg(response); err != nil {
			return err
		}
		if err := stream.RecvMsg(&apiv1.SubmitStreamRequest{}); !errors.Is(err, io.EOF) {
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// quiet is a stream on which nothing comes.
type quiet struct {
	grpc.ServerStream
	ctx context.Context
}

func (q *quiet) Context() context.Context { return q.ctx }
func (q *quiet) SendMsg(any) error        { return nil }
func (q *quiet) RecvMsg(any) error        { return io.EOF }

func TestIntakeIsCountedByWhatCallersAreAnswered(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	submit(t, m)
	families := scrape(t, m)
	for _, want := range []struct {
		name   string
		labels []string
		value  float64
	}{
		{"spurline_intake_records_total", []string{"kind=order", "result=CREATED"}, 3},
		{"spurline_intake_records_total", []string{"kind=parcel", "result=REVISED"}, 7},
		{"spurline_intake_deliveries_total", []string{"kind=order"}, 4},
		{"spurline_intake_deliveries_total", []string{"kind=parcel"}, 7},
		{"spurline_intake_refusals_total", []string{"reason=MERCHANT_BACKLOG_FULL"}, 3},
		{"spurline_intake_stream_items_total", []string{"code=OK"}, 2},
		{"spurline_intake_stream_items_total", []string{"code=ResourceExhausted"}, 1},
		{"spurline_api_requests_total", []string{"method=spurline.api.v1.IntakeService/SubmitOrder", "code=OK"}, 1},
		{
			"spurline_api_requests_total",
			[]string{"method=spurline.api.v1.IntakeService/SubmitOrder", "code=ResourceExhausted"},
			1,
		},
		{"spurline_api_requests_total", []string{"method=spurline.api.v1.OrderService/GetOrder", "code=NotFound"}, 1},
		{"spurline_api_requests_total", []string{"method=spurline.api.v1.IntakeService/SubmitStream", "code=OK"}, 1},
		{"spurline_api_request_duration_seconds", []string{"method=spurline.api.v1.IntakeService/SubmitOrder"}, 2},
		{"spurline_intake_bytes_total", nil, 2 * (16 + 7)},
	} {
		if got := value(t, families, want.name, want.labels...); got != want.value {
			t.Errorf("%s%v is %v, want %v", want.name, want.labels, got, want.value)
		}
	}
	if n := total(families["spurline_intake_refusals_total"]); n != 3 {
		t.Errorf("%v refusals: one of another service must not count", n)
	}
}

// TestIntakeIsThereFromTheStart: a rate does not see what a counter begins with, so
// those whose labels are known begin at 0.
func TestIntakeIsThereFromTheStart(t *testing.T) {
	t.Parallel()
	families := scrape(t, metrics.New())
	for _, want := range []struct {
		name   string
		labels []string
		series int
	}{
		// UNSPECIFIED is no reason; NONE and OTHER come on top.
		{"spurline_intake_refusals_total", []string{"reason=STORE_BUSY"}, len(apiv1.ErrorReason_name) + 1},
		{"spurline_intake_refusals_total", []string{"reason=NONE"}, len(apiv1.ErrorReason_name) + 1},
		{"spurline_intake_refusals_total", []string{"reason=OTHER"}, len(apiv1.ErrorReason_name) + 1},
		{"spurline_intake_stream_items_total", []string{"code=OK"}, int(codes.Unauthenticated) + 1},
		{"spurline_intake_stream_items_total", []string{"code=ResourceExhausted"}, int(codes.Unauthenticated) + 1},
		{"spurline_intake_records_total", []string{"kind=parcel", "result=STALE"}, 10},
	} {
		if got := value(t, families, want.name, want.labels...); got != 0 {
			t.Errorf("%s%v begins at %v", want.name, want.labels, got)
		}
		if got := len(families[want.name].GetMetric()); got != want.series {
			t.Errorf("%s has %d series, want %d", want.name, got, want.series)
		}
	}
}

// total is the sum of a counter over all its labels.
func total(family *dto.MetricFamily) float64 {
	sum := 0.0
	for _, metric := range family.GetMetric() {
		sum += metric.GetCounter().GetValue()
	}
	return sum
}
