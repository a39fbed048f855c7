package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// authority gives out the tokens access-1, access-2 and so on, good for an hour.
func authority(t *testing.T) *plugintest.Remote {
	t.Helper()
	var given atomic.Int64
	return plugintest.NewRemote(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"access-%d","expires_in":3600}`, given.Add(1))
	}))
}

func oauthSettings(at string) sdk.OAuthSettings {
	return sdk.OAuthSettings{
		TokenURL: at, ClientID: "client", ClientSecret: sdk.NewSecret("client-secret"),
		RefreshToken: sdk.NewSecret("refresh-0"),
	}
}

func TestTokenIsAskedForOnce(t *testing.T) {
	t.Parallel()
	clock, remote := plugintest.NewClock(noon), authority(t)
	tokens := sdk.Env{HTTP: sdk.NewClient(), Clock: clock}.OAuth(oauthSettings(remote.URL()))
	together := func() {
		t.Helper()
		var callers sync.WaitGroup
		got := make(chan string, 64)
		for range 64 {
			callers.Go(func() {
				access, err := tokens.Token(t.Context())
				if err != nil {
					t.Error(err)
				}
				got <- access.Reveal()
			})
		}
		callers.Wait()
		close(got)
		all := slices.Sorted(func(yield func(string) bool) {
			for access := range got {
				if !yield(access) {
					return
				}
			}
		})
		if all[0] != all[len(all)-1] || all[0] == "" {
			t.Errorf("tokens are %q", slices.Compact(all))
		}
	}
	together()
	clock.Advance(58 * time.Minute)
	together()
	if n := len(remote.Requests()); n != 1 {
		t.Fatalf("%d requests for a token", n)
	}
	clock.Advance(90 * time.Second) // Too near its end.
	together()
	requests := remote.Requests()
	if len(requests) != 2 {
		t.Fatalf("%d requests for a token", len(requests))
	}
	form, err := url.ParseQuery(string(requests[1].Body))
	if err != nil || form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != "refresh-0" ||
		form.Get("client_id") != "client" || form.Get("client_secret") != "client-secret" {
		t.Errorf("%v, %v", form, err)
	}
}

func TestTokenFailures(t *testing.T) {
	t.Parallel()
	const (
		unauthorized = pluginv1.Outcome_OUTCOME_UNAUTHORIZED
		throttled    = pluginv1.Outcome_OUTCOME_THROTTLED
		retry        = pluginv1.Outcome_OUTCOME_RETRY
		faulty       = pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY
		unreachable  = pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE
	)
	for _, test := range []struct {
		name    string
		answer  plugintest.Answer
		outcome pluginv1.Outcome
		delay   time.Duration
		check   pluginv1.CheckOutcome
	}{
		{"refused", plugintest.Respond(400, `{"error":"invalid_grant"}`), unauthorized, 0, faulty},
		{"refused with 200", plugintest.Respond(200, `{"error":"invalid_code"}`), unauthorized, 0, faulty},
		{"refused without words", plugintest.Respond(401, ``), unauthorized, 0, faulty},
		{"limited", plugintest.Respond(429, ``, "Retry-After", "30"), throttled, 30 * time.Second, unreachable},
		{
			"limited in other words", plugintest.Respond(400,
				`{"error":"Access Denied","error_description":"You have made too many requests continuously."}`),
			throttled, 10 * time.Minute, unreachable,
		},
		{
			"limited in capitals with 200", plugintest.Respond(200,
				`{"error":"Access Denied","error_description":"Too Many Requests.","status":"failure"}`),
			throttled, 10 * time.Minute, unreachable,
		},
		{"down", plugintest.Respond(503, ``, "Retry-After", "5"), retry, 5 * time.Second, unreachable},
		{"out of order", plugintest.Respond(400, `{"error":"server_error"}`), retry, 0, unreachable},
		{"reset", plugintest.Reset(), retry, 0, unreachable},
		{"lost", plugintest.Lost(), retry, 0, unreachable},
		{"garbage", plugintest.Garbage(), retry, 0, unreachable},
		{"cut", plugintest.Cut(), retry, 0, unreachable},
		{"no token", plugintest.Respond(200, `{}`), retry, 0, unreachable},
		{
			"endless token", plugintest.Respond(200, `{"access_token":"`+strings.Repeat("x", 5000)+`"}`),
			retry, 0, unreachable,
		},
		{"redirected", plugintest.Respond(302, ``, "Location", "/x"), unauthorized, 0, faulty},
		{"not there", plugintest.Respond(404, `<html>`), unauthorized, 0, faulty},
		{"no posts there", plugintest.Respond(405, ``), unauthorized, 0, faulty},
		{"a proxy's", plugintest.Respond(407, ``), unauthorized, 0, faulty},
		{"refused in another way", plugintest.Respond(422, ``), unauthorized, 0, faulty},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			remote := authority(t)
			remote.Script(test.answer)
			tokens := sdk.Env{HTTP: sdk.NewClient(), Clock: plugintest.NewClock(noon)}.OAuth(oauthSettings(remote.URL()))
			_, err := tokens.Token(t.Context())
			r := sdk.FromError(err, false)
			if r.Outcome() != test.outcome || r.Delay() != test.delay || r.Hint() == "" || r.Reason() == "REASON_MISSING" {
				t.Errorf("%v %v %s %q: %v", r.Outcome(), r.Delay(), r.Reason(), r.Hint(), err)
			}
			if is := sdk.CheckFromError(err, "refresh_token").Outcome(); is != test.check {
				t.Errorf("the check is %v", is)
			}
			if access, err := tokens.Token(t.Context()); err != nil || access.Empty() {
				t.Errorf("the next one fails too: %v", err)
			}
		})
	}
}

// TestTokenFailureNamesTheFault: the authority's word for a refusal, and nothing that
// is none.
func TestTokenFailureNamesTheFault(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", 64)
	for _, test := range []struct {
		name   string
		answer plugintest.Answer
		code   string
		ok     bool
		reason string
	}{
		{"client", plugintest.Respond(400, `{"error":"invalid_client"}`), "invalid_client", true, "CLIENT_REFUSED"},
		{
			"client of another kind", plugintest.Respond(400, `{"error":"unauthorized_client"}`),
			"unauthorized_client", true, "CLIENT_REFUSED",
		},
		{"refresh token", plugintest.Respond(400, `{"error":"invalid_grant"}`), "invalid_grant", true, "TOKEN_REFUSED"},
		{
			"client with 200", plugintest.Respond(200, `{"error":"invalid_client_secret"}`),
			"invalid_client_secret", true, "CLIENT_REFUSED",
		},
		{"with blanks", plugintest.Respond(403, `{"error":"Access Denied"}`), "Access Denied", true, "TOKEN_REFUSED"},
		{"not to be shown", plugintest.Respond(400, `{"error":"a\"b"}`), "", true, "TOKEN_REFUSED"},
		{"of two lines", plugintest.Respond(400, `{"error":"a\nb"}`), "", true, "TOKEN_REFUSED"},
		{"not ASCII", plugintest.Respond(400, `{"error":"invalide é"}`), "", true, "TOKEN_REFUSED"},
		{"as long as it may be", plugintest.Respond(400, `{"error":"`+longest+`"}`), longest, true, "TOKEN_REFUSED"},
		{"too long", plugintest.Respond(400, `{"error":"x`+longest+`"}`), "", true, "TOKEN_REFUSED"},
		{"without words", plugintest.Respond(401, ``), "", true, "TOKEN_REFUSED"},
		{"limited", plugintest.Respond(429, `{"error":"slow_down"}`), "", false, "TOKEN_RATE_LIMITED"},
		{"out of order", plugintest.Respond(500, `{"error":"server_error"}`), "", false, "TOKEN_REMOTE_FAULT"},
		{"not there", plugintest.Respond(404, ``), "", false, "ENDPOINT_NOT_FOUND"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			remote := authority(t)
			remote.Script(test.answer)
			_, err := sdk.Env{HTTP: sdk.NewClient()}.OAuth(oauthSettings(remote.URL())).Token(t.Context())
			if code, ok := sdk.TokenFailure(fmt.Errorf("check: %w", err)); code != test.code || ok != test.ok || err == nil {
				t.Errorf("%q, %v: %v", code, ok, err)
			}
			if r := sdk.FromError(err, false); r.Reason() != test.reason {
				t.Errorf("reason %s (%s), want %s", r.Reason(), r.Hint(), test.reason)
			}
		})
	}
	if code, ok := sdk.TokenFailure(nil); code != "" || ok {
		t.Errorf("%q, %v without an error", code, ok)
	}
	_, err := sdk.Env{HTTP: sdk.NewClient()}.OAuth(oauthSettings("://")).Token(t.Context())
	if code, ok := sdk.TokenFailure(err); err == nil || code != "" || ok {
		t.Errorf("%q, %v for an address that is none: %v", code, ok, err)
	}
}

// TestTokenOfOneWhoGaveUp: the others still get what a caller's request brings.
func TestTokenOfOneWhoGaveUp(t *testing.T) {
	t.Parallel()
	remote := authority(t)
	began, goOn := make(chan struct{}), make(chan struct{})
	remote.Script(func(_ *plugintest.Remote, w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-goOn
		_, _ = io.WriteString(w, `{"access_token":"late"}`)
	})
	tokens := sdk.Env{HTTP: sdk.NewClient()}.OAuth(oauthSettings(remote.URL()))
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { _, err := tokens.Token(ctx); first <- err }()
	<-began
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	second := make(chan sdk.Secret, 1)
	go func() { access, _ := tokens.Token(t.Context()); second <- access }()
	close(goOn)
	if access := <-second; access.Reveal() != "late" {
		t.Errorf("got %q", access.Reveal())
	}
	if n := len(remote.Requests()); n != 1 {
		t.Errorf("%d requests for a token", n)
	}
}

// TestTokenRotation: a refresh token that comes with an access token is the next
// one to use.
func TestTokenRotation(t *testing.T) {
	t.Parallel()
	clock, remote := plugintest.NewClock(noon), authority(t)
	remote.Script(plugintest.Respond(200, `{"access_token":"a","refresh_token":"refresh-1","expires_in":3600}`))
	tokens := sdk.Env{HTTP: sdk.NewClient(), Clock: clock}.OAuth(oauthSettings(remote.URL()))
	for i, want := range []string{"refresh-0", "refresh-1", "refresh-1"} {
		if _, err := tokens.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		form, err := url.ParseQuery(string(remote.Requests()[i].Body))
		if err != nil || form.Get("refresh_token") != want {
			t.Errorf("request %d has %q, want %q", i, form.Get("refresh_token"), want)
		}
		clock.Advance(time.Hour)
	}
}

// TestTokensAreAskedForSparingly: an authority that blocks who asks too often, and
// longer if they go on, is not asked beyond what it allows.
func TestTokensAreAskedForSparingly(t *testing.T) {
	t.Parallel()
	clock, remote := plugintest.NewClock(noon), authority(t)
	settings := oauthSettings(remote.URL())
	settings.MostRequests, settings.Window = 3, 10*time.Minute
	tokens := sdk.Env{HTTP: sdk.NewClient(), Clock: clock}.OAuth(settings)
	another := func() (sdk.Result, string) {
		access, err := tokens.Token(t.Context())
		if err != nil {
			return sdk.FromError(err, false), ""
		}
		tokens.Refused(access)
		return sdk.Result{}, access.Reveal()
	}
	refused := func(want time.Duration) {
		t.Helper()
		r, access := another()
		if r.Outcome() != pluginv1.Outcome_OUTCOME_THROTTLED || r.Delay() != want ||
			r.Reason() != "TOKEN_RATE_LIMITED" || r.Hint() == "" {
			t.Errorf("%v %v %s %q, token %q", r.Outcome(), r.Delay(), r.Reason(), r.Hint(), access)
		}
	}
	given := func(want string) {
		t.Helper()
		if r, access := another(); access != want {
			t.Errorf("got %q, want %q: %s", access, want, r.Reason())
		}
	}
	given("access-1")
	clock.Advance(time.Minute)
	given("access-2")
	remote.Script(plugintest.Respond(503, ""))
	if r, _ := another(); r.Reason() != "TOKEN_REMOTE_FAULT" {
		t.Errorf("%s", r.Reason())
	}
	refused(9 * time.Minute)
	clock.Advance(9*time.Minute - 1)
	refused(1)
	clock.Advance(1)
	given("access-3")
	refused(time.Minute)
	clock.Advance(time.Minute)
	remote.Script(plugintest.Respond(429, "", "Retry-After", "1200"))
	refused(20 * time.Minute) // Others have asked; the authority says how long.
	clock.Advance(19 * time.Minute)
	refused(time.Minute)
	clock.Advance(time.Minute)
	given("access-4")
	if n := len(remote.Requests()); n != 6 {
		t.Errorf("%d requests for a token, want 6", n)
	}
}

// TestTokenRequestsThatDidNotLeave: what never arrived at the authority is not
// counted against the bound.
func TestTokenRequestsThatDidNotLeave(t *testing.T) {
	t.Parallel()
	nobody := httptest.NewServer(nil)
	nobody.Close()
	settings := oauthSettings(nobody.URL)
	settings.MostRequests, settings.Window = 1, 10*time.Minute
	tokens := sdk.Env{HTTP: sdk.NewClient(), Clock: plugintest.NewClock(noon)}.OAuth(settings)
	for range 3 {
		_, err := tokens.Token(t.Context())
		if r := sdk.FromError(err, false); r.Reason() != "TOKEN_NOT_CONNECTED" {
			t.Errorf("%s: %v", r.Reason(), err)
		}
	}
}

type oauthPlugin struct {
	env   sdk.Env
	oauth *sdk.OAuth
	api   string
}

// ForwardTracking implements sdk.TrackingForwarder.
func (p *oauthPlugin) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.api, strings.NewReader(d.ID))
	if err != nil {
		return sdk.Result{}
	}
	answer, err := p.oauth.Do(p.env.HTTP, request)
	if err != nil {
		return sdk.FromError(err, answer.Written)
	}
	// An API that quotes the token, and a plugin that shows all of it.
	return sdk.FromHTTP(answer.Status, answer.Header, p.env.Clock.Now()).
		WithExchange(sdk.Exchange{Response: string(answer.Body)})
}

func oauthHost(t *testing.T, authority, api *plugintest.Remote) *plugintest.Host {
	t.Helper()
	return plugintest.New(t, sdk.Plugin[struct {
		Refresh sdk.Secret `setting:"refresh_token" title:"Refresh token"`
	}, *oauthPlugin]{
		Name: "oauth", Version: "1.0.0", Title: "OAuth", Clock: plugintest.NewClock(noon),
		New: func(env sdk.Env, s struct {
			Refresh sdk.Secret `setting:"refresh_token" title:"Refresh token"`
		},
		) (*oauthPlugin, error) {
			settings := oauthSettings(authority.URL())
			settings.RefreshToken, settings.Scheme = s.Refresh, "Acme-token"
			return &oauthPlugin{env, env.OAuth(settings), api.URL()}, nil
		},
	})
}

// quoting is an API that takes one token only, and says which one it got.
func quoting(t *testing.T, good string) *plugintest.Remote {
	t.Helper()
	return plugintest.NewRemote(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Acme-token "+good {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = fmt.Fprintf(w, "%s took %s", r.Header.Get("Authorization"), body)
	}))
}

// TestTokenTravels: one token for all connections with the same credentials, which
// comes back with the results, and a new process goes on with it.
func TestTokenTravels(t *testing.T) {
	t.Parallel()
	remote, api := authority(t), quoting(t, "access-1")
	secrets := map[string]string{"refresh_token": "refresh-canary"}
	first, other := &pluginv1.Connection{Uid: "first", Generation: 1, Secrets: secrets},
		&pluginv1.Connection{Uid: "other", Generation: 1, Secrets: secrets}
	var deliveries []*pluginv1.TrackingDelivery
	for i := range 64 {
		d := plugintest.Tracking(fmt.Sprint("d", i), "T")
		d.Header.ConnectionUid = []string{"first", "other"}[i%2]
		deliveries = append(deliveries, d)
	}
	results, err := oauthHost(t, remote, api).CallTracking(t.Context(), []*pluginv1.Connection{first, other}, deliveries)
	if err != nil || len(results) != 64 || len(remote.Requests()) != 1 {
		t.Fatalf("%d results, %v, %d requests for a token", len(results), err, len(remote.Requests()))
	}
	states := 0
	for _, r := range results {
		if r.GetOutcome() != pluginv1.Outcome_OUTCOME_DELIVERED {
			t.Errorf("%v", r)
		}
		if strings.Contains(r.GetResponseExcerpt(), "access-1") || !strings.Contains(r.GetResponseExcerpt(), "took d") {
			t.Errorf("the token is in the excerpt %q", r.GetResponseExcerpt())
		}
		if len(r.GetConnectionState()) > 0 {
			first.State = r.GetConnectionState()
			states++
		}
	}
	if states != 2 {
		t.Errorf("%d results carried a token, want one for each connection", states)
	}
	results, err = oauthHost(t, remote, api).CallTracking(t.Context(), []*pluginv1.Connection{first}, deliveries[:1])
	if err != nil || results[0].GetOutcome() != pluginv1.Outcome_OUTCOME_DELIVERED || len(remote.Requests()) != 1 {
		t.Errorf("%v, %v, %d requests for a token", results, err, len(remote.Requests()))
	}
}

// TestTokenRefused: a token that the API no longer takes is replaced, once for all,
// and the request sent again.
func TestTokenRefused(t *testing.T) {
	t.Parallel()
	remote, api := authority(t), quoting(t, "access-2")
	c := &pluginv1.Connection{
		Uid: plugintest.ConnectionUID, Generation: 1, Secrets: map[string]string{"refresh_token": "refresh-canary"},
	}
	// A process of before got a token, which has ended since.
	results, err := oauthHost(t, remote, quoting(t, "access-1")).CallTracking(t.Context(),
		[]*pluginv1.Connection{c}, []*pluginv1.TrackingDelivery{plugintest.Tracking("d0", "T")})
	if err != nil || len(results[0].GetConnectionState()) == 0 {
		t.Fatalf("%v, %v", results, err)
	}
	c.State = results[0].GetConnectionState()
	host := oauthHost(t, remote, api)
	for _, id := range []string{"d1", "d2"} {
		results, err := host.CallTracking(t.Context(), []*pluginv1.Connection{c},
			[]*pluginv1.TrackingDelivery{plugintest.Tracking(id, "T")})
		if err != nil || results[0].GetOutcome() != pluginv1.Outcome_OUTCOME_DELIVERED ||
			!strings.HasSuffix(results[0].GetResponseExcerpt(), "took "+id) {
			t.Errorf("%v, %v", results, err)
		}
	}
	if tokens, calls := len(remote.Requests()), len(api.Requests()); tokens != 2 || calls != 3 {
		t.Errorf("%d requests for a token, %d for the API", tokens, calls)
	}
}

// TestFreshTokenRefused: an API that refuses a token that was just got does not mean
// its age, so another one is of no use, and would count against the authority's limit.
func TestFreshTokenRefused(t *testing.T) {
	t.Parallel()
	clock, remote, api := plugintest.NewClock(noon), authority(t), quoting(t, "access-2")
	settings := oauthSettings(remote.URL())
	settings.Scheme = "Acme-token"
	env := sdk.Env{HTTP: sdk.NewClient(), Clock: clock}
	oauth := env.OAuth(settings)
	for _, step := range []struct{ after, status, tokens, calls int }{
		{0, http.StatusUnauthorized, 1, 1},
		{59, http.StatusUnauthorized, 1, 2},
		{1, http.StatusOK, 2, 4}, // Old enough to have been ended by others.
	} {
		clock.Advance(time.Duration(step.after) * time.Second)
		answer, err := oauth.Do(env.HTTP, post(t, t.Context(), api.URL()))
		tokens, calls := len(remote.Requests()), len(api.Requests())
		if err != nil || answer.Status != step.status || tokens != step.tokens || calls != step.calls {
			t.Errorf("after %d s: %d, %v, %d requests for a token, %d for the API; want %v",
				step.after, answer.Status, err, tokens, calls, step)
		}
	}
}
