package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

type settings struct {
	BaseURL string     `setting:"base_url" title:"Address" kind:"url" required:"true"`
	Key     sdk.Secret `setting:"api_key" title:"Key" required:"true"`
}

// plugin is the honest part of every rogue: a POST for each parcel.
func plugin(name string) sdk.Plugin[settings, *forwarder] {
	return sdk.Plugin[settings, *forwarder]{
		Name: name, Version: "1.0.0", Title: "Rogue", SetupSteps: []string{"Do not."},
		Pace:        sdk.Pace{RequestsPerSecond: 1000, Burst: 1000, Concurrency: 8, BatchRecords: 50},
		Scope:       pluginv1.OrderingScope_ORDERING_SCOPE_ORDER,
		Idempotency: pluginv1.Idempotency_IDEMPOTENCY_KEYED,
		New: func(env sdk.Env, s settings) (*forwarder, error) {
			return &forwarder{env, s, name == "meddler", name}, nil
		},
	}
}

type forwarder struct {
	env      sdk.Env
	settings settings
	// meddles says that a check of the connection writes.
	meddles bool
	vice    string
}

// ForwardTracking implements sdk.TrackingForwarder.
func (f *forwarder) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	f.breakDown(d.Record.GetParcel().GetTrackingNumber())
	answer, err := f.call(ctx, http.MethodPost, d.RecordKey, map[string]any{
		"order": d.Record.GetOrderId(), "number": d.Record.GetParcel().GetTrackingNumber(), "revision": d.Revision,
	})
	if err != nil {
		return sdk.FromError(err, answer.Written)
	}
	result := sdk.FromHTTP(answer.Status, answer.Header, time.Now())
	if result.Outcome() == pluginv1.Outcome_OUTCOME_DELIVERED {
		return sdk.Delivered(d.RecordKey).WithState([]byte("seen"))
	}
	return result
}

// breakDown does what the vice does to the goroutine or to the process.
func (f *forwarder) breakDown(number string) {
	switch f.vice {
	case "panicker":
		panic("no courier for " + number + " with " + f.settings.Key.Reveal())
	case "crasher":
		go func() { panic("no courier with " + f.settings.Key.Reveal()) }()
		forever()
	case "quitter":
		f.env.Logger.Error("quits")
		os.Exit(3)
	}
}

// CheckConnection implements sdk.Checker.
func (f *forwarder) CheckConnection(ctx context.Context) sdk.CheckResult {
	switch f.vice {
	case "check-panicker":
		panic("no account with " + f.settings.Key.Reveal())
	case "check-quitter":
		f.env.Logger.Error("quits")
		os.Exit(3)
	}
	method := http.MethodGet
	if f.meddles {
		method = http.MethodPost
	}
	answer, err := f.call(ctx, method, "", nil)
	switch {
	case err != nil:
		return sdk.CheckUnreachable("Nobody answers.")
	case answer.Status == http.StatusUnauthorized:
		return sdk.CheckFaulty(sdk.Fault{Field: "api_key", Reason: "KEY_REFUSED", Hint: "Enter a valid key."})
	default:
		return sdk.CheckOK("account", "Account")
	}
}

// PreviewTracking implements sdk.TrackingPreviewer.
//
//nolint:unparam // The kit wants an error.
func (f *forwarder) PreviewTracking(d *sdk.TrackingDelivery) (sdk.Preview, error) {
	return sdk.Preview{Requests: []sdk.PreviewedRequest{{
		Method: http.MethodPost, URL: f.settings.BaseURL, Body: d.Record.GetOrderId(),
	}}}, nil
}

func (f *forwarder) call(ctx context.Context, method, key string, body any) (*sdk.Answer, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return &sdk.Answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, method, f.settings.BaseURL, bytes.NewReader(raw))
	if err != nil {
		return &sdk.Answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+f.settings.Key.Reveal())
	request.Header.Set("Idempotency-Key", key)
	return f.env.HTTP.Do(request)
}

// shim hands the server to go-plugin.
type shim struct {
	goplugin.NetRPCUnsupportedPlugin
	server *sdk.Server
}

// GRPCServer implements goplugin.GRPCPlugin.
//
//nolint:unparam // The library wants an error.
func (s *shim) GRPCServer(_ *goplugin.GRPCBroker, to *grpc.Server) error {
	s.server.Register(to)
	return nil
}

// GRPCClient implements goplugin.GRPCPlugin.
func (*shim) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("a plugin is no host")
}
