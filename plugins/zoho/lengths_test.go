package zoho

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// TestLongTexts: what an order may have and Zoho has no room for does not keep the order
// from arriving, as nobody can mend a name that is long.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 126)
	b := newBench(t)
	o := jo()
	o.Customer.Name = proto.String(long + " " + long)
	o.Customer.Company = proto.String(long + long)
	o.Customer.Phone = proto.String(strings.Repeat("1", 64))
	o.LineItems[0].Name = proto.String(strings.Repeat("A title of a marketplace ", 40))
	o.ShippingMethod = proto.String(long + long)
	o.Notes[0].Text = strings.Repeat("a note ", 2000)
	want(t, b.copyOrder(o, nil), isDelivered, "")
	if p := b.customerOf(b.order()).Persons[0]; p.Phone != "" || p.LastName == "" {
		t.Errorf("person is %+v", p)
	}
	// Zoho can neither search for it nor keep it.
	o = jo()
	o.OrderId, o.Customer.Email = "LONG-2", proto.String(strings.Repeat("e", 100)+"@example.com")
	calls := b.calls(func() {
		r := b.copyOrder(o, nil)
		want(t, r, isRejected, "CUSTOMER_EMAIL_TOO_LONG")
		wantHint(t, r, "customer_id")
	})
	if slices.Contains(calls, "GET /contacts") {
		t.Errorf("calls are %q", calls)
	}
}

// TestBlankNames are none.
func TestBlankNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := jo()
	o.Customer.Name, o.Customer.Company = proto.String("  "), proto.String(" ")
	o.BillTo, o.ShipTo = &commercev1.Address{}, nil
	want(t, b.copyOrder(o, nil), isDelivered, "")
	if c := b.customerOf(b.order()); c.Name != "jo@example.com" || c.Company != "" {
		t.Errorf("customer is %+v", c)
	}
}

// TestHintsHaveRoom: the host keeps 1 KiB of a hint, so that is what names of SKUs have.
func TestHintsHaveRoom(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := jo()
	for i := range 40 {
		o.LineItems = append(o.LineItems, &commercev1.LineItem{
			Sku: proto.String(strings.Repeat("S", 30) + string(rune('A'+i))), Quantity: "1", UnitPrice: usd("1"),
		})
	}
	b.org.SetItemStatus("LP-15", false)
	r := b.copyOrder(o, nil)
	want(t, r, isRejected, "SKU_UNKNOWN")
	wantHint(t, r, "inactive", "LP-15", "more")
	if n := len(r.GetHint()); n > 1024 {
		t.Errorf("the hint has %d bytes", n)
	}
}
