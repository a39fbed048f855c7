package plugintest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// The plugin of the examples puts a tracking number to Acme, at most once a second.

type acmeSettings struct {
	Key  sdk.Secret `setting:"api_key" title:"API key" required:"true"`
	Base string     `setting:"base_url" title:"Address" kind:"url" required:"true"`
}

type acme struct {
	env      sdk.Env
	settings acmeSettings
	limiter  *sdk.Limiter
}

// ForwardTracking implements sdk.TrackingForwarder.
func (a *acme) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	body := `{"number":"` + d.Record.GetParcel().GetTrackingNumber() + `"}`
	request, err := http.NewRequestWithContext(ctx, http.MethodPut,
		a.settings.Base+"/parcels/"+d.RecordKey, strings.NewReader(body))
	if err != nil {
		return sdk.Rejected("ADDRESS_INVALID", "Correct the address.").FixBySettings()
	}
	request.Header.Set("Authorization", "Bearer "+a.settings.Key.Reveal())
	answer, err := a.limiter.Do(request)
	if err != nil {
		return sdk.FromError(err, answer.Written)
	}
	result := sdk.FromHTTP(answer.Status, answer.Header, a.env.Clock.Now())
	if result.Outcome() == pluginv1.Outcome_OUTCOME_DELIVERED && !json.Valid(answer.Body) {
		return sdk.Unknown("ANSWER_UNREADABLE", "Acme answered with something else than JSON.")
	}
	return result
}

func plugin() sdk.Plugin[acmeSettings, *acme] {
	return sdk.Plugin[acmeSettings, *acme]{
		Name: "acme", Version: "1.0.0", Title: "Acme",
		New: func(env sdk.Env, s acmeSettings) (*acme, error) {
			return &acme{env, s, env.Limiter("", sdk.Limits{RequestsPerSecond: 1})}, nil
		},
	}
}

var secrets = map[string]string{"api_key": "canary-4711"}

// In-process host: the plugin is called as the server calls it.
func TestExampleHost(t *testing.T) {
	t.Parallel()
	remote := plugintest.NewRemote(t, nil)
	host := plugintest.New(t, plugin())
	settings := map[string]string{"base_url": remote.URL()}
	results := host.Forward(settings, secrets, plugintest.Tracking("d1", "TRACK-1"))
	if got := results["d1"].GetOutcome(); got != pluginv1.Outcome_OUTCOME_DELIVERED {
		t.Errorf("%v", results["d1"])
	}
}

// Scripted remote: one answer after the other, then the handler's.
func TestExampleScript(t *testing.T) {
	t.Parallel()
	const (
		delivered = pluginv1.Outcome_OUTCOME_DELIVERED
		throttled = pluginv1.Outcome_OUTCOME_THROTTLED
		unknown   = pluginv1.Outcome_OUTCOME_UNKNOWN
	)
	for _, test := range []struct {
		name     string
		script   plugintest.Answer
		outcomes []pluginv1.Outcome
	}{
		{"429, then 200", plugintest.Respond(429, "", "Retry-After", "7"), []pluginv1.Outcome{throttled, delivered}},
		{"reset", plugintest.Reset(), []pluginv1.Outcome{unknown, delivered}},
		{"lost answer", plugintest.Lost(), []pluginv1.Outcome{unknown, delivered}},
		{"hang", plugintest.Hang(), []pluginv1.Outcome{unknown, delivered}},
		{"garbage", plugintest.Garbage(), []pluginv1.Outcome{unknown, delivered}},
		{"cut", plugintest.Cut(), []pluginv1.Outcome{unknown, delivered}},
		{"slow", plugintest.Slow(time.Millisecond), []pluginv1.Outcome{delivered, delivered}},
		{"pass", plugintest.Pass(), []pluginv1.Outcome{delivered, delivered}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			remote := plugintest.NewRemote(t, nil)
			remote.Script(test.script)
			clock := plugintest.NewClock(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
			p := plugin()
			p.Clock = clock
			host := plugintest.New(t, p)
			settings := map[string]string{"base_url": remote.URL()}
			for _, want := range test.outcomes {
				d := plugintest.Tracking("d1", "TRACK-1")
				if test.name == "hang" && want == unknown {
					d.Header.TimeBudget = plugintest.Budget(200 * time.Millisecond)
				}
				if got := host.Forward(settings, secrets, d)["d1"]; got.GetOutcome() != want {
					t.Errorf("%v, want %v", got, want)
				}
				clock.Advance(time.Minute)
			}
		})
	}
}

// Golden requests: what is sent, to the letter, without secrets. Write them anew
// with "go test -run TestExampleGolden . -update".
func TestExampleGolden(t *testing.T) {
	t.Parallel()
	remote := plugintest.NewRemote(t, nil)
	host := plugintest.New(t, plugin())
	host.Forward(map[string]string{"base_url": remote.URL()}, secrets, plugintest.Tracking("d1", "TRACK-1"))
	host.Golden("testdata/requests/parcel.txt", remote.Requests()...)
}

// Fake clock: whoever waits for it goes on when the test says so.
func TestExampleClock(t *testing.T) {
	t.Parallel()
	remote := plugintest.NewRemote(t, nil)
	clock := plugintest.NewClock(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
	p := plugin()
	p.Clock = clock
	host := plugintest.New(t, p)
	settings := map[string]string{"base_url": remote.URL()}
	host.Forward(settings, secrets, plugintest.Tracking("d1", "TRACK-1"))
	remote.Forget() // What was sent so far is not what this is about.
	moved := make(chan error, 1)
	go func() {
		err := clock.AwaitWaiting(t.Context(), 1)
		clock.Advance(time.Second)
		moved <- err
	}()
	host.Forward(settings, secrets, plugintest.Tracking("d2", "TRACK-2"))
	if err := <-moved; err != nil || len(remote.Requests()) != 1 {
		t.Errorf("%v, %d requests", err, len(remote.Requests()))
	}
}
