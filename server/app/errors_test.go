package app_test

import (
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// reason returns the reason of an error, and the fields that break a rule.
func reason(err error) (reason string, fields []string) {
	for _, detail := range status.Convert(err).Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = detail.GetReason()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				fields = append(fields, violation.GetField())
			}
		}
	}
	return reason, fields
}

func wantReason(t *testing.T, err error, want string) {
	t.Helper()
	if got, _ := reason(err); got != want {
		t.Errorf("reason %q of %v, want %s", got, err, want)
	}
}

// wantViolation fails unless the error names the field.
func wantViolation(t *testing.T, err error, field string) {
	t.Helper()
	_, fields := reason(err)
	for _, got := range fields {
		if got == field {
			if status.Code(err) != codes.InvalidArgument {
				t.Errorf("code %s, want InvalidArgument", status.Code(err))
			}
			return
		}
	}
	t.Errorf("%v does not name %s, only %v", err, field, fields)
}

// TestBadInput: every bad request names what is wrong and changes nothing.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme := s.merchant("acme")
	line := func(change func(*commercev1.LineItem)) *commercev1.Order {
		o := order("A-1", "amazon", "US")
		l := &commercev1.LineItem{Quantity: "1"}
		change(l)
		o.LineItems = []*commercev1.LineItem{{Quantity: "1"}, l}
		return o
	}
	with := func(change func(*commercev1.Order)) *commercev1.Order {
		o := order("A-1", "amazon", "US")
		change(o)
		return o
	}
	orders := map[string]*commercev1.Order{
		"order": nil,
		"order.order_id": with(func(o *commercev1.Order) {
			o.OrderId = "A\n1"
		}),
		"order.ship_to.country_code": order("A-1", "amazon", "XX"),
		"order.currency_code":        with(func(o *commercev1.Order) { o.CurrencyCode = proto.String("ABC") }),
		"order.promised_delivery_date": with(func(o *commercev1.Order) {
			o.PromisedDeliveryDate = proto.String("2026-02-30")
		}),
		"order.line_items[1].quantity": line(func(l *commercev1.LineItem) { l.Quantity = "-1" }),
		"order.line_items[1].unit_price.amount": line(func(l *commercev1.LineItem) {
			l.UnitPrice = &commercev1.Money{CurrencyCode: "USD", Amount: "1,50"}
		}),
	}
	for field, bad := range orders {
		_, err := s.intake.SubmitOrder(t.Context(), &apiv1.SubmitOrderRequest{Parent: acme, Order: bad})
		wantViolation(t, err, field)
	}
	parcels := map[string]*commercev1.Parcel{
		"shipment.parcels[0].tracking_number": parcel("   "),
		"shipment.parcels[0].ship_date": {
			TrackingNumber: numberOne, ShipDate: proto.String("20.11.2026"),
		},
		"shipment.parcels[0].weight.unit": {
			TrackingNumber: numberOne, Weight: &commercev1.Weight{Value: "1"},
		},
	}
	for field, bad := range parcels {
		_, err := s.intake.SubmitTracking(t.Context(), &apiv1.SubmitTrackingRequest{
			Parent: acme, Shipment: &commercev1.Shipment{OrderId: "A-1", Parcels: []*commercev1.Parcel{bad}},
		})
		wantViolation(t, err, field)
	}
	_, err := s.intake.SubmitOrder(t.Context(), &apiv1.SubmitOrderRequest{
		Parent: "merchants/nobody", Order: order("A-1", "amazon", "US"),
	})
	wantReason(t, err, "MERCHANT_NOT_FOUND")
	_, err = s.intake.SubmitOrder(t.Context(), &apiv1.SubmitOrderRequest{
		Parent: "acme", Order: order("A-1", "amazon", "US"),
	})
	wantViolation(t, err, "parent")

	_, err = s.orders.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: acme, OrderId: "A-1"})
	wantReason(t, err, "ORDER_NOT_FOUND")
}

