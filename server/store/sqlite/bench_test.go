package sqlite_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spurline/spurline/server/store"
)

// benchShop is a store with a merchant of two connections for orders.
func benchShop(b *testing.B) (shop, int64, []store.Want) {
	b.Helper()
	s, err := openShop(b.Context(), filepath.Join(b.TempDir(), "bench.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.store.Close() })
	_, err = s.store.CreateConnection(b.Context(), store.Connection{
		MerchantKey: s.merchant.Key, ID: "second", Takes: store.Takes{Orders: true}, State: store.Active,
		Check: store.Untested, CreateTime: time.Now(),
	})
	if err != nil {
		b.Fatal(err)
	}
	version, wants, err := s.store.PlannedConnections(b.Context(), s.merchant.Key)
	if err != nil {
		b.Fatal(err)
	}
	return s, version, wants
}

var benchBody = bytes.Repeat([]byte("x"), 1024)

// BenchmarkAccept has 64 callers submit orders of 1 KiB that two connections
// want.
func BenchmarkAccept(b *testing.B) {
	s, version, wants := benchShop(b)
	var next atomic.Int64
	b.SetParallelism(max(1, 64/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := fmt.Sprint("order-", next.Add(1))
			_, err := s.store.Accept(b.Context(), store.Submission{
				MerchantKey: s.merchant.Key, ConfigVersion: version, Wants: wants, Now: time.Now(),
				Order: &store.OrderSubmission{OrderID: id, Body: benchBody, Hash: []byte(id)},
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}

// BenchmarkComplete writes outcomes down in batches of 50.
func BenchmarkComplete(b *testing.B) {
	const batch = 50
	s, version, wants := benchShop(b)
	deliveries := make([]store.DeliveryID, b.N*batch)
	var filled atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			for range batch {
				i := filled.Add(1) - 1
				id := fmt.Sprint("order-", i)
				receipt, err := s.store.Accept(b.Context(), store.Submission{
					MerchantKey: s.merchant.Key, ConfigVersion: version, Wants: wants[:1], Now: time.Now(),
					Order: &store.OrderSubmission{OrderID: id, Body: benchBody, Hash: []byte(id)},
				})
				if err != nil {
					b.Error(err)
					return
				}
				deliveries[i] = receipt.Records[0].Deliveries[0].ID
			}
		}
	})
	b.ResetTimer()
	for i := range b.N {
		now := time.Now()
		completions := make([]store.Completion, batch)
		for j := range completions {
			completions[j] = store.Completion{
				ID: deliveries[i*batch+j], State: store.Delivered, Sends: 1, Now: now,
				Attempt: &store.Attempt{Number: 1, Start: now, Duration: time.Second, Outcome: store.OutcomeDelivered},
				Remote:  &store.RemoteRecord{RemoteID: "remote", ContentKey: benchBody[:32]},
			}
		}
		if err := s.store.Complete(b.Context(), completions); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "outcomes/s")
}
