package zoho

import (
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestDailyShareIsRaised: who gives the plugin more of the day's calls does not wait for
// tomorrow.
func TestDailyShareIsRaised(t *testing.T) {
	t.Parallel()
	b := newBench(t, zohotest.WithOrganisations(zohotest.Organisation{PerDay: 100}),
		zohotest.WithItems(zohotest.Item{SKU: "LP-15"}))
	b.set("daily_share", "10")
	first := b.copyOrder(jo(), nil)
	want(t, first, isDelivered, "")
	next := jo()
	next.OrderId = "100235"
	r := b.copyOrder(next, nil)
	for i := 0; r.GetOutcome() == isDelivered && i < 20; i++ {
		next.OrderId += "0"
		r = b.copyOrder(next, nil)
	}
	want(t, r, isThrottled, "RATE_LIMITED")
	b.set("daily_share", "50")
	want(t, b.copyOrder(next, r), isDelivered, "")
}
