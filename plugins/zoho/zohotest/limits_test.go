package zohotest_test

import (
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestMinute: the call above 100 in a minute blocks the organisation for half an hour,
// for every token of it and for no other organisation (section 8).
func TestMinute(t *testing.T) {
	t.Parallel()
	const other = "60009999999"
	b := setup(t, zohotest.WithOrganisations(zohotest.Organisation{}, zohotest.Organisation{ID: other}))
	for i := range 100 {
		wantCode(t, b.call(t, "GET", "/items", ""), 200, 0)
		if i == 0 {
			b.clock.Advance(59 * time.Second)
		}
	}
	burst := b.call(t, "GET", "/items", "")
	wantCode(t, burst, 429, 44)
	if got := burst.header.Get("Retry-After"); got != "1800" {
		t.Errorf("Retry-After is %q", got)
	}
	b.token = b.IssueToken(zohotest.ClientID, zohotest.RefreshToken)
	wantCode(t, b.call(t, "GET", "/items?organization_id="+other, ""), 200, 0)
	b.clock.Advance(30*time.Minute - time.Second)
	again := b.call(t, "POST", "/salesorders/1/status/void", "")
	wantCode(t, again, 429, 44)
	if got := again.header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After is %q", got)
	}
	b.clock.Advance(time.Second)
	wantCode(t, b.call(t, "GET", "/items", ""), 200, 0)
	counters := b.Counters(b.org.ID())
	if counters.Total != 103 || counters.Refused != 2 || counters.MostInMinute != 101 ||
		counters.ByEndpoint["GET /items"] != 102 || counters.MostInFlight != 1 {
		t.Errorf("counters are %+v", counters)
	}
}

// TestMinuteIsAnyMinute: 100 calls spread over a minute leave room for as many as have
// become older than that.
func TestMinuteIsAnyMinute(t *testing.T) {
	t.Parallel()
	b := setup(t, zohotest.WithOrganisations(zohotest.Organisation{PerMinute: 2}))
	for _, want := range []int{200, 200, 200, 429} {
		if got := b.call(t, "GET", "/items", ""); got.status != want {
			t.Errorf("answer is %d, want %d", got.status, want)
		}
		if want == 200 {
			b.clock.Advance(30 * time.Second)
		}
		if len(b.Journal()) == 3 {
			b.clock.Advance(-time.Second)
		}
	}
}

// TestDay: the quota ends at midnight of the organisation (sections 7 and 8).
func TestDay(t *testing.T) {
	t.Parallel()
	b := setup(t, zohotest.WithOrganisations(zohotest.Organisation{PerDay: 2, TimeZone: "Asia/Kolkata"}))
	for _, want := range []string{"1", "0"} {
		got := b.call(t, "GET", "/items", "")
		wantCode(t, got, 200, 0)
		// Noon UTC is 17:30 in India.
		if h := got.header; h.Get("x-rate-limit-limit") != "2" || h.Get("x-rate-limit-remaining") != want ||
			h.Get("x-rate-limit-reset") != "23400" {
			t.Errorf("headers are %v", h)
		}
	}
	wantCode(t, b.call(t, "GET", "/items", ""), 429, 45)
	b.clock.Advance(6*time.Hour + 30*time.Minute)
	b.token = b.IssueToken(zohotest.ClientID, zohotest.RefreshToken)
	wantCode(t, b.call(t, "GET", "/items", ""), 200, 0)
}

func TestPlans(t *testing.T) {
	t.Parallel()
	for plan, want := range map[string]string{
		"Free": "1000", "Standard": "2000", "Professional": "5000", "Premium": "10000", "Enterprise": "10000",
	} {
		b := setup(t, zohotest.WithOrganisations(zohotest.Organisation{Plan: plan}))
		got := b.call(t, "GET", "/organizations/"+b.org.ID(), "")
		if limit := got.header.Get("X-Rate-Limit-Limit"); limit != want {
			t.Errorf("%s has %s calls a day, want %s", plan, limit, want)
		}
		if shown := got.object(t, "organization")["plan_name"]; shown != plan {
			t.Errorf("plan_name is %v", shown)
		}
	}
}

func TestBlockFromOutside(t *testing.T) {
	t.Parallel()
	b := setup(t, zohotest.WithQuirks(zohotest.NoRetryAfter, zohotest.NoRateHeaders))
	b.Block(b.org.ID(), time.Hour)
	got := b.call(t, "GET", "/items", "")
	wantCode(t, got, 429, 44)
	if len(got.header.Values("Retry-After")) != 0 {
		t.Error("Retry-After is sent")
	}
	b.clock.Advance(time.Hour)
	b.token = b.IssueToken(zohotest.ClientID, zohotest.RefreshToken)
	got = b.call(t, "GET", "/items", "")
	wantCode(t, got, 200, 0)
	if got.header.Get("X-Rate-Limit-Limit") != "" {
		t.Error("headers of the quota are sent")
	}
	b.ResetCounters()
	if got := b.Counters(b.org.ID()); got.Total != 0 || got.MostInMinute != 0 {
		t.Errorf("counters are %+v", got)
	}
}

func TestWithoutLimits(t *testing.T) {
	t.Parallel()
	b := setup(t, zohotest.WithoutLimits(), zohotest.WithOrganisations(zohotest.Organisation{PerMinute: 1, PerDay: 1}))
	for range 12 {
		wantCode(t, b.call(t, "GET", "/items", ""), 200, 0)
		got := b.refresh(t)
		if got.status != 200 {
			t.Errorf("answer is %d %s", got.status, got.raw)
		}
		b.token, _ = got.whole["access_token"].(string)
	}
}
