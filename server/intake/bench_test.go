package intake

import (
	"context"
	"io"
	"strconv"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/validation"
)

// ordinaryOrder has about 1 KiB on the wire.
func ordinaryOrder() *commercev1.Order {
	money := func(amount string) *commercev1.Money {
		return &commercev1.Money{CurrencyCode: "USD", Amount: amount}
	}
	line := func(i int) *commercev1.LineItem {
		return &commercev1.LineItem{
			LineId: proto.String(strconv.Itoa(i)), Sku: proto.String("SKU-000042-" + strconv.Itoa(i)),
			Name:     proto.String("Cotton T-shirt with a round neck, size M, navy blue"),
			Quantity: "2", UnitPrice: money("19.90"), Tax: money("3.20"),
			ExtraFields: map[string]string{"asin": "B000000042"},
		}
	}
	address := &commercev1.Address{
		Name: proto.String("Customer Number 42"), Lines: []string{"1200 West Main Street", "Apartment 14"},
		City: proto.String("Springfield"), State: proto.String("IL"),
		PostalCode: proto.String("62704"), CountryCode: proto.String("US"),
	}
	return &commercev1.Order{
		OrderId: "order-42", OrderNumber: proto.String("#42"), OrderSource: proto.String("shopify"),
		OrderTime: &timestamppb.Timestamp{Seconds: 1_790_000_000}, Status: commercev1.OrderStatus_ORDER_STATUS_OPEN,
		Customer: &commercev1.Customer{
			Name: proto.String("Customer Number 42"), Email: proto.String("customer-42@example.com"),
			Phone: proto.String("+1 217 555 0100"),
		},
		BillTo: address, ShipTo: proto.Clone(address).(*commercev1.Address),
		LineItems: []*commercev1.LineItem{line(1), line(2), line(3)},
		Totals: &commercev1.OrderTotals{
			SubTotal: money("119.40"), Tax: money("9.60"), Shipping: money("4.90"), GrandTotal: money("133.90"),
		},
		CurrencyCode: proto.String("USD"), ShippingMethod: proto.String("UPS Ground"),
		Notes:       []*commercev1.Note{{Text: "Please leave the parcel at the back door, behind the blue bin."}},
		ExtraFields: map[string]string{"cart_id": "c-42", "channel": "web"},
	}
}

// BenchmarkValidation is what the rules of the proto cost for one order.
func BenchmarkValidation(b *testing.B) {
	request := &apiv1.SubmitOrderRequest{Parent: "merchants/acme", Order: ordinaryOrder()}
	b.ReportAllocs()
	for b.Loop() {
		if err := validation.Message(request); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCandidate is what it costs to make one order fit to be kept.
func BenchmarkCandidate(b *testing.B) {
	order := ordinaryOrder()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := orderCandidate(order, "order", nil, ""); err != nil {
			b.Fatal(err)
		}
	}
}

// keepsNothing is a store that accepts at once.
type keepsNothing struct{ Store }

func (keepsNothing) MerchantByID(context.Context, string) (store.Merchant, error) {
	return store.Merchant{Key: 1}, nil
}

func (keepsNothing) PlannedConnections(context.Context, int64) (int64, []store.Want, error) {
	return 1, []store.Want{{Connection: 1, Takes: store.Takes{Orders: true}}}, nil
}

func (keepsNothing) ConnectionByKey(context.Context, int64) (store.Connection, error) {
	return store.Connection{ID: "zoho"}, nil
}

func (keepsNothing) Accept(context.Context, store.Submission) (store.Receipt, error) {
	return store.Receipt{Records: []store.RecordReceipt{{
		Result: store.Created, Revision: 1, Deliveries: []store.DeliveryRef{{ID: 1, Connection: 1}},
	}}}, nil
}

// BenchmarkSubmitOrder is what intake does for one order, without transport and
// store.
func BenchmarkSubmitOrder(b *testing.B) {
	service := New(Options{Store: keepsNothing{}, Logger: apitest.Logger()})
	raw, err := proto.Marshal(&apiv1.SubmitOrderRequest{Parent: "merchants/acme", Order: ordinaryOrder()})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		request := &apiv1.SubmitOrderRequest{}
		if err := proto.Unmarshal(raw, request); err != nil {
			b.Fatal(err)
		}
		if err := validation.Message(request); err != nil {
			b.Fatal(err)
		}
		if _, err := service.SubmitOrder(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUnmarshal is the part of BenchmarkSubmitOrder that is not intake's.
func BenchmarkUnmarshal(b *testing.B) {
	raw, err := proto.Marshal(&apiv1.SubmitOrderRequest{Parent: "merchants/acme", Order: ordinaryOrder()})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := proto.Unmarshal(raw, &apiv1.SubmitOrderRequest{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSubmitStream is what intake does for one order in frames of 16, without
// transport and store.
func BenchmarkSubmitStream(b *testing.B) {
	const items = 16
	service := New(Options{Store: keepsNothing{}, Logger: apitest.Logger()})
	whole := &apiv1.SubmitStreamRequest{}
	for i := range items {
		order := ordinaryOrder()
		order.OrderId = strconv.Itoa(i)
		whole.Items = append(whole.Items, &apiv1.StreamItem{
			Sequence: uint64(i), Parent: "merchants/m-" + strconv.Itoa(i),
			Item: &apiv1.SubmitItem{Record: &apiv1.SubmitItem_Order{Order: order}},
		})
	}
	raw, err := proto.Marshal(whole)
	if err != nil {
		b.Fatal(err)
	}
	frames := make(chan *apiv1.SubmitStreamRequest)
	stream := &framedStream{ctx: b.Context(), frames: frames, acknowledged: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- service.SubmitStream(stream) }()
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if n%items != 0 {
			continue // The operation is an order.
		}
		request := &apiv1.SubmitStreamRequest{}
		if err := proto.Unmarshal(raw, request); err != nil {
			b.Fatal(err)
		}
		frames <- request
		<-stream.acknowledged
	}
	close(frames)
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

// framedStream is a stream that tells when as much as a frame is acknowledged.
type framedStream struct {
	grpc.ServerStream
	ctx          context.Context //nolint:containedctx // a stream has one
	frames       <-chan *apiv1.SubmitStreamRequest
	unfinished   int
	acknowledged chan struct{}
}

func (s *framedStream) Context() context.Context { return s.ctx }

func (s *framedStream) Recv() (*apiv1.SubmitStreamRequest, error) {
	request, more := <-s.frames
	if !more {
		return nil, io.EOF
	}
	return request, nil
}

func (s *framedStream) Send(response *apiv1.SubmitStreamResponse) error {
	const items = 16
	if s.unfinished += len(response.GetAcknowledgements()); s.unfinished == items {
		s.unfinished = 0
		s.acknowledged <- struct{}{}
	}
	return nil
}
