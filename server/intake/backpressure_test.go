package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

// refusing is a store whose Accept fails with an error if there is one.
type refusing struct {
	Store
	err error
}

func (r *refusing) Accept(ctx context.Context, submission store.Submission) (store.Receipt, error) {
	if r.err != nil {
		return store.Receipt{}, fmt.Errorf("%w: 7 of 5", r.err)
	}
	return r.Store.Accept(ctx, submission)
}

func retryDelay(err error) time.Duration {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// TestBackPressure: what the store has no room for is told with its reason, how
// long to wait, and what to do (promise P5).
func TestBackPressure(t *testing.T) {
	t.Parallel()
	cases := []struct {
		err    error
		reason string
		wait   time.Duration
		parts  []string
	}{
		{
			store.ErrMerchantBacklog, "MERCHANT_BACKLOG_FULL", 30 * time.Second,
			[]string{`"acme"`, "nothing was changed", "30s", "ListConnections"},
		},
		{store.ErrBacklog, "BACKLOG_FULL", 30 * time.Second, []string{"nothing was changed", "30s", "backlog_limit"}},
		{store.ErrBusy, "STORE_BUSY", time.Second, []string{"nothing was changed", "1s", "fewer"}},
		{store.ErrFull, "BACKLOG_FULL", 2 * time.Second, []string{"nothing was changed", "2s"}},
	}
	for _, c := range cases {
		t.Run(c.err.Error(), func(t *testing.T) {
			t.Parallel()
			_, kept, client := serve(t, func(o *Options) { o.Store = &refusing{Store: o.Store, err: c.err} })
			apitest.Merchant(t, kept, "acme")
			_, err := client.SubmitTracking(t.Context(), &apiv1.SubmitTrackingRequest{
				Parent: "merchants/acme", Shipment: shipment("A-1", "N1", "UPS"),
			})
			apitest.WantError(t, err, codes.ResourceExhausted, c.reason, c.parts...)
			if got := retryDelay(err); got != c.wait {
				t.Errorf("wait %s, want %s", got, c.wait)
			}
		})
	}
}

// limited serves a store in which a merchant may have two open deliveries, and all
// of them four.
func limited(t *testing.T) apiv1.IntakeServiceClient {
	t.Helper()
	kept := apitest.Store(t, func(o *sqlite.Options) { o.BacklogLimit, o.BacklogShare = 4, 50 })
	for _, id := range []string{"acme", "other"} {
		apitest.Connect(t, kept, apitest.Merchant(t, kept, id), "one")
	}
	service := New(Options{Store: kept, Logger: apitest.Logger()})
	conn := apitest.Serve(t, func(r grpc.ServiceRegistrar) { apiv1.RegisterIntakeServiceServer(r, service) })
	return apiv1.NewIntakeServiceClient(conn)
}

func submitItem(number string) *apiv1.SubmitItem {
	return &apiv1.SubmitItem{Record: &apiv1.SubmitItem_Shipment{Shipment: shipment("A-"+number, number, "UPS")}}
}

// TestBatchOverTheShare: each item has a status of its own.
func TestBatchOverTheShare(t *testing.T) {
	t.Parallel()
	client := limited(t)
	request := &apiv1.SubmitBatchRequest{Parent: "merchants/acme"}
	for i := range 5 {
		request.Items = append(request.Items, submitItem(fmt.Sprint("N", i)))
	}
	answer, err := client.SubmitBatch(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for i, result := range answer.GetResults() {
		err := status.FromProto(result.GetStatus()).Err()
		if err == nil {
			taken++
			again, err := client.SubmitBatch(t.Context(), &apiv1.SubmitBatchRequest{
				Parent: "merchants/acme", Items: request.GetItems()[i : i+1],
			})
			if err != nil || again.GetResults()[0].GetStatus().GetCode() != 0 {
				t.Errorf("a repeat: %v, %v, want OK", again, err)
			}
			continue
		}
		apitest.WantError(t, err, codes.ResourceExhausted, "MERCHANT_BACKLOG_FULL")
		if retryDelay(err) == 0 {
			t.Errorf("item %d does not say how long to wait", i)
		}
	}
	if taken != 2 {
		t.Errorf("%d items were taken, want 2", taken)
	}
}

// TestStreamOverTheShare: a merchant over its share does not end the stream, which
// goes on for the others.
func TestStreamOverTheShare(t *testing.T) {
	t.Parallel()
	stream, err := limited(t).SubmitStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send := func(sequence uint64, parent string) *apiv1.SubmitItemResult {
		t.Helper()
		err := stream.Send(&apiv1.SubmitStreamRequest{Items: []*apiv1.StreamItem{{
			Sequence: sequence, Parent: parent, Item: submitItem(fmt.Sprint("N", sequence)),
		}}})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return answer.GetAcknowledgements()[0].GetResult()
	}
	for i := range uint64(4) {
		err := status.FromProto(send(i, "merchants/acme").GetStatus()).Err()
		if i < 2 {
			if err != nil {
				t.Errorf("item %d: %v", i, err)
			}
			continue
		}
		apitest.WantError(t, err, codes.ResourceExhausted, "MERCHANT_BACKLOG_FULL")
	}
	if got := send(4, "merchants/other"); got.GetStatus().GetCode() != 0 {
		t.Errorf("the other merchant: %v", got)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("the stream ended with %v", err)
	}
}
