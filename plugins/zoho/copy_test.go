package zoho

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestCopyOrder: the order of the reference arrives with all that it has, and Zoho's
// total is the order's (sections 3.2 and 3.3).
func TestCopyOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.copyOrder(jo(), nil)
	want(t, r, isDelivered, "")
	o := b.order()
	if !strings.Contains(r.GetRequestExcerpt(), "/salesorders?") ||
		!strings.Contains(r.GetRequestExcerpt(), `"salesorder_number":"100234"`) ||
		!strings.Contains(r.GetRequestExcerpt(), "(call 6 of 7 of this delivery)") {
		t.Errorf("the excerpt does not show what wrote the order: %s", r.GetRequestExcerpt())
	}
	if o.ID != r.GetRemoteId() {
		t.Errorf("remote id %q, the sales order is %q", r.GetRemoteId(), o.ID)
	}
	got := map[string]string{
		"number": o.Number, "reference": o.Reference, "status": o.Status, "date": o.Date, "total": string(o.Total),
		"method": o.DeliveryMethod, "notes": o.Notes, "sku": o.Lines[0].SKU, "currency": o.Currency,
		"customer": b.org.Contacts()[0].Name, "street": o.Shipping.Address, "country": o.Shipping.Country,
	}
	wanted := map[string]string{
		"number": "100234", "reference": "100234", "status": "confirmed", "date": "2026-11-22", "total": "241.00",
		"method": "UPS Ground", "notes": "Gift: gift wrap\nOrder source: shopify", "sku": "LP-15", "currency": "USD",
		"customer": "Jo Doe", "street": "1 Main St", "country": "United States",
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCallsOfAnOrder pins what an order costs of Zoho's quota, cold and warm (section 8).
func TestCallsOfAnOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cold := b.calls(func() { want(t, b.copyOrder(jo(), nil), isDelivered, "") })
	if diff := cmp.Diff([]string{
		"GET /items", "GET /organizations", "GET /contacts", "GET /settings/currencies", "POST /contacts",
		"POST /salesorders", "POST /salesorders/{id}/status/confirmed",
	}, cold); diff != "" {
		t.Errorf("cold (-want +got):\n%s", diff)
	}
	next := jo()
	next.OrderId = "100235"
	warm := b.calls(func() { want(t, b.copyOrder(next, nil), isDelivered, "") })
	if diff := cmp.Diff([]string{"POST /salesorders", "POST /salesorders/{id}/status/confirmed"}, warm); diff != "" {
		t.Errorf("warm (-want +got):\n%s", diff)
	}
}

// edits of an order and what they leave at Zoho.
func TestEdits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit  func(*commercev1.Order)
		check func(*testing.T, *bench, zohotest.Order)
	}{
		"quantity": {
			func(o *commercev1.Order) {
				o.LineItems[0].Quantity = "3"
				o.Totals.SubTotal, o.Totals.GrandTotal = usd("366"), usd("363")
			},
			func(t *testing.T, _ *bench, o zohotest.Order) {
				t.Helper()
				if len(o.Lines) != 1 || o.Lines[0].Quantity != "3" || o.Total != "363.00" {
					t.Errorf("got %+v", o)
				}
			},
		},
		"a line more": {
			func(o *commercev1.Order) {
				o.LineItems = append(o.LineItems, &commercev1.LineItem{
					LineId: proto.String("2"), Sku: proto.String("MS-02"), Quantity: "1", UnitPrice: usd("9.90"),
				})
				o.Totals.SubTotal, o.Totals.GrandTotal = usd("253.90"), usd("250.90")
			},
			func(t *testing.T, _ *bench, o zohotest.Order) {
				t.Helper()
				if len(o.Lines) != 2 || o.Lines[1].SKU != "MS-02" || o.Total != "250.90" {
					t.Errorf("got %+v", o)
				}
			},
		},
		"another address": {
			func(o *commercev1.Order) { o.ShipTo.Lines = []string{"2 Side St"} },
			func(t *testing.T, b *bench, o zohotest.Order) {
				t.Helper()
				if o.Shipping.Address != "2 Side St" || o.Billing.Address != "1 Main St" {
					t.Errorf("shipping %+v, billing %+v", o.Shipping, o.Billing)
				}
				if len(b.org.Contacts()) != 1 {
					t.Errorf("%d customers, want 1", len(b.org.Contacts()))
				}
			},
		},
		"no discount any more": {
			func(o *commercev1.Order) { o.Totals.Discount, o.Totals.GrandTotal = nil, usd("251") },
			func(t *testing.T, _ *bench, o zohotest.Order) {
				t.Helper()
				if o.Total != "251.00" || o.DiscountTotal != "0.00" {
					t.Errorf("total %s, discount %s", o.Total, o.DiscountTotal)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			first := b.copyOrder(jo(), nil)
			want(t, first, isDelivered, "")
			line := b.order().Lines[0].ID
			edited := jo()
			test.edit(edited)
			second := b.copyOrder(edited, first)
			want(t, second, isDelivered, "")
			o := b.order()
			if second.GetRemoteId() != first.GetRemoteId() || o.Lines[0].ID != line {
				t.Errorf("the sales order was %s and is %s, its line was %s and is %s", first.GetRemoteId(),
					second.GetRemoteId(), line, o.Lines[0].ID)
			}
			test.check(t, b, o)
		})
	}
}

