package intake

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/store/sqlite"
)

func serve(t *testing.T, change ...func(*Options)) (*Service, *sqlite.Store, apiv1.IntakeServiceClient) {
	t.Helper()
	kept := apitest.Store(t)
	options := Options{Store: kept, Logger: apitest.Logger()}
	for _, f := range change {
		f(&options)
	}
	service := New(options)
	conn := apitest.Serve(t, func(r grpc.ServiceRegistrar) { apiv1.RegisterIntakeServiceServer(r, service) })
	return service, kept, apiv1.NewIntakeServiceClient(conn)
}

func shipment(orderID, number, carrier string) *commercev1.Shipment {
	return &commercev1.Shipment{
		OrderId: orderID, Parcels: []*commercev1.Parcel{{TrackingNumber: number, Carrier: proto.String(carrier)}},
	}
}

// TestRepeatAfterTheConnectionIsDeleted: the answer is the first one, and names
// the connection that it named then.
func TestRepeatAfterTheConnectionIsDeleted(t *testing.T) {
	t.Parallel()
	service, kept, client := serve(t)
	connection := apitest.Connect(t, kept, apitest.Merchant(t, kept, "acme"), "gone")
	request := &apiv1.SubmitTrackingRequest{
		Parent: "merchants/acme", Shipment: shipment("A-1", "N1", "UPS"), RequestId: proto.String("r-1"),
	}
	first, err := client.SubmitTracking(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kept.DeleteConnection(t.Context(), connection.Key, 0, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	service.plans.forget("acme")
	again, err := client.SubmitTracking(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(first, again) {
		t.Errorf("got %v, want %v", again, first)
	}
	if got := first.GetParcels()[0].GetDeliveries()[0].GetConnection(); got != "merchants/acme/connections/gone" {
		t.Errorf("connection %q", got)
	}
}

// TestMerchantMadeAgain: a plan of the merchant that had the id before is found
// out.
func TestMerchantMadeAgain(t *testing.T) {
	t.Parallel()
	service, kept, client := serve(t)
	before := apitest.Merchant(t, kept, "acme")
	if _, err := service.plans.of(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	if err := kept.DeleteMerchant(t.Context(), before.Key, 0); err != nil {
		t.Fatal(err)
	}
	request := &apiv1.SubmitTrackingRequest{Parent: "merchants/acme", Shipment: shipment("A-1", "N1", "UPS")}
	_, err := client.SubmitTracking(t.Context(), request)
	apitest.WantError(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
	apitest.Connect(t, kept, apitest.Merchant(t, kept, "acme"), "one")
	answer, err := client.SubmitTracking(t.Context(), request)
	if err != nil || len(answer.GetParcels()[0].GetDeliveries()) != 1 {
		t.Errorf("got %v, %v, want one delivery", answer, err)
	}
}

// TestStream: items of one record are accepted in the order in which they came,
// bad ones end nothing, every item is acknowledged, and large ones pass a window
// that is smaller than all of them.
func TestStream(t *testing.T) {
	t.Parallel()
	_, kept, client := serve(t)
	merchant := apitest.Merchant(t, kept, "acme")
	stream, err := client.SubmitStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const items = 600
	sent := make(chan error, 1)
	go func() {
		for i := range items {
			item := shipment("A-1", "N1", fmt.Sprintf("carrier %d", i))
			switch i % 10 {
			case 3:
				item.Parcels[0].TrackingNumber = ""
			case 5:
				item.ExtraFields = map[string]string{}
				for f := range 60 {
					item.ExtraFields[fmt.Sprint("f", f)] = strings.Repeat("x", 1000)
				}
			}
			err := stream.Send(&apiv1.SubmitStreamRequest{Items: []*apiv1.StreamItem{{
				Sequence: uint64(i), Parent: "merchants/acme",
				Item: &apiv1.SubmitItem{Record: &apiv1.SubmitItem_Shipment{Shipment: item}},
			}}})
			if err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.CloseSend()
	}()
	acknowledged := map[uint64]codes.Code{}
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range answer.GetAcknowledgements() {
			acknowledged[a.GetSequence()] = codes.Code(a.GetResult().GetStatus().GetCode())
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	for i := range uint64(items) {
		want := codes.OK
		if i%10 == 3 {
			want = codes.InvalidArgument
		}
		if got, ok := acknowledged[i]; !ok || got != want {
			t.Errorf("item %d: got %s (acknowledged %t), want %s", i, got, ok, want)
		}
	}
	found, err := kept.FindTracking(t.Context(), merchant.Key, "N1")
	if err != nil || len(found) != 1 {
		t.Fatalf("got %v, %v", found, err)
	}
	last := &commercev1.Shipment{}
	if err := proto.Unmarshal(found[0].Body, last); err != nil {
		t.Fatal(err)
	}
	if got := last.GetParcels()[0].GetCarrier(); got != fmt.Sprintf("carrier %d", items-1) {
		t.Errorf("the last revision is of %q", got)
	}
}

// TestStreamEndsWhenTheServerDrains: what was read is acknowledged, then the
// caller is told to come again.
func TestStreamEndsWhenTheServerDrains(t *testing.T) {
	t.Parallel()
	draining := make(chan struct{})
	_, kept, client := serve(t, func(o *Options) { o.Draining = draining })
	apitest.Merchant(t, kept, "acme")
	stream, err := client.SubmitStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	item := &apiv1.StreamItem{Sequence: 7, Parent: "merchants/acme", Item: &apiv1.SubmitItem{
		Record: &apiv1.SubmitItem_Shipment{Shipment: shipment("A-1", "N1", "UPS")},
	}}
	if err := stream.Send(&apiv1.SubmitStreamRequest{Items: []*apiv1.StreamItem{item}}); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil || answer.GetAcknowledgements()[0].GetSequence() != 7 {
		t.Fatalf("got %v, %v", answer, err)
	}
	close(draining)
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v, want UNAVAILABLE: the server is stopping", err)
	}
}
