package app_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// BenchmarkMainJob submits tracking of many merchants, 64 at a time, to the whole
// pipe: API, store, dispatch, plugin process, HTTP to the stand-in. One operation
// is one tracking number that has arrived. Client, server, plugin and stand-in
// share the machine.
func BenchmarkMainJob(b *testing.B) {
	const merchants, clients = 2000, 64
	var arrived atomic.Int64
	all := make(chan struct{})
	// Each merchant has a key, so an account, of its own: one account would be held
	// to its pace.
	var keys []aftershiptest.Key
	for i := range merchants {
		keys = append(keys, aftershiptest.Key{Value: fmt.Sprintf("key-%d", i)})
	}
	count := func(aftershiptest.Exchange) {
		if arrived.Add(1) == int64(b.N) {
			close(all)
		}
	}
	stand := aftershiptest.New(
		aftershiptest.WithKeys(keys...), aftershiptest.WithoutRateLimits(), aftershiptest.WithWatcher(count))
	base := stand.Start(b)
	s := start(b)
	for i := range merchants {
		s.benchConnect(b, fmt.Sprintf("m-%d", i), base, keys[i].Value)
	}
	var next atomic.Int64
	b.ResetTimer()
	var submitting sync.WaitGroup
	for range clients {
		submitting.Go(func() {
			for {
				i := int(next.Add(1))
				if i > b.N {
					return
				}
				s.benchSubmit(b, fmt.Sprintf("merchants/m-%d", i%merchants), i)
			}
		})
	}
	submitting.Wait()
	accepted := b.Elapsed()
	<-all
	b.ReportMetric(float64(b.N)/accepted.Seconds(), "accepted/s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "arrived/s")
}

func (s *server) benchConnect(b *testing.B, merchant, base, key string) {
	b.Helper()
	if _, err := s.merchants.CreateMerchant(b.Context(), &apiv1.CreateMerchantRequest{MerchantId: merchant}); err != nil {
		b.Fatal(err)
	}
	_, err := s.connections.CreateConnection(b.Context(), &apiv1.CreateConnectionRequest{
		Parent: "merchants/" + merchant, ConnectionId: "aftership",
		Connection: &apiv1.Connection{
			Plugin: "aftership", Settings: map[string]string{"base_url": base},
			Secrets: map[string]string{"api_key": key},
		},
	})
	if err != nil {
		b.Fatal(err)
	}
}

func (s *server) benchSubmit(b *testing.B, merchant string, i int) {
	b.Helper()
	_, err := s.intake.SubmitTracking(context.Background(), &apiv1.SubmitTrackingRequest{
		Parent: merchant,
		Shipment: &commercev1.Shipment{
			OrderId: fmt.Sprintf("A-%d", i),
			Parcels: []*commercev1.Parcel{{
				TrackingNumber: fmt.Sprintf("1Z999AA1%010d", i), ShipDate: proto.String("2026-11-20"),
			}},
		},
	})
	if err != nil {
		b.Error(err)
	}
}