// TestCancelledOrders: what was copied is made void, what was not is not made.
func TestCancelledOrders(t *testing.T) {
	t.Parallel()
	cancelled := jo()
	cancelled.Status = commercev1.OrderStatus_ORDER_STATUS_CANCELLED

	b := newBench(t)
	calls := b.calls(func() { want(t, b.copyOrder(cancelled, nil), isSkipped, "ORDER_CANCELLED") })
	if len(calls) > 0 {
		t.Errorf("an order that never was took %q", calls)
	}
	first := b.copyOrder(jo(), nil)
	for range 2 { // The second time it is void already.
		void := b.copyOrder(cancelled, first)
		want(t, void, isDelivered, "VOIDED")
		wantHint(t, void, "the order was cancelled, so its sales order was made void")
		if status := b.order().Status; status != "void" {
			t.Errorf("status is %s", status)
		}
	}
	// Zoho takes no changes to it any more.
	again := b.copyOrder(jo(), first)
	want(t, again, isRejected, "ORDER_VOID")
	if again.GetFixScope() != pluginv1.FixScope_FIX_SCOPE_SETTINGS {
		t.Errorf("fix scope is %s", again.GetFixScope())
	}
}

// TestTooLate: what Zoho forbids at a stage is explained (section 3.5).
func TestTooLate(t *testing.T) {
	t.Parallel()
	cancelled, edited := jo(), jo()
	cancelled.Status = commercev1.OrderStatus_ORDER_STATUS_CANCELLED
	edited.LineItems[0].Quantity = "5"

	invoiced := newBench(t)
	first := invoiced.copyOrder(jo(), nil)
	if !invoiced.org.Invoice("100234") {
		t.Fatal("no invoice")
	}
	late := invoiced.copyOrder(edited, first)
	want(t, late, isPresent, "LINE_INVOICED")
	if !slices.Contains(late.GetDifferingFields(), "line_items") {
		t.Errorf("differing: %q", late.GetDifferingFields())
	}
	refused := invoiced.copyOrder(cancelled, first)
	want(t, refused, isRejected, "VOID_REFUSED")
	wantHint(t, refused, "invoice")
}

// TestOnHold: an order on hold is a draft until it is released.
func TestOnHold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	held := jo()
	held.Status = commercev1.OrderStatus_ORDER_STATUS_ON_HOLD
	first := b.copyOrder(held, nil)
	want(t, first, isDelivered, "")
	if status := b.order().Status; status != "draft" {
		t.Errorf("on hold: status is %s", status)
	}
	want(t, b.copyOrder(jo(), first), isDelivered, "")
	if status := b.order().Status; status != "confirmed" {
		t.Errorf("released: status is %s", status)
	}
}

// TestDeletedOrder: a sales order that somebody deleted is made anew by an edit.
func TestNumberOfAnotherOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want(t, b.copyOrder(jo(), nil), isDelivered, "")
	other := jo() // Its number is the same to Zoho, its reference is not.
	other.OrderId = "X-1"
	b.set("sales_order_number", "order_number")
	other.OrderNumber = proto.String("100234")
	r := b.copyOrder(other, nil)
	want(t, r, isRejected, "NUMBER_TAKEN")
	wantHint(t, r, "order_number_prefix", b.order().ID)
	b.set("order_number_prefix", "ACME-")
	want(t, b.copyOrder(other, r), isDelivered, "")
	if _, ok := b.org.Order("ACME-100234"); !ok {
		t.Error("the number has no prefix")
	}
}

// TestMadeByOthers: a sales order that somebody else made is compared and left alone,
// unless the merchant wants it written to (section 3.4).
func TestMadeByOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want(t, b.copyOrder(jo(), nil), isDelivered, "") // By a connection that was deleted since.
	want(t, b.copyOrder(jo(), nil), isPresent, "")
	other := jo()
	other.LineItems[0].Quantity, other.Totals = "1", nil
	r := b.copyOrder(other, nil)
	want(t, r, isPresent, "")
	if diff := cmp.Diff([]string{"line_items", "shipping_charge", "total"}, r.GetDifferingFields()); diff != "" {
		t.Errorf("differing (-want +got):\n%s", diff)
	}
	b.set("update_existing", "true")
	want(t, b.copyOrder(other, nil), isDelivered, "")
	if o := b.order(); o.Lines[0].Quantity != "1" || o.Total != "122.00" {
		t.Errorf("got %s for %s", o.Lines[0].Quantity, o.Total)
	}
}

// TestDayOfTheOrganisation: the date of an order is that of the organisation's zone.
func TestDayOfTheOrganisation(t *testing.T) {
	t.Parallel()
	b := newBench(t, zohotest.WithOrganisations(zohotest.Organisation{TimeZone: "Asia/Tokyo"}),
		zohotest.WithItems(zohotest.Item{SKU: "LP-15"}))
	late := jo()
	late.OrderTime.Seconds = time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC).Unix()
	want(t, b.copyOrder(late, nil), isDelivered, "")
	if date := b.order().Date; date != "2026-11-23" {
		t.Errorf("date is %s", date)
	}
}
