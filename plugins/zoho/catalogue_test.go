package zoho

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// withLines is the order of the reference with these SKUs, one of each.
func withLines(skus ...string) *commercev1.Order {
	o := jo()
	o.LineItems, o.Totals = nil, nil
	for i, sku := range skus {
		line := &commercev1.LineItem{LineId: proto.String(fmt.Sprint(i + 1)), Quantity: "1", UnitPrice: usd("1.00")}
		if sku != "" {
			line.Sku = proto.String(sku)
		}
		o.LineItems = append(o.LineItems, line)
	}
	return o
}

// TestItemsThatZohoLacks: no line is ever dropped; all SKUs that keep the order back are
// named at once, and either edit mends it (sections 5 and 11).
func TestItemsThatZohoLacks(t *testing.T) {
	t.Parallel()
	b := newBench(t, zohotest.WithItems(zohotest.Item{SKU: "OLD-1", Inactive: true}))
	r := b.copyOrder(withLines("LP-15", "NOPE-1", "OLD-1", "", "NOPE-2", "lp-15"), nil)
	want(t, r, isRejected, "SKU_UNKNOWN")
	wantHint(t, r, "NOPE-1, NOPE-2, lp-15", "inactive at Zoho", "OLD-1", "lines have no SKU")
	if r.GetFixScope() != pluginv1.FixScope_FIX_SCOPE_UNSPECIFIED {
		t.Errorf("fix scope is %s, want either", r.GetFixScope())
	}
	if len(b.org.Orders())+len(b.org.Contacts()) > 0 {
		t.Error("something was made")
	}
	// Somebody creates them, and maps the rest.
	b.org.AddItem(zohotest.Item{SKU: "NOPE-1"})
	b.org.AddItem(zohotest.Item{SKU: "NOPE-2"})
	b.org.AddItem(zohotest.Item{SKU: "MISC"})
	b.org.SetItemStatus("OLD-1", true)
	b.set("sku_mapping", "lp-15=LP-15\n*=MISC")
	want(t, b.copyOrder(withLines("LP-15", "NOPE-1", "OLD-1", "", "NOPE-2", "lp-15"), r), isDelivered, "")
	var skus []string
	for _, line := range b.order().Lines {
		skus = append(skus, line.SKU)
	}
	if got := strings.Join(skus, " "); got != "LP-15 NOPE-1 OLD-1 MISC NOPE-2 LP-15" {
		t.Errorf("lines are of %s", got)
	}
}

// TestNegativeCache: what Zoho does not have is not asked for again and again.
func TestNegativeCache(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.calls(func() { want(t, b.copyOrder(withLines("NOPE-1"), nil), isRejected, "SKU_UNKNOWN") })
	second := b.calls(func() { want(t, b.copyOrder(withLines("NOPE-1"), nil), isRejected, "SKU_UNKNOWN") })
	if len(first) != 1 || len(second) != 0 {
		t.Errorf("took %q, then %q", first, second)
	}
}

// TestRetriedAfterCreation: who creates the missing item, or makes it active, as the hint
// says, and retries, is not told what was remembered from before (promise P6).
func TestRetriedAfterCreation(t *testing.T) {
	t.Parallel()
	b := newBench(t, zohotest.WithItems(zohotest.Item{SKU: "OLD-1", Inactive: true}))
	r := b.copyOrder(withLines("NOPE-1", "OLD-1"), nil)
	want(t, r, isRejected, "SKU_UNKNOWN")
	b.org.AddItem(zohotest.Item{SKU: "NOPE-1"})
	b.org.SetItemStatus("OLD-1", true)
	want(t, b.copyOrder(withLines("NOPE-1", "OLD-1"), r), isDelivered, "")
}

// TestFilterIgnored: a list that is not filtered is looked through to its end, and a
// stranger in it is never taken (section 3.4).
func TestFilterIgnored(t *testing.T) {
	t.Parallel()
	var items []zohotest.Item
	for i := range 450 {
		items = append(items, zohotest.Item{SKU: fmt.Sprintf("S-%03d", i)})
	}
	b := newBench(t, zohotest.WithItems(items...), zohotest.WithQuirks(zohotest.FiltersIgnored))
	want(t, b.copyOrder(withLines("S-449"), nil), isDelivered, "")
	if sku := b.order().Lines[0].SKU; sku != "S-449" {
		t.Errorf("the line is of %s", sku)
	}
	want(t, b.copyOrder(withLines("S-450"), nil), isRejected, "SKU_UNKNOWN")
}

// TestLargeOrder: an order of 1,000 lines does not take 1,000 calls.
func TestLargeOrder(t *testing.T) {
	t.Parallel()
	const lines = 1000
	var items []zohotest.Item
	var skus []string
	for i := range lines {
		sku := fmt.Sprintf("S-%04d", i)
		items, skus = append(items, zohotest.Item{SKU: sku}), append(skus, sku)
	}
	b := newBench(t, zohotest.WithItems(items...))
	calls := b.calls(func() { want(t, b.copyOrder(withLines(skus...), nil), isDelivered, "") })
	if len(b.order().Lines) != lines || len(calls) > 15 {
		t.Errorf("%d lines with %d calls", len(b.order().Lines), len(calls))
	}
}
