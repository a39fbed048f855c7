// Command spurline-plugin-bench is the plugin of the benchmarks: each delivery is
// one POST of about 1 KB of JSON, as plugins do it, to an address of the settings.
package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/bench/remote"
)

type settings struct {
	URL string     `setting:"url" title:"Address" kind:"url" required:"true"`
	Key sdk.Secret `setting:"api_key" title:"API key" required:"true"`
}

type forwarder struct {
	env sdk.Env
	settings
}

func main() {
	sdk.Main(sdk.Plugin[settings, *forwarder]{
		Name: "bench", Version: "1.0.0", Title: "Benchmark",
		// On, and far above what an account of the benchmarks gets.
		Pace:        sdk.Pace{RequestsPerSecond: 1000, Burst: 1000, Concurrency: 64, BatchRecords: 50},
		Scope:       pluginv1.OrderingScope_ORDERING_SCOPE_ORDER,
		Idempotency: pluginv1.Idempotency_IDEMPOTENCY_KEYED,
		New: func(env sdk.Env, s settings) (*forwarder, error) {
			return &forwarder{env, s}, nil
		},
	})
}

// ForwardTracking implements sdk.TrackingForwarder.
func (f *forwarder) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	return f.send(ctx, d.Delivery, d.Record.GetOrderId(), d.Record)
}

// CopyOrder implements sdk.OrderCopier.
func (f *forwarder) CopyOrder(ctx context.Context, d *sdk.OrderDelivery) sdk.Result {
	if d.Order.GetOrderSource() == remote.CrashSource {
		os.Exit(3) // A record that crashes the plugin, as a fault in C code would.
	}
	return f.send(ctx, d.Delivery, d.Order.GetOrderId(), d.Order)
}

func (f *forwarder) send(ctx context.Context, d sdk.Delivery, record string, body proto.Message) sdk.Result {
	raw, err := protojson.Marshal(body)
	if err != nil {
		return sdk.Rejected("RECORD_UNREADABLE", "The record cannot be written as JSON.").FixByRecord()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL, bytes.NewReader(raw))
	if err != nil {
		return sdk.Rejected("ADDRESS_INVALID", "Correct the address.").FixBySettings()
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+f.Key.Reveal())
	request.Header.Set("Idempotency-Key", d.RecordKey)
	request.Header.Set(remote.DeliveryHeader, d.ID)
	request.Header.Set(remote.RecordHeader, record)
	answer, err := f.env.HTTP.Do(request)
	if err != nil {
		return sdk.FromError(err, answer.Written)
	}
	result := sdk.FromHTTP(answer.Status, answer.Header, time.Now())
	if answer.Status == http.StatusOK {
		result = sdk.Delivered(d.RecordKey)
	}
	return result.WithExchange(sdk.Exchange{
		HTTPStatus: answer.Status, Request: string(raw), Response: string(answer.Body),
	})
}
