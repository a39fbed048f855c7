package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// traceOf is the trace of a call that a test numbers, traceparent what its caller sends.
func traceOf(call int) string { return fmt.Sprintf("%032x", 0xabc0+call) }

func traceparent(call int) string { return fmt.Sprintf("00-%s-%016x-00", traceOf(call), call) }

// tracedBy is the context of a call with that trace.
func tracedBy(ctx context.Context, call int) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "traceparent", traceparent(call))
}

// submitEach submits a record with each kind of call, each with another trace, and one
// record without. It returns the calls by the order ids of their records, 0 for none.
func (s *server) submitEach(merchant, prefix, number string) map[string]int {
	s.t.Helper()
	shipment := func(call int) *commercev1.Shipment {
		return &commercev1.Shipment{
			OrderId: fmt.Sprint(prefix, call), Parcels: []*commercev1.Parcel{parcel(fmt.Sprint(number, call))},
		}
	}
	calls := map[string]int{}
	for call, submit := range []func(ctx context.Context) error{
		func(ctx context.Context) error {
			_, err := s.intake.SubmitTracking(metadata.AppendToOutgoingContext(ctx, "traceparent", "00-malformed"),
				&apiv1.SubmitTrackingRequest{Parent: merchant, Shipment: shipment(0)})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.intake.SubmitOrder(tracedBy(ctx, 1), &apiv1.SubmitOrderRequest{
				Parent: merchant, Order: order(fmt.Sprint(prefix, 1), "shop", "DE"),
			})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.intake.SubmitTracking(tracedBy(ctx, 2),
				&apiv1.SubmitTrackingRequest{Parent: merchant, Shipment: shipment(2)})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.intake.SubmitBatch(tracedBy(ctx, 3), &apiv1.SubmitBatchRequest{
				Parent: merchant, Items: []*apiv1.SubmitItem{{Record: &apiv1.SubmitItem_Shipment{Shipment: shipment(3)}}},
			})
			return err
		},
		func(ctx context.Context) error {
			stream, err := s.intake.SubmitStream(tracedBy(ctx, 4))
			if err != nil {
				return err
			}
			if err := stream.Send(&apiv1.SubmitStreamRequest{Items: []*apiv1.StreamItem{{
				Parent: merchant, Item: &apiv1.SubmitItem{Record: &apiv1.SubmitItem_Shipment{Shipment: shipment(4)}},
			}}}); err != nil {
				return err
			}
			_, err = stream.Recv()
			return err
		},
	} {
		if err := submit(s.t.Context()); err != nil {
			s.t.Fatalf("call %d: %v", call, err)
		}
		calls[fmt.Sprint(prefix, call)] = call
	}
	return calls
}

// awaitTraces waits until an event of each record came, and holds it against the call
// that submitted it. So are the deliveries that people see.
func (s *server) awaitTraces(merchant string, receiver *webhooktest.Receiver, calls map[string]int) {
	s.t.Helper()
	came := map[string]string{}
	s.await("the events", func() error {
		for _, e := range receiver.Taken() {
			came[fmt.Sprint(e.Record["order_id"])] = strings.Join(e.Header.Values("traceparent"), ",")
		}
		for order := range calls {
			if _, ok := came[order]; !ok {
				return fmt.Errorf("no event of %s", order)
			}
		}
		return nil
	})
	for order, call := range calls {
		want, trace := "", ""
		if call > 0 {
			want, trace = traceparent(call), traceOf(call)
		}
		if came[order] != want {
			s.t.Errorf("%s came with traceparent %q, want %q", order, came[order], want)
		}
		listed, err := s.deliveries.ListDeliveries(s.t.Context(),
			&apiv1.ListDeliveriesRequest{Parent: merchant, OrderId: order})
		if err != nil || len(listed.GetDeliveries()) == 0 {
			s.t.Fatalf("deliveries of %s: %v, %v", order, listed, err)
		}
		told, err := s.orders.Explain(s.t.Context(), &apiv1.ExplainRequest{
			Parent: merchant, Subject: &apiv1.ExplainRequest_OrderId{OrderId: order},
		})
		if err != nil {
			s.t.Fatal(err)
		}
		shown := listed.GetDeliveries()
		for _, record := range told.GetStories()[0].GetRecords() {
			for _, connection := range record.GetConnections() {
				shown = append(shown, connection.GetDelivery())
			}
		}
		for _, delivery := range shown {
			if delivery != nil && delivery.GetTraceId() != trace {
				s.t.Errorf("delivery %s of %s has trace %q, want %q", delivery.GetName(), order, delivery.GetTraceId(), trace)
			}
		}
	}
}

// TestTraceOfTheCallGoesOn: what a caller sent as its trace goes on to a receiver that
// continues it, from memory and after a restart of the server, and to no other system.
//
//nolint:paralleltest // It sets the environment of the plugin.
func TestTraceOfTheCallGoesOn(t *testing.T) {
	receiver := webhooktest.New(webhooktest.Secret)
	stand := aftershiptest.New(aftershiptest.WithoutRateLimits())
	s, url := startWebhook(t, receiver, "127.0.0.0/8")
	acme := s.merchant("acme")
	hook := s.webhookTo(acme, url).GetName()
	s.connect(acme, stand.Start(t))
	s.awaitTraces(acme, receiver, s.submitEach(acme, "A-", "1Z999AA1012345678"))

	if _, err := s.connections.PauseConnection(t.Context(), &apiv1.PauseConnectionRequest{Name: hook}); err != nil {
		t.Fatal(err)
	}
	calls := s.submitEach(acme, "B-", "1Z999AA1098765432")
	s.stop()
	s = startIn(t, s.dir)
	if _, err := s.connections.ResumeConnection(t.Context(), &apiv1.ResumeConnectionRequest{Name: hook}); err != nil {
		t.Fatal(err)
	}
	s.awaitTraces(acme, receiver, calls)
	s.await("the trackings", func() error {
		if n := len(stand.Trackings()); n != 8 {
			return fmt.Errorf("%d of 8 trackings", n)
		}
		return nil
	})
	for _, e := range stand.Journal() {
		if sent := e.Header.Values("traceparent"); len(sent) > 0 {
			t.Errorf("AfterShip got to see %q", sent)
		}
	}
}
