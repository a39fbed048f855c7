package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

type scriptSettings struct {
	Key   sdk.Secret `setting:"api_key" title:"API key" required:"true"`
	Label string     `setting:"label" title:"Label"`
}

// script is a plugin whose deliveries do what the test says.
type script struct {
	forward func(env sdk.Env, s scriptSettings, ctx context.Context, d *sdk.TrackingDelivery) sdk.Result
	err     error

	made, closed atomic.Int32
}

type scriptInstance struct {
	script   *script
	env      sdk.Env
	settings scriptSettings
	closed   atomic.Bool
}

func (i *scriptInstance) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	if i.closed.Load() {
		return sdk.Unknown("USED_AFTER_CLOSE", "")
	}
	return i.script.forward(i.env, i.settings, ctx, d)
}

func (i *scriptInstance) Close() error {
	i.closed.Store(true)
	i.script.closed.Add(1)
	return nil
}

func (s *script) plugin() sdk.Plugin[scriptSettings, *scriptInstance] {
	return sdk.Plugin[scriptSettings, *scriptInstance]{
		Name: "script", Version: "1.0.0", Title: "Script",
		Pace: sdk.Pace{Concurrency: 3},
		New: func(env sdk.Env, settings scriptSettings) (*scriptInstance, error) {
			s.made.Add(1)
			if s.err != nil {
				return nil, s.err
			}
			return &scriptInstance{script: s, env: env, settings: settings}, nil
		},
	}
}

func deliveries(n int) []*pluginv1.TrackingDelivery {
	var all []*pluginv1.TrackingDelivery
	for i := range n {
		all = append(all, plugintest.Tracking(fmt.Sprintf("d%d", i), fmt.Sprintf("T%d", i)))
	}
	return all
}

var secrets = map[string]string{"api_key": canary}

func TestOneInstancePerGeneration(t *testing.T) {
	t.Parallel()
	s := &script{forward: func(sdk.Env, scriptSettings, context.Context, *sdk.TrackingDelivery) sdk.Result {
		return sdk.Delivered("r")
	}}
	host := plugintest.New(t, s.plugin())
	first := host.Connection(nil, secrets)
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			results, err := host.CallTracking(t.Context(), []*pluginv1.Connection{first}, deliveries(20))
			if err != nil || len(results) != 20 {
				t.Errorf("%d results, %v", len(results), err)
			}
		})
	}
	calls.Wait()
	if s.made.Load() != 1 || s.closed.Load() != 0 {
		t.Errorf("%d made, %d closed", s.made.Load(), s.closed.Load())
	}
	host.Forward(map[string]string{"label": "new"}, secrets, deliveries(1)...)
	if s.made.Load() != 2 || s.closed.Load() != 1 {
		t.Errorf("after an edit: %d made, %d closed", s.made.Load(), s.closed.Load())
	}
}

func TestReplacedInstanceIsClosedAfterItsLastUse(t *testing.T) {
	t.Parallel()
	running, release := make(chan struct{}), make(chan struct{})
	s := &script{}
	s.forward = func(_ sdk.Env, settings scriptSettings, _ context.Context, _ *sdk.TrackingDelivery) sdk.Result {
		if settings.Label == "old" {
			close(running)
			<-release
			if s.closed.Load() != 0 {
				return sdk.Unknown("CLOSED_IN_USE", "")
			}
		}
		return sdk.Delivered("r")
	}
	host := plugintest.New(t, s.plugin())
	old := host.Connection(map[string]string{"label": "old"}, secrets)
	var calls sync.WaitGroup
	calls.Go(func() {
		results, err := host.CallTracking(t.Context(), []*pluginv1.Connection{old}, deliveries(1))
		if err != nil || results[0].GetOutcome() != pluginv1.Outcome_OUTCOME_DELIVERED {
			t.Errorf("%v, %v", results, err)
		}
	})
	<-running
	host.Forward(map[string]string{"label": "new"}, secrets, deliveries(1)...)
	close(release)
	calls.Wait()
	if s.closed.Load() != 1 {
		t.Errorf("%d closed", s.closed.Load())
	}
}

func TestOutcomesThatTheKitGives(t *testing.T) {
	t.Parallel()
	late := plugintest.Tracking("late", "T")
	late.Header.TimeBudget = durationpb.New(-time.Second)
	stranger := plugintest.Tracking("stranger", "T")
	stranger.Header.ConnectionUid = "nobody"
	s := &script{forward: func(_ sdk.Env, _ scriptSettings, _ context.Context, d *sdk.TrackingDelivery) sdk.Result {
		switch d.ID {
		case "panic":
			panic("with " + canary)
		case "goexit":
			runtime.Goexit()
		case "zero":
			return sdk.Result{}
		case "late", "stranger":
			t.Errorf("%s was sent", d.ID)
		}
		return sdk.Delivered("r")
	}}
	host := plugintest.New(t, s.plugin())
	results := host.Forward(nil, secrets, plugintest.Tracking("panic", "T"), plugintest.Tracking("goexit", "T"),
		plugintest.Tracking("zero", "T"), plugintest.Tracking("good", "T"), late, stranger)
	for id, want := range map[string]string{
		"panic": "OUTCOME_UNKNOWN PLUGIN_PANIC", "goexit": "OUTCOME_UNKNOWN PLUGIN_PANIC",
		"zero": "OUTCOME_UNKNOWN RESULT_MISSING", "good": "OUTCOME_DELIVERED ",
		"late": "OUTCOME_RETRY DEADLINE_BEFORE_SEND", "stranger": "OUTCOME_RETRY CONNECTION_MISSING",
	} {
		if got := results[id].GetOutcome().String() + " " + results[id].GetReason(); got != want {
			t.Errorf("%s: %s", id, got)
		}
	}
	if !strings.Contains(host.Log(), "plugin panicked") || !strings.Contains(host.Log(), "server_test.go") {
		t.Error("the stack of the panic is not in the log")
	}
}

