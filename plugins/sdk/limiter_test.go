package sdk_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func limited(clock sdk.Clock, limits sdk.Limits) *sdk.Limiter {
	env := sdk.Env{HTTP: sdk.NewClient(), Clock: clock, AccountID: "a"}
	return env.Limiter("", limits)
}

// outcome is what an error means for a delivery.
func outcome(err error) (pluginv1.Outcome, time.Duration) {
	r := sdk.FromError(err, false)
	return r.Outcome(), r.Delay()
}

func TestLimiterKeepsTheRate(t *testing.T) {
	t.Parallel()
	clock := plugintest.NewClock(noon)
	limiter := limited(clock, sdk.Limits{RequestsPerSecond: 2, Burst: 3, LongestWait: time.Second})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 3 {
		if _, err := limiter.Take(ctx); err != nil {
			t.Fatal(err)
		}
	}
	var waiting sync.WaitGroup
	for range 2 { // At 0.5 s and 1 s.
		waiting.Go(func() {
			if _, err := limiter.Take(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	if err := clock.AwaitWaiting(ctx, 2); err != nil {
		t.Fatal(err)
	}
	_, err := limiter.Take(ctx) // It would be at 1.5 s, which is too long.
	if is, delay := outcome(err); is != pluginv1.Outcome_OUTCOME_THROTTLED || delay != 1500*time.Millisecond {
		t.Errorf("%v %v: %v", is, delay, err)
	}
	if hint := sdk.FromError(err, false).Hint(); !strings.Contains(hint, "the plugin's own pace") {
		t.Errorf("hint %q", hint)
	}
	clock.Advance(time.Second)
	waiting.Wait()
	clock.Advance(500 * time.Millisecond)
	if _, err := limiter.Take(ctx); err != nil {
		t.Errorf("the token of the one that was too late is gone: %v", err)
	}
}

func TestLimiterKeepsTheConcurrency(t *testing.T) {
	t.Parallel()
	limiter := limited(plugintest.NewClock(noon), sdk.Limits{Concurrency: 1})
	done, err := limiter.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := limiter.Take(ctx); err == nil {
		t.Error("two at once")
	}
	next := make(chan error, 1)
	go func() {
		done, err := limiter.Take(t.Context())
		if err == nil {
			done(nil)
		}
		next <- err
	}()
	done(nil)
	if err := <-next; err != nil {
		t.Error(err)
	}
}

// TestLimiterFollowsEdits: a setting that says how fast to call holds from the first
// request of the edited connection on, for all of the account.
func TestLimiterFollowsEdits(t *testing.T) {
	t.Parallel()
	const name = "calls"
	clock := plugintest.NewClock(noon)
	host := plugintest.New(t, sdk.Plugin[struct {
		Rate  int `setting:"rate" title:"Rate"`
		Burst int `setting:"burst" title:"Burst"`
	}, *takingPlugin]{
		Name: "taking", Version: "1.0.0", Title: "Taking", Clock: clock,
		New: func(env sdk.Env, s struct {
			Rate  int `setting:"rate" title:"Rate"`
			Burst int `setting:"burst" title:"Burst"`
		},
		) (*takingPlugin, error) {
			return &takingPlugin{env.Limiter(name, sdk.Limits{
				RequestsPerSecond: float64(s.Rate), Burst: int(s.Burst), LongestWait: time.Nanosecond,
			})}, nil
		},
	})
	taken := func(generation uint64, rate, burst int) int {
		t.Helper()
		n := 0
		for i := range 20 {
			d := plugintest.Tracking(strconv.Itoa(i), "T")
			results, err := host.CallTracking(t.Context(), []*pluginv1.Connection{{
				Uid: plugintest.ConnectionUID, Generation: generation, AccountId: "a",
				Settings: map[string]string{"rate": strconv.Itoa(rate), "burst": strconv.Itoa(burst)},
			}}, []*pluginv1.TrackingDelivery{d})
			if err != nil {
				t.Fatal(err)
			}
			if results[0].GetOutcome() == pluginv1.Outcome_OUTCOME_DELIVERED {
				n++
			}
		}
		return n
	}
	if n := taken(1, 1, 2); n != 2 {
		t.Errorf("%d at the start, want the burst of 2", n)
	}
	clock.Advance(time.Second)
	if n := taken(2, 4, 8); n != 1 {
		t.Errorf("%d after a second at the old rate, want 1", n)
	}
	clock.Advance(time.Second)
	if n := taken(2, 4, 8); n != 4 {
		t.Errorf("%d after a second at the new rate, want 4", n)
	}
	clock.Advance(time.Hour)
	if n := taken(2, 4, 8); n != 8 {
		t.Errorf("%d after a pause, want the new burst of 8", n)
	}
	clock.Advance(time.Hour)
	if n := taken(3, 1, 1); n != 1 {
		t.Errorf("%d after a pause, want the burst that was made smaller", n)
	}
	if n := taken(4, 0, 1); n != 20 {
		t.Errorf("%d without a limit", n)
	}
}

// takingPlugin takes a turn for each record.
type takingPlugin struct{ limiter *sdk.Limiter }

// ForwardTracking implements sdk.TrackingForwarder.
func (p *takingPlugin) ForwardTracking(ctx context.Context, _ *sdk.TrackingDelivery) sdk.Result {
	done, err := p.limiter.Take(ctx)
	if err != nil {
		return sdk.FromError(err, false)
	}
	done(nil)
	return sdk.Delivered("")
}

func TestLimiterLearns(t *testing.T) {
	t.Parallel()
	clock := plugintest.NewClock(noon)
	remote := plugintest.NewRemote(t, nil)
	remote.Script(
		plugintest.Respond(http.StatusTooManyRequests, "", "Retry-After", "90"),
		plugintest.Respond(http.StatusOK, "{}", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1"),
	)
	limiter := limited(clock, sdk.Limits{})
	send := func() (*sdk.Answer, error) { return limiter.Do(post(t, t.Context(), remote.URL())) }

	if answer, err := send(); err != nil || answer.Status != http.StatusTooManyRequests {
		t.Fatalf("%+v, %v", answer, err)
	}
	answer, err := send()
	if is, delay := outcome(err); is != pluginv1.Outcome_OUTCOME_THROTTLED || delay != 90*time.Second || answer.Written {
		t.Errorf("%v %v: %v", is, delay, err)
	}
	clock.Advance(90 * time.Second)
	if answer, err := send(); err != nil || answer.Status != http.StatusOK {
		t.Fatalf("%+v, %v", answer, err)
	}
	third := make(chan error, 1)
	go func() { _, err := send(); third <- err }()
	if err := clock.AwaitWaiting(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if n := len(remote.Requests()); n != 2 {
		t.Errorf("%d requests came before the reset", n)
	}
	clock.Advance(time.Second)
	if err := <-third; err != nil {
		t.Error(err)
	}
}

// TestLimiterReadsTheBody: an extra interface may tell in the body why it refuses, and
// the figures of its header may be those of another limit.
func TestLimiterReadsTheBody(t *testing.T) {
	t.Parallel()
	clock := plugintest.NewClock(noon)
	remote := plugintest.NewRemote(t, nil)
	remote.Script(plugintest.Respond(http.StatusTooManyRequests, `{"code":45}`, "Retry-After", "3"))
	limiter := limited(clock, sdk.Limits{Wait: func(answer *sdk.Answer, now time.Time) time.Duration {
		if answer.Status == http.StatusTooManyRequests && string(answer.Body) == `{"code":45}` && now.Equal(noon) {
			return time.Hour
		}
		return 0
	}})
	if _, err := limiter.Do(post(t, t.Context(), remote.URL())); err != nil {
		t.Fatal(err)
	}
	_, err := limiter.Do(post(t, t.Context(), remote.URL()))
	if is, delay := outcome(err); is != pluginv1.Outcome_OUTCOME_THROTTLED || delay != time.Hour {
		t.Errorf("%v %v: %v", is, delay, err)
	}
	if hint := sdk.FromError(err, false).Hint(); !strings.Contains(hint, "an earlier answer of the extra interface") {
		t.Errorf("hint %q", hint)
	}
}

type limitedPlugin struct {
	limiter *sdk.Limiter
	base    string
	clock   sdk.Clock
}

// ForwardTracking implements sdk.TrackingForwarder.
func (p *limitedPlugin) ForwardTracking(ctx context.Context, _ *sdk.TrackingDelivery) sdk.Result {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base, nil)
	if err != nil {
		return sdk.Result{}
	}
	answer, err := p.limiter.Do(request)
	if err != nil {
		return sdk.FromError(err, answer.Written)
	}
	return sdk.FromHTTP(answer.Status, answer.Header, p.clock.Now())
}

// TestLimiterIsTheAccounts: what one connection learned holds for the others of the
// account, and for nobody else.
func TestLimiterIsTheAccounts(t *testing.T) {
	t.Parallel()
	remote := plugintest.NewRemote(t, nil)
	remote.Script(plugintest.Respond(http.StatusTooManyRequests, "", "Retry-After", "60"))
	host := plugintest.New(t, sdk.Plugin[struct{}, *limitedPlugin]{
		Name: "limited", Version: "1.0.0", Title: "Limited", Clock: plugintest.NewClock(noon),
		New: func(env sdk.Env, _ struct{}) (*limitedPlugin, error) {
			return &limitedPlugin{env.Limiter("all", sdk.Limits{}), remote.URL(), env.Clock}, nil
		},
	})
	for i, test := range []struct {
		account  string
		outcome  pluginv1.Outcome
		requests int
	}{
		{"a", pluginv1.Outcome_OUTCOME_THROTTLED, 1},
		{"a", pluginv1.Outcome_OUTCOME_THROTTLED, 1},
		{"b", pluginv1.Outcome_OUTCOME_DELIVERED, 2},
		{"", pluginv1.Outcome_OUTCOME_DELIVERED, 3},
	} {
		uid := "connection-" + strconv.Itoa(i)
		d := plugintest.Tracking(uid, "T")
		d.Header.ConnectionUid = uid
		results, err := host.CallTracking(t.Context(), []*pluginv1.Connection{
			{Uid: uid, Generation: 1, AccountId: test.account},
		}, []*pluginv1.TrackingDelivery{d})
		if err != nil || results[0].GetOutcome() != test.outcome || len(remote.Requests()) != test.requests {
			t.Errorf("%d: %v, %v, %d requests", i, results, err, len(remote.Requests()))
		}
	}
}

func TestWaitOf(t *testing.T) {
	t.Parallel()
	in20, in60 := noon.Add(20*time.Second).Format(http.TimeFormat), noon.Add(time.Minute).Format(http.TimeFormat)
	unix := strconv.FormatInt(noon.Add(30*time.Second).Unix(), 10)
	for _, test := range []struct {
		name   string
		status int
		header map[string]string
		wait   time.Duration
	}{
		{"nothing said", 200, nil, 0},
		{"429 without a time", 429, nil, time.Second},
		{"429", 429, map[string]string{"Retry-After": "7"}, 7 * time.Second},
		{"429 until a date", 429, map[string]string{"Retry-After": in60}, time.Minute},
		{"503", 503, map[string]string{"Retry-After": "7"}, 7 * time.Second},
		{"some remain", 200, map[string]string{"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "9"}, 0},
		{"none remains", 200, map[string]string{"RateLimit-Remaining": "0", "RateLimit-Reset": "9"}, 9 * time.Second},
		{"until a time", 200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": unix}, 30 * time.Second},
		{"until a time of another clock", 200, map[string]string{
			"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": unix, "Date": in20,
		}, 10 * time.Second},
		{"until yesterday", 200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000000"}, 0},
		{"no number", 200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, 0},
		{"a year", 200, map[string]string{"RateLimit-Remaining": "0", "RateLimit-Reset": "31536000"}, 24 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			for name, value := range test.header {
				header.Set(name, value)
			}
			if wait := sdk.WaitOf(test.status, header, noon); wait != test.wait {
				t.Errorf("%v", wait)
			}
		})
	}
}
