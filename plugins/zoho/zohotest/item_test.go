package zohotest_test

import (
	"fmt"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestItemsBySKU: the filter is exact but for case, and an unknown SKU is an empty
// list with code 0 (section 5).
func TestItemsBySKU(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.org.AddItem(zohotest.Item{SKU: "lp-15", Name: "Another"})
	b.org.AddItem(zohotest.Item{SKU: "LP-150", Inactive: true})
	tests := map[string]int{
		"?sku=LP-15": 2, "?sku=LP-1": 0, "?sku=unknown": 0, "?sku_startswith=LP-1": 3, "?sku_contains=150": 1,
		"?search_text=laptop": 1, "?status=active": 2, "?filter_by=Status.Inactive": 1, "?nothing=1": 3, "": 3,
	}
	for query, want := range tests {
		got := b.call(t, "GET", "/items"+query, "")
		wantCode(t, got, 200, 0)
		if rows := got.rows(t, "items"); len(rows) != want {
			t.Errorf("%s finds %v, want %d", query, rows, want)
		}
	}
	b.SetQuirk(zohotest.FiltersIgnored, true)
	if rows := b.call(t, "GET", "/items?sku=unknown", "").rows(t, "items"); len(rows) != 3 {
		t.Errorf("a filter that is ignored finds %d", len(rows))
	}
}

func TestItemStatus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if !b.org.SetItemStatus("LP-15", false) || b.org.SetItemStatus("other", false) {
		t.Error("SetItemStatus does not say what it found")
	}
	row := b.call(t, "GET", "/items?sku=LP-15", "").rows(t, "items")[0]
	if row["status"] != "inactive" || row["item_id"] != b.item.ID || len(b.item.ID) < 16 {
		t.Errorf("row is %v", row)
	}
}

// TestItemDetails: many at once, up to 100 (section 5).
func TestItemDetails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	second := b.org.AddItem(zohotest.Item{SKU: "X"})
	got := b.call(t, "GET", "/itemdetails?item_ids="+b.item.ID+","+second.ID+",999", "")
	if rows := got.rows(t, "items"); len(rows) != 2 {
		t.Errorf("rows are %v", rows)
	}
	many := "1"
	for i := range 100 {
		many += fmt.Sprintf(",%d", i)
	}
	for _, bad := range []string{"", "?item_ids=a", "?item_ids=" + many} {
		wantCode(t, b.call(t, "GET", "/itemdetails"+bad, ""), 400, 2)
	}
	wantCode(t, b.call(t, "GET", "/items/"+second.ID, ""), 200, 0)
	wantCode(t, b.call(t, "GET", "/items/999", ""), 404, 1002)
}

// TestItemCreate: 1001 for a name that exists (section 5).
func TestItemCreate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.call(t, "POST", "/items", `{"name":"New","sku":"N-1","rate":9.5}`)
	wantCode(t, got, 201, 0)
	if made := got.object(t, "item"); made["sku"] != "N-1" {
		t.Errorf("item is %v", made)
	}
	wantCode(t, b.call(t, "POST", "/items", `{"name":"new","sku":"N-2"}`), 400, 1001)
	wantCode(t, b.call(t, "POST", "/items", `{"name":"Other","sku":"n-1"}`), 400, 1001)
	wantCode(t, b.call(t, "POST", "/items", `{"sku":"N-3"}`), 400, 6)
	if items := b.org.Items(); len(items) != 2 || items[1].Rate != "9.5" {
		t.Errorf("items are %v", items)
	}
	b.wantClean(t)
}

// TestPaging: 200 a page at most, page_context (section 1.2).
func TestPaging(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 250 {
		b.org.AddItem(zohotest.Item{SKU: fmt.Sprintf("P-%d", i)})
	}
	tests := map[string]struct {
		rows, perPage int
		more          bool
	}{
		"":                       {200, 200, true},
		"?page=2":                {51, 200, false},
		"?page=3":                {0, 200, false},
		"?per_page=1000":         {200, 200, true},
		"?per_page=100&page=3":   {51, 100, false},
		"?per_page=251&page=2":   {51, 200, false},
		"?page=9000000000000000": {0, 200, false},
	}
	for query, want := range tests {
		got := b.call(t, "GET", "/items"+query, "")
		c := got.object(t, "page_context")
		if len(got.rows(t, "items")) != want.rows || fmt.Sprint(c["per_page"]) != fmt.Sprint(want.perPage) ||
			c["has_more_page"] != want.more {
			t.Errorf("%s has %d rows and %v", query, len(got.rows(t, "items")), c)
		}
	}
	for _, bad := range []string{"?page=0", "?page=x", "?per_page=-1"} {
		wantCode(t, b.call(t, "GET", "/items"+bad, ""), 400, 2)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	codes := ""
	for _, row := range b.call(t, "GET", "/settings/currencies", "").rows(t, "currencies") {
		codes += fmt.Sprint(row["currency_code"], row["price_precision"], " ")
		if b.org.CurrencyID(row["currency_code"].(string)) != row["currency_id"] {
			t.Errorf("row is %v", row)
		}
	}
	if codes != "USD2 EUR2 GBP2 JPY0 " {
		t.Errorf("currencies are %s", codes)
	}
	if rows := b.call(t, "GET", "/settings/taxes", "").rows(t, "taxes"); len(rows) != len(b.org.Taxes()) {
		t.Errorf("taxes are %v", rows)
	}
}
