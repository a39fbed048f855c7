package intake

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
	"github.com/spurline/spurline/server/validation"
)

// BenchmarkNeighbour has one merchant submit 200 orders a second while another streams
// as fast as it can: how long one waits for its answers, and how much the other gets
// through.
func BenchmarkNeighbour(b *testing.B) {
	kept, err := sqlite.Open(b.Context(), sqlite.Options{Path: b.TempDir() + "/spurline.db", Logger: apitest.Logger()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = kept.Close() })
	for _, id := range []string{"flood", "calm"} {
		now := time.Now()
		merchant, err := kept.CreateMerchant(b.Context(), store.Merchant{ID: id, CreateTime: now, UpdateTime: now})
		if err != nil {
			b.Fatal(err)
		}
		_, err = kept.CreateConnection(b.Context(), store.Connection{
			MerchantKey: merchant.Key, ID: "c", Takes: store.Takes{Orders: true}, State: store.Active,
			Check: store.Untested, CreateTime: now,
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	service := New(Options{Store: kept, Logger: apitest.Logger()})
	ctx, stop := context.WithCancel(b.Context())
	group, ctx := errgroup.WithContext(ctx)
	var next, accepted atomic.Int64
	for range 4 {
		group.Go(func() error { return flood(ctx, service, &next, &accepted) })
	}
	var waits []time.Duration
	tick := time.NewTicker(time.Second / 200)
	defer tick.Stop()
	for b.Loop() {
		<-tick.C
		order := ordinaryOrder()
		order.OrderId = "calm-" + strconv.FormatInt(next.Add(1), 10)
		request := &apiv1.SubmitOrderRequest{Parent: "merchants/calm", Order: order}
		begun := time.Now()
		if err := validation.Message(request); err != nil {
			b.Fatal(err)
		}
		if _, err := service.SubmitOrder(b.Context(), request); err != nil {
			b.Fatal(err)
		}
		waits = append(waits, time.Since(begun))
	}
	flooded := accepted.Load()
	stop()
	_ = group.Wait()
	slices.Sort(waits)
	b.ReportMetric(waits[len(waits)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(waits[len(waits)*99/100].Seconds()*1000, "p99-ms")
	b.ReportMetric(float64(flooded)/b.Elapsed().Seconds(), "flood/s")
}

// benchStream is a stream with frames of 16 orders and 64 unacknowledged.
type benchStream struct {
	grpc.ServerStream
	ctx            context.Context //nolint:containedctx // a stream has one
	window         *semaphore.Weighted
	next, accepted *atomic.Int64
}

func flood(ctx context.Context, service *Service, next, accepted *atomic.Int64) error {
	return service.SubmitStream(&benchStream{ //nolint:contextcheck // the stream has it
		ctx: ctx, window: semaphore.NewWeighted(64), next: next, accepted: accepted,
	})
}

func (s *benchStream) Context() context.Context { return s.ctx }

func (s *benchStream) Recv() (*apiv1.SubmitStreamRequest, error) {
	const items = 16
	if err := s.window.Acquire(s.ctx, items); err != nil {
		return nil, err
	}
	request := &apiv1.SubmitStreamRequest{}
	for range items {
		order := ordinaryOrder()
		order.OrderId = "flood-" + strconv.FormatInt(s.next.Add(1), 10)
		request.Items = append(request.Items, &apiv1.StreamItem{
			Parent: "merchants/flood", Item: &apiv1.SubmitItem{Record: &apiv1.SubmitItem_Order{Order: order}},
		})
	}
	return request, nil
}

func (s *benchStream) Send(response *apiv1.SubmitStreamResponse) error {
	n := int64(len(response.GetAcknowledgements()))
	s.accepted.Add(n)
	s.window.Release(n)
	return nil
}
