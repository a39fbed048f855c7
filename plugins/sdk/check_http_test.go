package sdk_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestCheckFromHTTP(t *testing.T) {
	t.Parallel()
	const (
		ok          = pluginv1.CheckOutcome_CHECK_OUTCOME_OK
		faulty      = pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY
		unreachable = pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE
	)
	header := http.Header{"Retry-After": {"7"}}
	for _, test := range []struct {
		name   string
		result sdk.CheckResult
		is     pluginv1.CheckOutcome
		field  string
	}{
		{"success", sdk.CheckFromHTTP(200, nil, noon, "key"), ok, ""},
		{"key refused", sdk.CheckFromHTTP(401, nil, noon, "key"), faulty, "key"},
		{"wrong address", sdk.CheckFromHTTP(404, nil, noon, "key"), faulty, ""},
		{"limited", sdk.CheckFromHTTP(429, header, noon, "key"), unreachable, ""},
		{"fault", sdk.CheckFromHTTP(500, nil, noon, "key"), unreachable, ""},
		{"gateway", sdk.CheckFromHTTP(502, nil, noon, "key"), unreachable, ""},
		{"no time", sdk.CheckFromError(context.DeadlineExceeded, "key"), unreachable, ""},
		{"no connection", sdk.CheckFromError(errors.New("x"), "key"), unreachable, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			field := ""
			if faults := test.result.Faults(); len(faults) > 0 {
				field = faults[0].Field
			}
			if test.result.Outcome() != test.is || field != test.field {
				t.Errorf("%v, at fault is %q", test.result.Outcome(), field)
			}
		})
	}
}

// TestCheckOfATokenAddress: that nothing gives tokens at an address is no fault of the
// setting that the credentials are in.
func TestCheckOfATokenAddress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		answer plugintest.Answer
		field  string
	}{
		{plugintest.Respond(404, ``), ""},
		{plugintest.Respond(400, `{"error":"invalid_grant"}`), "refresh_token"},
	} {
		remote := authority(t)
		remote.Script(test.answer)
		_, err := sdk.Env{HTTP: sdk.NewClient()}.OAuth(oauthSettings(remote.URL())).Token(t.Context())
		faults := sdk.CheckFromError(err, "refresh_token").Faults()
		if len(faults) != 1 || faults[0].Field != test.field || faults[0].Hint == "" {
			t.Errorf("faults are %+v, want one of %q", faults, test.field)
		}
	}
}

// checking is a plugin whose checks always find the same.
type checking struct{ found sdk.CheckResult }

// CopyOrder implements sdk.OrderCopier.
func (*checking) CopyOrder(context.Context, *sdk.OrderDelivery) sdk.Result { return sdk.Delivered("") }

// CheckConnection implements sdk.Checker.
func (c *checking) CheckConnection(context.Context) sdk.CheckResult { return c.found }

// TestCheckWaitsAsTold: what the extra interface says of the next time is passed on.
func TestCheckWaitsAsTold(t *testing.T) {
	t.Parallel()
	found := sdk.CheckFromHTTP(429, http.Header{"Retry-After": {"7"}}, noon, "")
	host := plugintest.New(t, sdk.Plugin[struct{}, *checking]{
		Name: "checking", Version: "1.0.0", Title: "Checking",
		New: func(sdk.Env, struct{}) (*checking, error) { return &checking{found}, nil },
	})
	if wait := host.Check(nil, nil).GetRetryAfter().AsDuration(); wait != 7*time.Second {
		t.Errorf("%v", wait)
	}
}
