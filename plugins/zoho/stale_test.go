package zoho

import (
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// TestEditByOldCaches: an edit goes by what Zoho has now if it refuses what the caches
// say, as a new order does.
func TestEditByOldCaches(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.copyOrder(jo(), nil)
	mouse := jo()
	mouse.OrderId, mouse.LineItems[0].Sku = "100235", proto.String("MS-02")
	want(t, b.copyOrder(mouse, nil), isDelivered, "")
	b.org.SetItemStatus("MS-02", false)
	edited := jo()
	edited.LineItems = append(edited.LineItems, &commercev1.LineItem{
		LineId: proto.String("2"), Sku: proto.String("MS-02"), Quantity: "1", UnitPrice: usd("0"),
	})
	r := b.copyOrder(edited, first)
	want(t, r, isRejected, "SKU_INACTIVE")
	wantHint(t, r, "MS-02")
	b.org.SetItemStatus("MS-02", true)
	b.clock.Advance(noItemLife)
	want(t, b.copyOrder(edited, first), isDelivered, "")
}
