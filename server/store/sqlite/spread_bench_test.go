package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

const (
	spreadMerchants = 5_000
	spreadCallers   = 64
)

// spreadShops makes merchants of two connections each, and returns what they submit.
func spreadShops(b *testing.B, s *sqlite.Store) []store.Submission {
	b.Helper()
	shops := make([]store.Submission, spreadMerchants)
	var makers sync.WaitGroup
	for first := range spreadCallers {
		makers.Go(func() {
			for i := first; i < len(shops); i += spreadCallers {
				merchant, err := s.CreateMerchant(b.Context(), store.Merchant{ID: fmt.Sprint("m", i), CreateTime: time.Now()})
				if err != nil {
					b.Error(err)
					return
				}
				for _, id := range []string{"first", "second"} {
					if _, err = s.CreateConnection(b.Context(), store.Connection{
						MerchantKey: merchant.Key, ID: id, Takes: store.Takes{Orders: true}, State: store.Active,
						Check: store.Untested, CreateTime: time.Now(),
					}); err != nil {
						b.Error(err)
						return
					}
				}
				version, wants, err := s.PlannedConnections(b.Context(), merchant.Key)
				if err != nil {
					b.Error(err)
					return
				}
				shops[i] = store.Submission{MerchantKey: merchant.Key, ConfigVersion: version, Wants: wants}
			}
		})
	}
	makers.Wait()
	return shops
}

// BenchmarkSpread is what the store does for orders of many merchants: 64 callers
// submit orders of 1 KiB that two connections want, and as many batches of outcomes
// are written down meanwhile. An operation is an order with both its outcomes.
func BenchmarkSpread(b *testing.B) {
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "bench.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	shops := spreadShops(b, s)
	excerpt := strings.Repeat(`{"order":"1234567890"}`, 50)
	made := make(chan store.Completion, 1<<16)
	var callers, workers sync.WaitGroup
	before, written := cpu(b), bytesWritten(b)
	b.ResetTimer()
	for first := range spreadCallers {
		callers.Go(func() {
			for i := first; i < b.N; i += spreadCallers {
				now := time.Now()
				id := fmt.Sprint("order-", i)
				submission := shops[i*7919%len(shops)]
				submission.Now, submission.Order = now, &store.OrderSubmission{OrderID: id, Body: benchBody, Hash: benchBody[:32]}
				receipt, err := s.Accept(b.Context(), submission)
				if err != nil {
					b.Error(err)
					return
				}
				for _, d := range receipt.Records[0].Deliveries {
					made <- store.Completion{
						ID: d.ID, Connection: d.Connection, MerchantKey: submission.MerchantKey, OrderID: id,
						Record: store.RecordRef{Kind: store.OrderRecord, Key: int64(i + 1)},
						State:  store.Delivered, Sends: 1,
						Now: now, Attempt: &store.Attempt{
							Number: 1, Start: now, Duration: time.Second, Outcome: store.OutcomeDelivered, HTTPStatus: 200,
							RequestExcerpt: excerpt, ResponseExcerpt: `{"code":0}`,
						},
						Remote: &store.RemoteRecord{RemoteID: "remote-" + id, ContentKey: benchBody[:32]},
					}
				}
			}
		})
	}
	for range 4 {
		workers.Go(func() {
			for first := range made {
				batch := []store.Completion{first}
				for len(batch) < 50 {
					next, ok := <-made
					if !ok {
						break
					}
					batch = append(batch, next)
				}
				if err := s.Complete(b.Context(), batch); err != nil {
					b.Error(err)
				}
			}
		})
	}
	callers.Wait()
	close(made)
	workers.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-us/op")
	b.ReportMetric(float64(bytesWritten(b)-written)/4096/float64(b.N), "pages/op")
}

// cpu is what the process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// bytesWritten is what the process has written, 0 where the system does not tell.
func bytesWritten(b *testing.B) int64 {
	b.Helper()
	raw, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		var bytes int64
		if _, err := fmt.Sscanf(line, "wchar: %d", &bytes); err == nil {
			return bytes
		}
	}
	return 0
}
