package zoho

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestCheck names the organisation and what its plan allows.
func TestCheck(t *testing.T) {
	t.Parallel()
	b := newBench(t, zohotest.WithOrganisations(zohotest.Organisation{Name: "Acme Ltd", Plan: "Professional"}))
	r := b.Check(b.settings, b.secrets)
	if r.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_OK {
		t.Fatalf("got %s %v", r.GetOutcome(), r)
	}
	for _, part := range []string{"Acme Ltd", zohotest.OrganisationID, "Professional", "5,000 calls a day"} {
		if !strings.Contains(r.GetAccountName(), part) {
			t.Errorf("%q is not in %q", part, r.GetAccountName())
		}
	}
	if !strings.HasSuffix(r.GetAccountId(), "/"+zohotest.OrganisationID) {
		t.Errorf("account is %q", r.GetAccountId())
	}
	if writes := b.stand.Journal(zohotest.Writes()); len(writes) > 0 {
		t.Errorf("the check wrote: %+v", writes)
	}
}

// TestCheckTellsFaultsApart: each has its field, its reason and a cure (sections 1.3,
// 1.4 and 7).
func TestCheckTellsFaultsApart(t *testing.T) {
	t.Parallel()
	without := func(scope string) zohotest.Client {
		c := zohotest.Client{
			ID: zohotest.ClientID, Secret: zohotest.ClientSecret, RefreshTokens: []string{zohotest.RefreshToken},
		}
		for _, granted := range zohotest.Scopes() {
			if granted != "ZohoInventory."+scope {
				c.Scopes = append(c.Scopes, granted)
			}
		}
		return c
	}
	for name, test := range map[string]struct {
		prepare             func(*bench)
		field, reason, cure string
	}{
		"dead refresh token": {
			func(b *bench) { b.stand.RevokeRefreshToken(zohotest.RefreshToken) },
			"refresh_token", "REFRESH_TOKEN_REFUSED", "make a new one",
		},
		"wrong client": {
			func(b *bench) { b.set("client_id", "1000.NOBODY") }, "client_id", "CLIENT_ID_REFUSED", "copy it again",
		},
		"wrong secret": {
			func(b *bench) { b.secrets["client_secret"] = "another-secret" },
			"client_secret", "CLIENT_SECRET_REFUSED", "copy it again",
		},
		"wrong organisation": {
			func(b *bench) { b.set("organization_id", "70001234567") },
			"organization_id", "ORGANISATION_REFUSED", zohotest.OrganisationID,
		},
		"no scope for settings": {
			func(b *bench) { b.stand.SetClient(without("settings.READ")) },
			"refresh_token", "SCOPE_MISSING", "ZohoInventory.settings.READ",
		},
		"no scope for items": {
			func(b *bench) { b.stand.SetClient(without("items.READ")) },
			"refresh_token", "SCOPE_MISSING", "ZohoInventory.items.READ",
		},
		"no API at the address": {
			func(b *bench) {
				b.set("accounts_base_url", b.settings["api_base_url"])
				b.set("api_base_url", b.settings["api_base_url"]+"/elsewhere")
			},
			"api_base_url", "API_NOT_FOUND", "data_center",
		},
		"no tokens at the address": {
			func(b *bench) { b.set("accounts_base_url", nothingThere(b.t)) },
			"accounts_base_url", "ENDPOINT_NOT_FOUND", "correct the address",
		},
		"no tokens at the address of the API": {
			func(b *bench) { b.set("api_base_url", nothingThere(b.t)) },
			"accounts_base_url", "ENDPOINT_NOT_FOUND", "api_base_url",
		},
		"unknown customer": {
			func(b *bench) { b.set("customer_id", "99") }, "customer_id", "CUSTOMER_NOT_FOUND", "no customer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			test.prepare(b)
			r := b.Check(b.settings, b.secrets)
			if r.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY || len(r.GetFaults()) != 1 {
				t.Fatalf("got %v", r)
			}
			f := r.GetFaults()[0]
			if f.GetField() != test.field || f.GetReason() != test.reason || !strings.Contains(f.GetHint(), test.cure) {
				t.Errorf("got %s %s: %s, want %s %s: …%s…", f.GetField(), f.GetReason(), f.GetHint(), test.field,
					test.reason, test.cure)
			}
			switch test.reason { // What the test of a connection says of credentials, a delivery says too.
			case "REFRESH_TOKEN_REFUSED", "CLIENT_ID_REFUSED", "CLIENT_SECRET_REFUSED", "ENDPOINT_NOT_FOUND":
				d := b.copyOrder(jo(), nil)
				want(t, d, isUnauthorized, test.reason)
				wantHint(t, d, test.field, f.GetHint())
			}
		})
	}
}

