// Package plugin is the plugin of the benchmarks: each delivery is one POST of about
// 1 KB of JSON, as plugins do it, to an address of the settings.
package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/bench/remote"
)

// Settings of a connection.
type Settings struct {
	URL string     `setting:"url" title:"Address" kind:"url" required:"true"`
	Key sdk.Secret `setting:"api_key" title:"API key" required:"true"`
	// Terse leaves the exchange out of the results.
	Terse bool `setting:"terse" title:"Tell nothing of the exchange" default:"false"`
}

// Forwarder sends the deliveries of a connection.
type Forwarder struct {
	env      sdk.Env
	settings Settings
}

// Plugin declares a plugin of the benchmarks.
func Plugin(name string) sdk.Plugin[Settings, *Forwarder] {
	return sdk.Plugin[Settings, *Forwarder]{
		Name: name, Version: "1.0.0", Title: "Benchmark",
		// On, and far above what an account of the benchmarks gets.
		Pace:        sdk.Pace{RequestsPerSecond: 1000, Burst: 1000, Concurrency: 64, BatchRecords: 50},
		Scope:       pluginv1.OrderingScope_ORDERING_SCOPE_ORDER,
		Idempotency: pluginv1.Idempotency_IDEMPOTENCY_KEYED,
		New: func(env sdk.Env, s Settings) (*Forwarder, error) {
			return &Forwarder{env, s}, nil
		},
	}
}

// ForwardTracking implements sdk.TrackingForwarder.
func (f *Forwarder) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	return f.send(ctx, d.Delivery, d.Record.GetOrderId(), parcelBody(d))
}

// CopyOrder implements sdk.OrderCopier.
func (f *Forwarder) CopyOrder(ctx context.Context, d *sdk.OrderDelivery) sdk.Result {
	if d.Order.GetOrderSource() == remote.CrashSource {
		os.Exit(3) // A record that crashes the plugin, as a fault in C code would.
	}
	return f.send(ctx, d.Delivery, d.Order.GetOrderId(), orderBody(d.Order))
}

func (f *Forwarder) send(ctx context.Context, d sdk.Delivery, record string, body any) sdk.Result {
	raw, err := json.Marshal(body)
	if err != nil {
		return sdk.Rejected("RECORD_UNREADABLE", "The record cannot be written as JSON.").FixByRecord()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.settings.URL, bytes.NewReader(raw))
	if err != nil {
		return sdk.Rejected("ADDRESS_INVALID", "Correct the address.").FixBySettings()
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+f.settings.Key.Reveal())
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
	if f.settings.Terse {
		return result
	}
	return result.WithExchange(sdk.Exchange{
		HTTPStatus: answer.Status, Request: string(raw), Response: string(answer.Body),
	})
}
