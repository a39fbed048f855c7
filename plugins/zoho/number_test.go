package zoho

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestNumberChanges between a send that arrived unseen and the next: the order is there
// once, under its newest number.
func TestNumberChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("sales_order_number", "order_number")
	b.stand.Script(zohotest.Reset().AfterStore().On("POST", "/salesorders"))
	lost := b.copyOrder(jo(), nil)
	want(t, lost, isUnknown, "")
	edited := jo()
	edited.OrderNumber = proto.String("#1234-A")
	again := b.copyOrder(edited, lost)
	want(t, again, isDelivered, "")
	if number := b.order().Number; number != "#1234-A" {
		t.Errorf("number is %s", number)
	}
	b.set("order_number_prefix", "ACME-")
	want(t, b.copyOrder(edited, again), isDelivered, "")
	if number := b.order().Number; number != "ACME-#1234-A" {
		t.Errorf("number is %s", number)
	}
	want(t, b.forward(parcel(edited, oneZ), nil), isDelivered, "")
}

// TestParcelAfterNewPrefix: an order that was copied under another number is named, as
// only an edit of the order renames it.
func TestParcelAfterNewPrefix(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want(t, b.copyOrder(jo(), nil), isDelivered, "")
	b.set("order_number_prefix", "ACME-")
	r := b.forward(parcel(jo(), oneZ), nil)
	want(t, r, isRetry, "ORDER_NOT_FOUND")
	wantHint(t, r, "ACME-100234", "has the number 100234", "order_number_prefix")
}
