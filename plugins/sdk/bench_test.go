package sdk

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// benchSettings are those of a connection of the benchmarks.
type benchSettings struct {
	Key Secret `setting:"api_key" title:"API key" required:"true"`
}

// benchCopier answers at once, with an exchange of the usual size.
type benchCopier struct{ exchange Exchange }

// CopyOrder implements OrderCopier.
func (c *benchCopier) CopyOrder(_ context.Context, d *OrderDelivery) Result {
	return Delivered(d.RecordKey).WithExchange(c.exchange)
}

// benchStream drops what it is sent.
type benchStream struct {
	grpc.ServerStream
	ctx  context.Context
	sent int
}

// Context implements grpc.ServerStream.
func (s *benchStream) Context() context.Context { return s.ctx }

// Send implements the stream of CopyOrders.
func (s *benchStream) Send(response *pluginv1.CopyOrdersResponse) error {
	s.sent += len(response.GetResults())
	return nil
}

// BenchmarkBatch is what the kit itself does for a call of 50 deliveries of 50
// connections, without gRPC and HTTP.
func BenchmarkBatch(b *testing.B) {
	const records, connections = 50, 10_000
	exchange := Exchange{
		HTTPStatus: http.StatusOK, Request: `{"order":"` + strings.Repeat("abcdefgh ", 110) + `"}`,
		Response: `{"meta":{"code":200},"data":{"id":"stored"}}`,
	}
	server, err := NewServer(Plugin[benchSettings, *benchCopier]{
		Name: "bench", Version: "1.0.0", Title: "Bench",
		New: func(Env, benchSettings) (*benchCopier, error) { return &benchCopier{exchange}, nil },
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	var requests []*pluginv1.CopyOrdersRequest
	for first := 0; first < connections; first += records {
		request := &pluginv1.CopyOrdersRequest{}
		for n := first; n < first+records; n++ {
			uid := strconv.Itoa(n)
			request.Connections = append(request.Connections, &pluginv1.Connection{
				Uid: uid, Generation: 1, MerchantId: "m", Secrets: map[string]string{"api_key": "secret-of-" + uid},
			})
			request.Deliveries = append(request.Deliveries, &pluginv1.OrderDelivery{
				Header: &pluginv1.DeliveryHeader{
					DeliveryId: "d-" + uid, ConnectionUid: uid, RecordKey: "r-" + uid,
					TimeBudget: durationpb.New(30 * time.Second),
				},
				Order: &commercev1.Order{},
			})
		}
		requests = append(requests, request)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	call := func(n int) {
		stream := &benchStream{ctx: ctx}
		err := (orderService{server: server}).CopyOrders(requests[n%len(requests)], stream) //nolint:contextcheck // In it.
		if err != nil {
			b.Fatal(err)
		}
		if stream.sent != records {
			b.Fatalf("%d results", stream.sent)
		}
	}
	for n := range requests {
		call(n)
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		call(n)
	}
}

// BenchmarkDo is a call of an extra interface in the same process.
func BenchmarkDo(b *testing.B) {
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"meta":{"code":200},"data":{"id":"stored"}}`))
	}))
	defer remote.Close()
	client := NewClient()
	defer client.close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	body := strings.Repeat("x", 1000)
	b.ReportAllocs()
	for b.Loop() {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, remote.URL, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		if answer, err := client.Do(request); err != nil || answer.Status != http.StatusOK {
			b.Fatal(answer, err)
		}
	}
}

// BenchmarkExcerpt masks and cuts a text that has no secret in it.
func BenchmarkExcerpt(b *testing.B) {
	m := newMasker(map[string]string{"api_key": "asat_0123456789abcdef0123456789abcdef", "other": "a b+c/d%&?<>"})
	for _, size := range []int{50, 1000, 100_000} {
		text := strings.Repeat(`"name":"a value",`, size/17+1)[:size]
		b.Run(strconv.Itoa(size)+" bytes", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.excerpt(text)
			}
		})
	}
}