// TestBadSettingsAreTheAccountsFault: what no record of a connection can go with pauses
// its lane, so that no record fails for it (promise P6).
func TestBadSettingsAreTheAccountsFault(t *testing.T) {
	t.Parallel()
	s := &script{err: errors.New("label and key do not fit: " + canary)}
	host := plugintest.New(t, s.plugin())
	for _, with := range []map[string]string{secrets, {}} {
		got := host.Forward(nil, with, deliveries(1)...)["d0"]
		if got.GetOutcome() != pluginv1.Outcome_OUTCOME_UNAUTHORIZED || got.GetReason() != "SETTINGS_INVALID" ||
			got.GetHint() == "" {
			t.Errorf("got %v", got)
		}
	}
	made := s.made.Load()
	host.Forward(nil, secrets, deliveries(1)...)
	host.Forward(nil, secrets, deliveries(1)...)
	if s.made.Load() != made+2 {
		t.Error("a failed instance was kept")
	}
}

func TestConcurrencyPerAccount(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	full, release := make(chan struct{}, 100), make(chan struct{})
	s := &script{forward: func(sdk.Env, scriptSettings, context.Context, *sdk.TrackingDelivery) sdk.Result {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		full <- struct{}{}
		<-release
		now.Add(-1)
		return sdk.Delivered("r")
	}}
	host := plugintest.New(t, s.plugin())
	var calls sync.WaitGroup
	for i := range 2 { // Two connections of one account.
		c := &pluginv1.Connection{
			Uid: fmt.Sprintf("c%d", i), Generation: 1, AccountId: "one", Secrets: secrets,
		}
		batch := deliveries(20)
		for _, d := range batch {
			d.Header.ConnectionUid = c.GetUid()
		}
		calls.Go(func() {
			results, err := host.CallTracking(t.Context(), []*pluginv1.Connection{c}, batch)
			if err != nil || len(results) != 20 {
				t.Errorf("%d results, %v", len(results), err)
			}
		})
	}
	for range 3 {
		<-full
	}
	close(release)
	calls.Wait()
	if most.Load() != 3 {
		t.Errorf("%d at once", most.Load())
	}
}

func TestCancelledCallLeavesOutWhatDidNotStart(t *testing.T) {
	t.Parallel()
	started := make(chan struct{}, 100)
	s := &script{forward: func(_ sdk.Env, _ scriptSettings, ctx context.Context, _ *sdk.TrackingDelivery) sdk.Result {
		started <- struct{}{}
		<-ctx.Done()
		return sdk.FromError(ctx.Err(), true)
	}}
	host := plugintest.New(t, s.plugin())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for range 3 {
			<-started
		}
		cancel()
	}()
	_, err := host.CallTracking(ctx, []*pluginv1.Connection{host.Connection(nil, secrets)}, deliveries(20))
	if err == nil {
		t.Error("the call did not fail")
	}
	if len(started) != 0 {
		t.Errorf("%d more started", len(started))
	}
}

func TestSecretsAndStateOnTheirWayOut(t *testing.T) {
	t.Parallel()
	s := &script{forward: func(env sdk.Env, s scriptSettings, _ context.Context, d *sdk.TrackingDelivery) sdk.Result {
		key := s.Key.Reveal()
		//nolint:sloglint // What careless plugins do.
		env.Logger.Warn("with "+key, slog.Any("error", errors.New(key)), slog.Group("g", slog.String("k", key)))
		if string(env.State()) == "" {
			env.SetState([]byte("token"))
		}
		return sdk.Rejected("NOT_GOOD", "key "+key).WithRemoteURL("https://x/?k=" + key).WithState([]byte("kept")).
			WithExchange(sdk.Exchange{HTTPStatus: 422, Request: strings.Repeat("ü", 2000) + key, Response: key})
	}}
	host := plugintest.New(t, s.plugin())
	got := host.Forward(nil, secrets, deliveries(1)...)["d0"]
	if got.GetHint() != "key [secret]" || got.GetRemoteUrl() != "https://x/?k=[secret]" ||
		got.GetResponseExcerpt() != "[secret]" || got.GetHttpStatus() != 422 {
		t.Errorf("got %v", got)
	}
	if n := len(got.GetRequestExcerpt()); n > 2<<10 || n < 2<<10-4 {
		t.Errorf("%d bytes of request", n)
	}
	if string(got.GetState()) != "kept" || string(got.GetConnectionState()) != "token" {
		t.Errorf("states %q, %q", got.GetState(), got.GetConnectionState())
	}
	if again := host.Forward(nil, secrets, deliveries(1)...)["d0"]; again.ConnectionState != nil {
		t.Errorf("the state was sent again: %q", again.GetConnectionState())
	}
}