// TestCheckNamesAllScopes that are missing at once.
func TestCheckNamesAllScopes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.stand.SetClient(zohotest.Client{
		ID: zohotest.ClientID, Secret: zohotest.ClientSecret, RefreshTokens: []string{zohotest.RefreshToken},
		Scopes: []string{"ZohoInventory.settings.READ"},
	})
	r := b.Check(b.settings, b.secrets)
	for _, scope := range []string{"salesorders.READ", "contacts.READ", "items.READ", "packages.READ"} {
		if len(r.GetFaults()) != 1 || !strings.Contains(r.GetFaults()[0].GetHint(), "ZohoInventory."+scope) {
			t.Errorf("%s is not named: %v", scope, r)
		}
	}
}

// TestCheckKnowsTheDataCentre: credentials of another one are told from dead ones, and
// the right one is named (section 1.1).
func TestCheckKnowsTheDataCentre(t *testing.T) {
	t.Parallel()
	here, there := zohotest.New(zohotest.WithClients()), zohotest.New()
	p := plugin([]inventory.DataCentre{
		{Name: "us", API: here.Start(t), Accounts: here.Start(t)},
		{Name: "in", API: there.Start(t), Accounts: there.Start(t)},
	})
	clock := plugintest.NewClock(benchTime)
	p.Clock = clock
	b := &bench{t: t, Host: plugintest.New(t, p), settings: map[string]string{
		"data_center": "us", "organization_id": zohotest.OrganisationID, "client_id": zohotest.ClientID,
	}, secrets: map[string]string{"client_secret": zohotest.ClientSecret, "refresh_token": zohotest.RefreshToken}}
	for range 3 { // The host tests it again and again; the others are asked once an hour.
		r := b.Check(b.settings, b.secrets)
		if len(r.GetFaults()) != 1 || r.GetFaults()[0].GetReason() != "WRONG_DATA_CENTER" ||
			!strings.Contains(r.GetFaults()[0].GetHint(), "choose in") {
			t.Fatalf("got %v", r)
		}
	}
	if asked := len(there.Journal(zohotest.ByEndpoint(zohotest.TokenEndpoint))); asked != 1 {
		t.Errorf("the other data centre was asked %d times, want once", asked)
	}
	d := b.copyOrder(jo(), nil)
	want(t, d, isUnauthorized, "WRONG_DATA_CENTER")
	wantHint(t, d, "data_center", "choose in")
	if asked := len(there.Journal(zohotest.ByEndpoint(zohotest.TokenEndpoint))); asked != 1 {
		t.Errorf("a delivery asked the other data centre again: %d times", asked)
	}
	b.set("data_center", "in")
	if r := b.Check(b.settings, b.secrets); r.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_OK {
		t.Errorf("got %v", r)
	}
}

// nothingThere is the address of a web server that has nothing.
func nothingThere(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return server.URL
}

// TestCheckOfADataCentreWithoutTokens: nothing gives tokens where the data center should.
func TestCheckOfADataCentreWithoutTokens(t *testing.T) {
	t.Parallel()
	p := plugin([]inventory.DataCentre{{Name: "us", API: zohotest.New().Start(t), Accounts: nothingThere(t)}})
	p.Clock = plugintest.NewClock(benchTime)
	b := &bench{t: t, Host: plugintest.New(t, p), settings: map[string]string{
		"data_center": "us", "organization_id": zohotest.OrganisationID, "client_id": zohotest.ClientID,
	}, secrets: map[string]string{"client_secret": zohotest.ClientSecret, "refresh_token": zohotest.RefreshToken}}
	r := b.Check(b.settings, b.secrets)
	if len(r.GetFaults()) != 1 || r.GetFaults()[0].GetField() != "data_center" {
		t.Errorf("got %v", r)
	}
	d := b.copyOrder(jo(), nil)
	want(t, d, isUnauthorized, "ENDPOINT_NOT_FOUND")
	wantHint(t, d, "data_center")
}

// TestCheckWhileBlocked: nothing is known of settings while Zoho answers nobody, and the
// next test waits as long as Zoho says (section 8).
func TestCheckWhileBlocked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.stand.Script(zohotest.Blocked(44, 0))
	r := b.Check(b.settings, b.secrets)
	if r.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE || r.GetRetryAfter().AsDuration() == 0 {
		t.Errorf("got %v", r)
	}
}

// TestSettingsAreAllNamed: what is wrong with several settings is told at once, before
// anybody is called.
func TestSettingsAreAllNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("sku_mapping", "no pair")
	b.set("custom_fields", "=x")
	b.set("daily_share", "400")
	b.set("calls_per_minute", "0")
	b.set("customer_id_use", "all")
	r := b.Check(b.settings, b.secrets)
	want := map[string]int{"sku_mapping": 1, "custom_fields": 1, "daily_share": 1, "calls_per_minute": 1, "customer_id": 1}
	got := map[string]int{}
	for _, f := range r.GetFaults() {
		got[f.GetField()]++
	}
	if !maps.Equal(got, want) {
		t.Errorf("faults of %v, want one of each of %v", got, want)
	}
	judged := b.CheckSettings(b.settings, b.secrets)
	if len(judged.GetFaults()) != len(want) {
		t.Errorf("before they are stored: %v", judged)
	}
	if calls := len(b.stand.Journal()); calls > 0 {
		t.Errorf("%d calls were made", calls)
	}
}
