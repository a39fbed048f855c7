package zohotest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// edit is a body for PUT with the given lines.
func (b *bundle) edit(lines, more string) string {
	return fmt.Sprintf(`{"customer_id":%q,"line_items":[%s]%s}`, b.customer.ID, lines, more)
}

// TestUpdateLines: a line with its id stays, one without is new, one left out goes
// (section 3.5).
func TestUpdateLines(t *testing.T) {
	t.Parallel()
	b := setup(t)
	second := b.org.AddItem(zohotest.Item{SKU: "X", Rate: "3"})
	order := b.place(t, "ACME-1", false)
	kept := order.Lines[0].ID
	path := "/salesorders/" + order.ID
	both := fmt.Sprintf(`{"line_item_id":%q,"quantity":3},{"item_id":%q,"quantity":1}`, kept, second.ID)
	wantCode(t, b.call(t, "PUT", path, b.edit(both, `,"reference_number":"r"`)), 200, 0)
	order, _ = b.org.Order("ACME-1")
	if len(order.Lines) != 2 || order.Lines[0].ID != kept || order.Total != "369.00" || order.Reference != "r" {
		t.Errorf("order is %+v", order)
	}
	wantCode(t, b.call(t, "PUT", path, b.edit(fmt.Sprintf(`{"item_id":%q}`, second.ID), "")), 200, 0)
	order, _ = b.org.Order("ACME-1")
	if len(order.Lines) != 1 || order.Lines[0].ID == kept || order.Total != "3.00" || order.Reference != "r" {
		t.Errorf("order is %+v", order)
	}
	b.wantClean(t)
}

func TestUpdateRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before       func(t *testing.T, b *bundle, o zohotest.Order)
		lines, more  string
		status, code int
	}{
		"invoiced line changed":   {invoice, `{"line_item_id":"%L","quantity":3}`, "", 400, 36023},
		"invoiced line left out":  {invoice, `{"item_id":"%I"}`, "", 400, 36023},
		"invoiced line unchanged": {invoice, `{"line_item_id":"%L"},{"item_id":"%I"}`, "", 200, 0},
		"packed line reduced":     {packAll, `{"line_item_id":"%L","quantity":1}`, "", 400, 990011},
		"packed line left out":    {packAll, `{"item_id":"%I"}`, "", 400, 990011},
		"packed line raised":      {packAll, `{"line_item_id":"%L","quantity":3}`, "", 200, 0},
		"void":                    {void, `{"line_item_id":"%L"}`, "", 400, 990010},
		"number of another":       {another, `{"line_item_id":"%L"}`, `,"salesorder_number":"acme-2"`, 400, 36004},
		"its own number":          {another, `{"line_item_id":"%L"}`, `,"salesorder_number":"ACME-1"`, 200, 0},
		"no number any more":      {another, `{"line_item_id":"%L"}`, `,"salesorder_number":" "`, 400, 4},
		"same line twice":         {another, `{"line_item_id":"%L"},{"line_item_id":"%L"}`, "", 404, 1002},
		"inactive later":          {retire, `{"line_item_id":"%L","quantity":5}`, "", 200, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			order := b.place(t, "ACME-1", true)
			test.before(t, b, order)
			lines := fill(test.lines, "%L", order.Lines[0].ID, "%I", b.item.ID)
			wantCode(t, b.call(t, "PUT", "/salesorders/"+order.ID, b.edit(lines, test.more)), test.status, test.code)
		})
	}
	b := setup(t)
	wantCode(t, b.call(t, "PUT", "/salesorders/1", b.edit(`{"item_id":"1"}`, "")), 404, 1002)
}

func invoice(t *testing.T, b *bundle, o zohotest.Order) {
	t.Helper()
	if !b.org.Invoice(o.Number) || b.org.Invoice("other") {
		t.Fatal("Invoice does not say what it found")
	}
}

func packAll(t *testing.T, b *bundle, o zohotest.Order) {
	t.Helper()
	b.pack(t, o, "2")
}

func void(t *testing.T, b *bundle, o zohotest.Order) {
	t.Helper()
	wantCode(t, b.call(t, "POST", "/salesorders/"+o.ID+"/status/void", ""), 200, 0)
}

func another(t *testing.T, b *bundle, _ zohotest.Order) {
	t.Helper()
	b.place(t, "ACME-2", false)
}

func retire(_ *testing.T, b *bundle, o zohotest.Order) {
	b.org.SetItemStatus("LP-15", false)
	b.org.SetContactStatus(o.CustomerID, false)
}

