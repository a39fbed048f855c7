package zoho

import (
	"context"
	"log/slog"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestTurnsOfACustomer: orders that come together make their customer once, each in its
// own time, and what becomes of one does not become of the others.
func TestTurnsOfACustomer(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	hang := true
	clock := plugintest.NewClock(benchTime)
	stand := zohotest.New(zohotest.WithoutLimits(), zohotest.WithClock(clock.Now), zohotest.WithItems(
		zohotest.Item{SKU: "A"}, zohotest.Item{SKU: "B"}, zohotest.Item{SKU: "C"},
	), zohotest.WithFaults(func(method, endpoint string) (zohotest.Fault, bool) {
		asked <- method + " " + endpoint
		first := hang && endpoint == "/contacts"
		hang = hang && !first
		return zohotest.Hang(), first
	}))
	c, err := newCopier(sdk.Env{Logger: slog.New(slog.DiscardHandler), HTTP: sdk.NewClient(), Clock: clock}, Settings{
		Organisation: zohotest.OrganisationID, ClientID: zohotest.ClientID, APIBase: stand.Start(t),
		ClientSecret: sdk.NewSecret(zohotest.ClientSecret), RefreshToken: sdk.NewSecret(zohotest.RefreshToken),
		CreateCustomers: true, CallsPerMinute: 10_000,
	}, newShared(inventory.DataCentres()))
	if err != nil {
		t.Fatal(err)
	}
	copyOrder := func(ctx context.Context, sku string) chan sdk.Result {
		order, done := jo(), make(chan sdk.Result, 1)
		order.OrderId, order.LineItems[0].Sku = sku, proto.String(sku)
		go func() {
			done <- c.CopyOrder(ctx, &sdk.OrderDelivery{Delivery: sdk.Delivery{ID: sku, Attempt: 1, Revision: 1}, Order: order})
		}()
		return done
	}
	until := func(call string) {
		for got := range asked {
			if got == call {
				return
			}
		}
	}
	firstContext, endFirst := context.WithCancel(t.Context())
	first := copyOrder(firstContext, "A")
	until("GET /contacts")
	secondContext, endSecond := context.WithCancel(t.Context())
	second := copyOrder(secondContext, "B")
	until("GET /items")
	third := copyOrder(t.Context(), "C")
	until("GET /items")
	endSecond() // The first still hangs.
	if r := <-second; r.Outcome() == isDelivered {
		t.Errorf("the second, whose time is over: %s", r.Outcome())
	}
	endFirst()
	if r := <-first; r.Outcome() == isDelivered {
		t.Errorf("the first, whose time is over: %s", r.Outcome())
	}
	if r := <-third; r.Outcome() != isDelivered {
		t.Errorf("the third: %s %s", r.Outcome(), r.Reason())
	}
	if n := len(stand.Org("").Contacts()); n != 1 {
		t.Errorf("%d customers, want 1", n)
	}
}
