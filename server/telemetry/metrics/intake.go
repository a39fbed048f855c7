package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
)

// none stands for the reason of an error that has none.
const none = "NONE"

// intake counts submissions by what their callers are answered.
type intake struct {
	// records and deliveries of orders and of parcels.
	orders, parcels answered
	refusals        *prometheus.CounterVec
	// reasons are all that the API has.
	reasons map[string]bool
	bytes   prometheus.Counter
	items   *byCode
}

// answered are the answers for one kind of record.
type answered struct {
	results    [apiv1.SubmitResult_SUBMIT_RESULT_STALE + 1]prometheus.Counter
	deliveries prometheus.Counter
}

func (m *Metrics) newIntake() intake {
	records := m.counter("intake_records_total",
		"Records accepted, by kind and by what they were answered. A request repeated by its id counts again.",
		"kind", "result")
	deliveries := m.counter("intake_deliveries_total",
		"Deliveries that accepted records were answered to make. A request repeated by its id counts again.", "kind")
	kind := func(name string) (a answered) {
		for i, result := range []string{"UNSPECIFIED", "CREATED", "REVISED", "UNCHANGED", "STALE"} {
			a.results[i] = records.WithLabelValues(name, result)
		}
		a.deliveries = deliveries.WithLabelValues(name)
		return a
	}
	made := intake{
		orders: kind("order"), parcels: kind("parcel"),
		refusals: m.counter("intake_refusals_total",
			"Submissions, or items of a batch or stream, that were refused, by the reason of the error.", "reason"),
		bytes: m.counter("intake_bytes_total", "Bytes of submissions that came in, accepted or not.").WithLabelValues(),
		items: &byCode{vec: m.counter("intake_stream_items_total",
			"Items of streams that were acknowledged, by the code of their status.", "code")},
		reasons: map[string]bool{},
	}
	for number := range apiv1.ErrorReason_name {
		if number == int32(apiv1.ErrorReason_ERROR_REASON_UNSPECIFIED) {
			continue
		}
		made.reasons[fault.Reason(apiv1.ErrorReason(number))] = true
	}
	// All are there at 0 from the start: a rate does not see what a counter begins with.
	for reason := range made.reasons {
		made.refusals.WithLabelValues(reason)
	}
	made.refusals.WithLabelValues(none)
	made.refusals.WithLabelValues(other)
	for code := range made.items.known {
		made.items.of(codes.Code(code))
	}
	return made
}

// unary counts the answer to a call, if it is one of intake.
func (i *intake) unary(request, response any, err error) {
	switch request.(type) {
	case *apiv1.SubmitOrderRequest, *apiv1.SubmitTrackingRequest, *apiv1.SubmitBatchRequest:
	default:
		return
	}
	i.bytes.Add(float64(proto.Size(request.(proto.Message))))
	if err != nil {
		i.refused(status.Convert(err).Proto())
		return
	}
	switch answer := response.(type) {
	case *apiv1.SubmitOrderResponse:
		i.order(answer)
	case *apiv1.SubmitTrackingResponse:
		i.tracking(answer)
	case *apiv1.SubmitBatchResponse:
		for _, result := range answer.GetResults() {
			i.item(result)
		}
	}
}

func (i *intake) item(result *apiv1.SubmitItemResult) {
	switch answer := result.GetResponse().(type) {
	case *apiv1.SubmitItemResult_Order:
		i.order(answer.Order)
	case *apiv1.SubmitItemResult_Shipment:
		i.tracking(answer.Shipment)
	default:
		i.refused(result.GetStatus())
	}
}

func (i *intake) order(answer *apiv1.SubmitOrderResponse) {
	i.orders.add(answer.GetResult(), len(answer.GetDeliveries()))
}

func (i *intake) tracking(answer *apiv1.SubmitTrackingResponse) {
	for _, parcel := range answer.GetParcels() {
		i.parcels.add(parcel.GetResult(), len(parcel.GetDeliveries()))
	}
}

func (a *answered) add(result apiv1.SubmitResult, deliveries int) {
	if result < 0 || int(result) >= len(a.results) {
		result = apiv1.SubmitResult_SUBMIT_RESULT_UNSPECIFIED
	}
	a.results[result].Inc()
	a.deliveries.Add(float64(deliveries))
}

// refused counts a refusal by the reason that callers branch on.
func (i *intake) refused(with *spb.Status) {
	reason := none
	for _, detail := range with.GetDetails() {
		info := &errdetails.ErrorInfo{}
		if !detail.MessageIs(info) || detail.UnmarshalTo(info) != nil {
			continue
		}
		if reason = info.GetReason(); !i.reasons[reason] {
			reason = other
		}
	}
	i.refusals.WithLabelValues(reason).Inc()
}

// stream counts what goes through a stream of intake.
func (i *intake) stream(stream grpc.ServerStream, fullMethod string) grpc.ServerStream {
	if fullMethod != apiv1.IntakeService_SubmitStream_FullMethodName {
		return stream
	}
	return &countedStream{ServerStream: stream, intake: i}
}

type countedStream struct {
	grpc.ServerStream
	intake *intake
}

// RecvMsg counts the bytes that come in.
func (s *countedStream) RecvMsg(message any) error {
	err := s.ServerStream.RecvMsg(message)
	if request, ok := message.(*apiv1.SubmitStreamRequest); ok && err == nil {
		s.intake.bytes.Add(float64(proto.Size(request)))
	}
	return err
}

// SendMsg counts the acknowledgements that go out.
func (s *countedStream) SendMsg(message any) error {
	if response, ok := message.(*apiv1.SubmitStreamResponse); ok {
		for _, acknowledged := range response.GetAcknowledgements() {
			s.intake.items.of(codes.Code(acknowledged.GetResult().GetStatus().GetCode())).Inc()
			s.intake.item(acknowledged.GetResult())
		}
	}
	return s.ServerStream.SendMsg(message)
}
