package aftership

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func (b *bench) check(t *testing.T) sdk.CheckResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return b.forwarder.CheckConnection(ctx)
}

func TestGoodConnection(t *testing.T) {
	t.Parallel()
	for _, g := range generations() {
		b := newBench(t, func(s *Settings) { s.Generation, s.SendCustomerContact = g.name, true })
		r := b.check(t)
		if r.Outcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_OK || r.AccountID() != accountID(aftershiptest.ValidKey) {
			t.Errorf("%s: result is %+v", g.name, r)
		}
		for _, e := range b.Journal() {
			if e.Method != "GET" {
				t.Errorf("%s: %s %s writes", g.name, e.Method, e.Path)
			}
		}
	}
}

func TestFaultyConnections(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*Settings)
		faults []aftershiptest.Fault
		field  string
		reason string
	}{
		{"wrong key", func(s *Settings) { s.APIKey = sdk.NewSecret("nobody") }, nil, "api_key", "API_KEY_REFUSED"},
		{
			"wrong key, v4", func(s *Settings) { s.APIKey, s.Generation = sdk.NewSecret("nobody"), "v4" }, nil,
			"api_key", "API_KEY_REFUSED",
		},
		{
			"legacy key", func(s *Settings) { s.APIKey = sdk.NewSecret(aftershiptest.LegacyKey) }, nil,
			"api_generation", "LEGACY_KEY",
		},
		{
			"plan without API", func(s *Settings) { s.APIKey = sdk.NewSecret(aftershiptest.NoPlanKey) }, nil,
			"api_key", "ACCESS_FORBIDDEN",
		},
		{"wrong path", func(s *Settings) { s.BaseURL += "/elsewhere" }, nil, "base_url", "API_NOT_FOUND"},
		{"another service", nil, []aftershiptest.Fault{aftershiptest.HTML(200)}, "base_url", "NOT_AFTERSHIP"},
		{
			"another JSON service", nil,
			[]aftershiptest.Fault{aftershiptest.Body(200, "application/json", `{"ok":true}`)},
			"base_url", "NOT_AFTERSHIP",
		},
		{"redirect", nil, []aftershiptest.Fault{aftershiptest.Redirect("http://127.0.0.1:1/")}, "base_url", "REDIRECTED"},
		{"refused", nil, []aftershiptest.Fault{aftershiptest.Status(400)}, "base_url", "BAD_REQUEST"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, test.change)
			b.Script(test.faults...)
			r := b.check(t)
			faults := r.Faults()
			if r.Outcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY || len(faults) != 1 {
				t.Fatalf("result is %+v", r)
			}
			if f := faults[0]; f.Field != test.field || f.Reason != test.reason || f.Hint == "" {
				t.Errorf("fault is %+v", f)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]aftershiptest.Fault{
		"reset":   aftershiptest.Reset().Times(9), // A GET is repeated by the transport.
		"down":    aftershiptest.HTML(503),
		"limited": aftershiptest.Limited(time.Hour, 0),
		"cut":     aftershiptest.Truncated(),
	} {
		b := newBench(t, nil)
		b.Script(fault)
		if r := b.check(t); r.Outcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE {
			t.Errorf("%s: result is %+v", name, r)
		}
	}
}

func TestFaultyFieldAtTheRealAddress(t *testing.T) {
	t.Parallel()
	f := &Forwarder{client: &client{base: defaultBaseURL}}
	if field := f.faultyField(rule(404, "")); field != "api_generation" {
		t.Errorf("field is %q", field)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	far := &Forwarder{client: &client{base: "http://proxy.example"}}
	if all := far.warnings(0); len(all) != 3 {
		t.Errorf("warnings are %q", all)
	}
	fine := &Forwarder{client: &client{base: defaultBaseURL}, sendContact: true}
	if all := fine.warnings(1); len(all) != 0 {
		t.Errorf("warnings are %q", all)
	}
	for base, plain := range map[string]bool{
		"http://127.0.0.1:1": false, "http://localhost:1": false, "http://[::1]:1": false,
		"https://api.aftership.com": false, "http://api.aftership.com": true, "http://10.0.0.1": true,
	} {
		if sdk.InTheClear(base) != plain {
			t.Errorf("InTheClear(%q) is %v", base, !plain)
		}
	}
}

func TestNoCourierEnabled(t *testing.T) {
	t.Parallel()
	couriers := aftershiptest.DefaultCouriers()
	for i := range couriers {
		couriers[i].Enabled = false
	}
	for _, g := range generations() {
		b := newBench(t, func(s *Settings) { s.Generation = g.name }, aftershiptest.WithCouriers(couriers...))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		a := b.forwarder.client.do(ctx, b.forwarder.client.couriersRequest())
		cancel()
		if total, ok := a.envelope.total(); !ok || total != 0 {
			t.Errorf("%s: %d couriers", g.name, total)
		}
	}
}

func TestAccountNamesNoKey(t *testing.T) {
	t.Parallel()
	const key = "asat_0123456789abcdef"
	id := accountID(key)
	if id != accountID(key) || id == accountID(key+"x") {
		t.Error("account ids are not a digest of the key")
	}
	for _, shown := range []string{id, accountName(id)} {
		if strings.Contains(shown, "asat") || strings.Contains(shown, "cdef") && !slices.Contains([]string{id}, shown) {
			t.Errorf("%q shows the key", shown)
		}
	}
}