// TestStatuses: confirm and void, and what they refuse (sections 3.3, 3.5 and 12).
func TestStatuses(t *testing.T) {
	t.Parallel()
	shipAll := func(t *testing.T, b *bundle, o zohotest.Order) {
		t.Helper()
		b.ship(t, o, b.pack(t, o, "1"), "1Z1")
	}
	nothing := func(*testing.T, *bundle, zohotest.Order) {}
	tests := map[string]struct {
		confirmed    bool
		before       func(t *testing.T, b *bundle, o zohotest.Order)
		call         string
		status, code int
		after        string
	}{
		"confirm":       {false, nothing, "confirmed", 200, 0, "confirmed"},
		"confirm twice": {true, nothing, "confirmed", 400, 990005, "confirmed"},
		"confirm void":  {false, void, "confirmed", 400, 990006, "void"},
		"void draft":    {false, nothing, "void", 200, 0, "void"},
		"void":          {true, nothing, "void", 200, 0, "void"},
		"void twice":    {true, void, "void", 400, 990007, "void"},
		"void packed":   {true, packAll, "void", 200, 0, "void"},
		"void shipped":  {true, shipAll, "void", 400, 990008, "partially_shipped"},
		"void invoiced": {true, invoice, "void", 400, 990009, "confirmed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			order := b.place(t, "ACME-1", test.confirmed)
			test.before(t, b, order)
			wantCode(t, b.call(t, "POST", "/salesorders/"+order.ID+"/status/"+test.call, ""), test.status, test.code)
			if order, _ = b.org.Order("ACME-1"); order.Status != test.after {
				t.Errorf("status is %s, want %s", order.Status, test.after)
			}
		})
	}
	b := setup(t, zohotest.WithRefusal(zohotest.VoidPacked, 400, 4711), zohotest.WithoutRefusal(zohotest.ConfirmTwice))
	order := b.place(t, "ACME-1", true)
	wantCode(t, b.call(t, "POST", "/salesorders/"+order.ID+"/status/confirmed", ""), 200, 0)
	packAll(t, b, order)
	wantCode(t, b.call(t, "POST", "/salesorders/"+order.ID+"/status/void", ""), 400, 4711)
	for _, call := range []string{"confirmed", "void"} {
		wantCode(t, b.call(t, "POST", "/salesorders/1/status/"+call, ""), 404, 1002)
	}
}

// TestOrderFilters: which work, and which are silently ignored (section 3.4).
func TestOrderFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, reference := range []string{"100234", "100235", ""} {
		number := fmt.Sprintf("ACME-%d", i+1)
		wantCode(t, b.call(t, "POST", posting, b.order(number, `,"reference_number":"`+reference+`"`)), 201, 0)
		b.clock.Advance(time.Minute)
	}
	orders := b.org.Orders()
	wantCode(t, b.call(t, "POST", "/salesorders/"+orders[0].ID+"/status/void", ""), 200, 0)
	tests := map[string]struct {
		rows    int
		ignored string
	}{
		"?reference_number=100234":                             {1, "[]"},
		"?reference_number=10023":                              {0, "[]"},
		"?salesorder_number=acme-2":                            {1, "[]"},
		"?salesorder_number=ACME":                              {0, "[]"},
		"?salesorder_number_contains=ACME":                     {3, "[]"},
		"?search_text=ACME-1":                                  {3, "[]"},
		"?search_text=100234":                                  {1, "[]"},
		"?search_text=jo":                                      {3, "[]"},
		"?filter_by=Status.Void":                               {1, "[]"},
		"?filter_by=Status.Confirmed":                          {3, "[?filter_by]"},
		"?status=void":                                         {3, "[?status]"},
		"?reference_number_contains=1":                         {3, "[?reference_number_contains]"},
		"?customer_id=1":                                       {0, "[]"},
		"?date_start=2026-11-23":                               {0, "[]"},
		"?date_start=2026-11-22&date_end=2026-11-22":           {3, "[]"},
		"?salesorder_ids=" + orders[0].ID + "," + orders[1].ID: {2, "[]"},
		"?last_modified_time=2026-11-22T12:01:00%2B0000":       {3, "[]"},
		"?last_modified_time=2026-11-22T12:02:00%2B0000":       {2, "[]"},
		"?customview_id=1":                                     {3, "[?customview_id]"},
	}
	for query, want := range tests {
		rows := b.call(t, "GET", "/salesorders"+query, "").rows(t, "salesorders")
		all := b.Journal()
		if got := fmt.Sprint(all[len(all)-1].Ignored); len(rows) != want.rows || got != want.ignored {
			t.Errorf("%s finds %d and ignores %s, want %d and %s", query, len(rows), got, want.rows, want.ignored)
		}
	}
	for _, bad := range []string{"?salesorder_ids=a", "?last_modified_time=today"} {
		wantCode(t, b.call(t, "GET", "/salesorders"+bad, ""), 400, 2)
	}
	for query, first := range map[string]string{
		"": "ACME-3", "?sort_order=A": "ACME-1", "?sort_column=salesorder_number&sort_order=D": "ACME-3",
		"?sort_column=last_modified_time": "ACME-1",
	} {
		if row := b.call(t, "GET", "/salesorders"+query, "").rows(t, "salesorders")[0]; row["salesorder_number"] != first {
			t.Errorf("%q begins with %v, want %s", query, row["salesorder_number"], first)
		}
	}
	b.Script(zohotest.Quirky(zohotest.FiltersIgnored))
	for _, want := range []int{3, 0} {
		if rows := b.call(t, "GET", "/salesorders?reference_number=x", "").rows(t, "salesorders"); len(rows) != want {
			t.Errorf("%d found, want %d", len(rows), want)
		}
	}
}
