package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

// benchStore is a store in memory: what is measured is dispatch alone.
type benchStore struct {
	*sqlite.Store // nil; what is not below is not called.
	connections   []store.Connection
	commits, kept atomic.Int64
	room          chan struct{}

	mu      sync.Mutex
	pending map[int64]map[store.DeliveryID]store.FreshDelivery
	owner   map[store.DeliveryID]int64
}

func (s *benchStore) add(lane int64, fresh store.FreshDelivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending[lane] == nil {
		s.pending[lane] = map[store.DeliveryID]store.FreshDelivery{}
	}
	s.pending[lane][fresh.ID] = fresh
	s.owner[fresh.ID] = lane
}

func (s *benchStore) ConnectionByKey(_ context.Context, key int64) (store.Connection, error) {
	return s.connections[key-1], nil
}

func (s *benchStore) WaitingLanes(context.Context) ([]store.Lane, error) { return nil, nil }

func (s *benchStore) LateLanes(context.Context, time.Time, int64, int) (store.LateLanes, error) {
	return store.LateLanes{}, nil
}

func (s *benchStore) DueDeliveries(_ context.Context, queries []store.DueQuery) ([]store.DueReading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	readings := make([]store.DueReading, len(queries))
	for i, query := range queries {
		for id, fresh := range s.pending[query.Connection] {
			if len(readings[i].Due) < query.Limit && !slices.Contains(query.Except, id) {
				readings[i].Due = append(readings[i].Due, fresh.DueDelivery)
			}
		}
	}
	return readings, nil
}

func (s *benchStore) LoadDeliveries(_ context.Context, ids []store.DeliveryID) (all []store.LoadedDelivery, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if fresh, ok := s.pending[s.owner[id]][id]; ok {
			all = append(all, *fresh.Loaded)
		}
	}
	return all, nil
}

func (s *benchStore) Room() error { return nil }

func (s *benchStore) Complete(_ context.Context, completions []store.Completion) error {
	s.commits.Add(1)
	s.kept.Add(int64(len(completions)))
	s.mu.Lock()
	for _, c := range completions {
		delete(s.pending[c.Connection], c.ID)
		delete(s.owner, c.ID)
	}
	s.mu.Unlock()
	for range completions {
		<-s.room
	}
	return nil
}

// benchPlugins answer at once, or after a time, with what an HTTP plugin says.
type benchPlugins struct {
	*scriptedPlugins
	calls atomic.Int64
	takes time.Duration
}

func (p *benchPlugins) CopyOrders(
	_ context.Context, _ string, request *pluginv1.CopyOrdersRequest, each func(*pluginv1.DeliveryResult),
) error {
	p.calls.Add(1)
	if p.takes > 0 {
		<-time.After(p.takes)
	}
	for _, d := range request.GetDeliveries() {
		each(&pluginv1.DeliveryResult{
			DeliveryId: d.GetHeader().GetDeliveryId(), Outcome: pluginv1.Outcome_OUTCOME_DELIVERED, HttpStatus: 201,
			RemoteId: "remote-1234567890", RemoteUrl: "https://shop.example/orders/1234567890",
			RequestExcerpt: benchExcerpt, ResponseExcerpt: benchExcerpt,
		})
	}
	return nil
}

var benchExcerpt = strings.Repeat("{\"what\": \"was said\"}", 25)

// BenchmarkFresh measures what a delivery costs dispatch that goes from the commit that
// made it to its plugin, with two for each order. perCall and perCommit say how many
// share a call and a commit of outcomes.
func BenchmarkFresh(b *testing.B) {
	const lanes, perWake, atOnce = 10_000, 24, 400
	for _, takes := range []time.Duration{0, time.Millisecond} {
		b.Run(fmt.Sprint("plugin takes ", takes), func(b *testing.B) {
			kept := &benchStore{
				room: make(chan struct{}, atOnce), owner: map[store.DeliveryID]int64{},
				pending: map[int64]map[store.DeliveryID]store.FreshDelivery{},
			}
			for i := range lanes {
				kept.connections = append(kept.connections, store.Connection{
					Key: int64(i + 1), MerchantKey: int64(i/2 + 1), ID: "c", Plugin: "scripted", State: store.Active,
					Generation: 1, Takes: store.Takes{Orders: true}, AccountID: fmt.Sprint("account", i),
				})
			}
			plugins := &benchPlugins{scriptedPlugins: newScriptedPlugins(), takes: takes}
			plugins.description.Pace = &pluginv1.PaceHints{RequestsPerSecond: 1000, Burst: 1000, Concurrency: 64}
			d := dispatch.New(dispatch.Options{
				Store: kept, Plugins: plugins, Isolation: isolation{plugins.scriptedPlugins}, Vault: openVault{},
			})
			body, err := proto.Marshal(&commercev1.Order{OrderId: "A-1", OrderSource: proto.String(benchExcerpt + benchExcerpt)})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			var running sync.WaitGroup
			running.Go(func() {
				if err := d.Run(ctx); err != nil {
					b.Error(err)
				}
			})
			for i := range lanes { // Every lane knows its connection.
				d.Wake([]store.Lane{{Connection: int64(i + 1), Due: time.Now()}})
			}
			b.ReportAllocs()
			b.ResetTimer()
			id := store.DeliveryID(0)
			for made := 0; made < b.N; made += perWake {
				var woken []store.Lane
				for range perWake / 2 {
					merchant := rand.N(int64(lanes / 2))
					for lane := 2*merchant + 1; lane <= 2*merchant+2; lane++ {
						kept.room <- struct{}{}
						id++
						fresh := benchFresh(id, lane, body)
						kept.add(lane, fresh)
						woken = append(woken, store.Lane{Connection: lane, Fresh: []store.FreshDelivery{fresh}})
					}
				}
				d.Wake(woken)
			}
			for range atOnce { // Until all is written down.
				kept.room <- struct{}{}
			}
			b.StopTimer()
			b.ReportMetric(float64(kept.kept.Load())/float64(plugins.calls.Load()), "perCall")
			b.ReportMetric(float64(kept.kept.Load())/float64(kept.commits.Load()), "perCommit")
			cancel()
			running.Wait()
		})
	}
}

func benchFresh(id store.DeliveryID, lane int64, body []byte) store.FreshDelivery {
	return store.FreshDelivery{
		DueDelivery: store.DueDelivery{
			ID: id, Kind: store.OrderRecord, Record: int64(id), Due: time.Now(), OrderID: "A-1", Size: len(body),
		},
		Loaded: &store.LoadedDelivery{
			Delivery: store.Delivery{
				ID: id, Connection: lane, Kind: store.OrderRecord, Record: int64(id), Revision: 1, State: store.Pending,
				CreateTime: time.Now(), OrderID: "A-1",
			},
			Body: body, RecordKey: "order:1",
		},
	}
}