// TestBadConnections: settings are checked against what the plugin declares, all
// violations at once.
func TestBadConnections(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme := s.merchant("acme")
	create := func(c *apiv1.Connection) error {
		_, err := s.connections.CreateConnection(t.Context(), &apiv1.CreateConnectionRequest{
			Parent: acme, ConnectionId: "bad", Connection: c,
		})
		return err
	}
	wantReason(t, create(&apiv1.Connection{Plugin: "nobody"}), "PLUGIN_NOT_FOUND")
	err := create(&apiv1.Connection{
		Plugin: "aftership", Filter: "order.nothing == 1",
		Settings: map[string]string{
			"api_generation": "1999-01", "colour": "red", "send_customer_contact": "perhaps", "base_url": "ftp://x",
		},
	})
	for _, field := range []string{
		"connection.settings[api_generation]", "connection.settings[colour]",
		"connection.settings[send_customer_contact]", "connection.settings[base_url]",
		"connection.secrets[api_key]", "connection.filter",
	} {
		wantViolation(t, err, field)
	}
	list, err := s.connections.ListConnections(t.Context(), &apiv1.ListConnectionsRequest{Parent: acme})
	if err != nil || len(list.GetConnections()) != 0 {
		t.Errorf("bad input made a connection: %v, %v", list, err)
	}
	good := s.connect(acme, "http://127.0.0.1:1")
	_, err = s.connections.UpdateConnection(t.Context(), &apiv1.UpdateConnectionRequest{
		Connection: &apiv1.Connection{Name: good.GetName(), Title: "x", Etag: "0"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
	wantReason(t, err, "ETAG_MISMATCH")
	_, err = s.connections.UpdateConnection(t.Context(), &apiv1.UpdateConnectionRequest{
		Connection: &apiv1.Connection{Name: good.GetName()},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"colour"}},
	})
	wantViolation(t, err, "update_mask.paths[0]")
}

// TestBatchAndStream: each item has a status of its own, and a bad one ends
// nothing.
func TestBatchAndStream(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme := s.merchant("acme")
	items := []*apiv1.SubmitItem{
		{Record: &apiv1.SubmitItem_Order{Order: order("A-1", "amazon", "US")}},
		{Record: &apiv1.SubmitItem_Order{Order: order("A-1", "ebay", "US")}},
		{Record: &apiv1.SubmitItem_Order{Order: order("A-2", "amazon", "XX")}},
		{},
		{Record: &apiv1.SubmitItem_Shipment{Shipment: &commercev1.Shipment{
			OrderId: "A-1", Parcels: []*commercev1.Parcel{parcel(numberOne)},
		}}},
	}
	want := []codes.Code{codes.OK, codes.OK, codes.InvalidArgument, codes.InvalidArgument, codes.OK}
	batch, err := s.intake.SubmitBatch(t.Context(), &apiv1.SubmitBatchRequest{Parent: acme, Items: items})
	if err != nil {
		t.Fatal(err)
	}
	for i, result := range batch.GetResults() {
		if got := codes.Code(result.GetStatus().GetCode()); got != want[i] {
			t.Errorf("item %d of the batch: %s, want %s", i, got, want[i])
		}
	}
	if batch.GetResults()[1].GetOrder().GetRevision() != 2 {
		t.Errorf("items of one order are applied in their order: %v", batch.GetResults()[1])
	}

	stream, err := s.intake.SubmitStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, item := range items {
		if err := stream.Send(&apiv1.SubmitStreamRequest{Items: []*apiv1.StreamItem{
			{Sequence: uint64(i), Parent: acme, Item: item},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for seen < len(items) {
		answer, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		for _, ack := range answer.GetAcknowledgements() {
			seen++
			if got := codes.Code(ack.GetResult().GetStatus().GetCode()); got != want[ack.GetSequence()] {
				t.Errorf("item %d of the stream: %s, want %s", ack.GetSequence(), got, want[ack.GetSequence()])
			}
		}
	}
}
