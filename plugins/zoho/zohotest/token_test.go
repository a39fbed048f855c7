package zohotest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestToken: what a refresh answers (section 1.3), and that it works.
func TestToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.refresh(t)
	if got.status != 200 || got.whole["api_domain"] != "https://www.zohoapis.com" ||
		got.whole["expires_in"] != json.Number("3600") || got.whole["refresh_token"] != nil {
		t.Fatalf("answer is %d %s", got.status, got.raw)
	}
	b.token, _ = got.whole["access_token"].(string)
	wantCode(t, b.call(t, "GET", "/items", ""), 200, 0)
	b.clock.Advance(time.Hour - time.Nanosecond)
	wantCode(t, b.call(t, "GET", "/items", ""), 200, 0)
	b.clock.Advance(time.Nanosecond)
	wantCode(t, b.call(t, "GET", "/items", ""), 401, 57)
}

// TestTokenErrors: the names and their statuses (section 1.3): 200 unless configured.
func TestTokenErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		changes []string
		name    string
		status  int
	}{
		"unknown client":  {[]string{"client_id", "1000.OTHER"}, "invalid_client", 200},
		"wrong secret":    {[]string{"client_secret", "other"}, "invalid_client_secret", 200},
		"unknown refresh": {[]string{"refresh_token", "1000.other"}, "invalid_code", 200},
		"other grant":     {[]string{"grant_type", "client_credentials"}, "unsupported_grant_type", 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := setup(t).refresh(t, test.changes...)
			if got.status != test.status || got.whole["error"] != test.name || got.whole["access_token"] != nil {
				t.Errorf("answer is %d %s", got.status, got.raw)
			}
		})
	}
	got := setup(t, zohotest.WithTokenErrorStatus(400)).refresh(t, "refresh_token", "1000.other")
	if got.status != 400 || got.whole["error"] != "invalid_code" {
		t.Errorf("answer is %d %s", got.status, got.raw)
	}
}

// TestTokenThrottle: ten requests in ten minutes, the eleventh is refused, and so is
// one after it, since trying again prolongs it (section 1.3).
func TestTokenThrottle(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 10 {
		if got := b.refresh(t); got.status != 200 {
			t.Fatalf("answer is %d %s", got.status, got.raw)
		}
	}
	b.clock.Advance(5 * time.Minute)
	refused := b.refresh(t)
	if refused.status != 400 || refused.whole["error"] != "Access Denied" || refused.whole["error_description"] == nil {
		t.Errorf("the eleventh answers %d %s", refused.status, refused.raw)
	}
	b.clock.Advance(5 * time.Minute)
	if got := b.refresh(t); got.status != 200 {
		t.Errorf("ten minutes later the answer is %d %s", got.status, got.raw)
	}
}

// TestTokenEleventhAlive: the eleventh token ends the oldest one in silence (section
// 1.3).
func TestTokenEleventhAlive(t *testing.T) {
	t.Parallel()
	b := setup(t) // Its token is the first.
	for range 9 {
		b.refresh(t)
	}
	wantCode(t, b.call(t, "GET", "/items", ""), 200, 0)
	if got := b.refresh(t); got.status != 200 {
		t.Fatalf("answer is %d %s", got.status, got.raw)
	}
	wantCode(t, b.call(t, "GET", "/items", ""), 401, 57)
}

func TestTokenTakenAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.KillTokens()
	wantCode(t, b.call(t, "GET", "/items", ""), 401, 57)
	b.token, _ = b.refresh(t).whole["access_token"].(string)
	wantCode(t, b.call(t, "GET", "/items", ""), 200, 0)
	b.RevokeRefreshToken(zohotest.RefreshToken)
	wantCode(t, b.call(t, "GET", "/items", ""), 401, 57)
	if got := b.refresh(t); got.whole["error"] != "invalid_code" {
		t.Errorf("answer is %s", got.raw)
	}
}

// TestTokenSecretsInURL are accepted (section 1.3) and written down, without the
// secrets.
func TestTokenSecretsInURL(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, zohotest.TokenEndpoint+
		"?grant_type=refresh_token&client_id="+zohotest.ClientID+"&client_secret="+zohotest.ClientSecret+
		"&refresh_token="+zohotest.RefreshToken, nil)
	if got := send(t, b, r); got.status != 200 {
		t.Errorf("answer is %d %s", got.status, got.raw)
	}
	if len(b.Violations()) != 2 {
		t.Errorf("violations are %v", b.Violations())
	}
	b.refresh(t)
	b.call(t, "GET", "/items", "")
	for _, e := range b.Journal() {
		for _, seen := range []string{e.Query.Encode(), string(e.Raw), e.Header.Get("Authorization")} {
			if strings.Contains(seen, zohotest.ClientSecret) || strings.Contains(seen, zohotest.RefreshToken) ||
				strings.Contains(seen, b.token) {
				t.Errorf("the journal has a secret: %q", seen)
			}
		}
	}
}

func TestTokenOfOtherDataCentre(t *testing.T) {
	t.Parallel()
	b := setup(t, zohotest.WithOrganisations(zohotest.Organisation{DataCenter: "in"}))
	if got := b.refresh(t); got.whole["api_domain"] != "https://www.zohoapis.in" {
		t.Errorf("answer is %s", got.raw)
	}
	b = setup(t, zohotest.WithAPIDomain("https://example.test"))
	if got := b.refresh(t); got.whole["api_domain"] != "https://example.test" {
		t.Errorf("answer is %s", got.raw)
	}
}
