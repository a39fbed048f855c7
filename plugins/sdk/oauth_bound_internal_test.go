package sdk

import (
	"strconv"
	"testing"
	"time"
)

// TestTokenRequestsAreForgotten: credentials that were not used for a window take no
// memory, nor do requests that no longer count.
func TestTokenRequestsAreForgotten(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	settings := OAuthSettings{MostRequests: 1000, Window: 10 * time.Minute}
	spent := newTokenRequests()
	for i := range 5 * mostTokens {
		spent.add(strconv.Itoa(i), settings, now.Add(time.Duration(i)*time.Second))
	}
	if n := len(spent.windows); n > mostTokens {
		t.Errorf("%d sets of credentials are remembered", n)
	}
	spent.hold("blocked", settings, now, tokenLimited(time.Hour))
	for i := range 100 {
		spent.add("blocked", settings, now.Add(time.Duration(i)*time.Minute))
	}
	if n := len(spent.windows["blocked"].times); n != 10 {
		t.Errorf("%d requests are remembered, want those of 10 minutes", n)
	}
	if wait := spent.wait("blocked", settings, now.Add(-48*time.Hour)); wait != longestDelay {
		t.Errorf("the block lasts %v by a clock that was set back", wait)
	}
	settings.MostRequests = 10
	if wait := spent.wait("blocked", settings, now); wait != time.Hour {
		t.Errorf("%v, want what is left of the block", wait)
	}
	if wait := spent.wait("blocked", OAuthSettings{}, now); wait != 0 {
		t.Errorf("%v without a bound", wait)
	}
}
