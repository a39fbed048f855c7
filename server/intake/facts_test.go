package intake

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/store"
)

// watched is a store that shows whether facts came with the last order.
type watched struct {
	Store
	found bool
}

func (w *watched) Accept(ctx context.Context, submission store.Submission) (store.Receipt, error) {
	if submission.Order != nil {
		w.found = !submission.Order.FactsLeftOut
	}
	return w.Store.Accept(ctx, submission)
}

// TestFactsAreFoundForThoseWhoJoinThem: an order's facts are found where a connection
// joins them, and an order that was kept before there was one has them all the same:
// its tracking is sent again when a joined fact changes, and only then.
func TestFactsAreFoundForThoseWhoJoinThem(t *testing.T) {
	t.Parallel()
	seen := &watched{}
	_, kept, client := serve(t, func(o *Options) { seen.Store, o.Store = o.Store, seen })
	merchant := apitest.Merchant(t, kept, "acme")
	apitest.Connect(t, kept, merchant, "copies", func(c *store.Connection) {
		c.Takes = store.Takes{Orders: true}
	})
	submit := func(country, method string) *apiv1.SubmitOrderResponse {
		t.Helper()
		order := orderWith(func(o *commercev1.Order) {
			o.ShipTo.CountryCode, o.ShippingMethod = proto.String(country), proto.String(method)
		})
		answer, err := client.SubmitOrder(t.Context(), &apiv1.SubmitOrderRequest{Parent: "merchants/acme", Order: order})
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	submit("DE", "UPS")
	if seen.found {
		t.Error("facts were found although nobody joins them")
	}
	apitest.Connect(t, kept, merchant, "joins", func(c *store.Connection) {
		fact := store.Fact(pluginv1.OrderFact_ORDER_FACT_DESTINATION_COUNTRY)
		c.Takes = store.Takes{Tracking: true, Facts: store.FactSet(0).With(fact)}
	})
	sent, err := client.SubmitTracking(t.Context(), &apiv1.SubmitTrackingRequest{
		Parent: "merchants/acme", Shipment: shipment("A-1", "N1", "UPS"),
	})
	if err != nil {
		t.Fatal(err)
	}
	made, err := kept.Deliveries(t.Context(), store.DeliveryFilter{NumberKey: "N1"}, store.Page{Limit: 9})
	if err != nil || len(made) != 1 || len(sent.GetParcels()[0].GetDeliveries()) != 1 {
		t.Fatalf("deliveries %v of the parcel, %v", made, err)
	}
	apitest.End(t, kept, made[0].ID, store.Delivered, store.Attempt{Number: 1, Start: time.Now()})
	for _, change := range []struct {
		country, method string
		deliveries      int
	}{
		{"DE", "DHL", 1},
		{"FR", "DHL", 2},
		{"FR", "UPS", 1},
	} {
		answer := submit(change.country, change.method)
		if got := len(answer.GetDeliveries()); got != change.deliveries {
			t.Errorf("%s by %s: %d deliveries, want %d", change.country, change.method, got, change.deliveries)
		}
		if !seen.found {
			t.Error("facts were not found although a connection joins some")
		}
	}
}
