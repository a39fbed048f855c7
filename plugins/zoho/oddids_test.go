package zoho

import (
	"strings"
	"testing"
)

// TestOddIDs: whatever characters an order id has, the order is there once, and its parcels
// find it, also in a process that knows nothing.
func TestOddIDs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i, id := range []string{
		"a/b", "..", "100%", "%2F", `"quoted"`, "ü😀 ﬁ", "#1&x=y", "a+b c", "<b>&amp;", `back\slash`, " 17", "18 ", "K", "ſ",
		strings.Repeat("9", 100),
	} {
		o := orderOf("LP-15", "1")
		o.OrderId = id
		want(t, b.copyOrder(o, nil), isDelivered, "")
		b.Host = b.anotherProcess()
		want(t, b.doubtfully(o, nil), isDelivered, "")
		if n := len(b.org.Orders()); n != i+1 {
			t.Fatalf("%q: %d sales orders, want %d", id, n, i+1)
		}
		b.Host = b.anotherProcess()
		want(t, b.forward(parcel(o, "T"+strings.Repeat("1", i+5)), nil), isDelivered, "")
	}
}
