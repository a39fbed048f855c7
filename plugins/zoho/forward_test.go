package zoho

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestNewParcel: one read and two writes make a package and its shipment.
func TestNewParcel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "2", "MS-02", "3"))
	var r *pluginv1.DeliveryResult
	sameCalls(t, b.calls(func() { r = b.forward(parcel(o, " 1z999 aa1 0123456784 "), nil) }),
		"GET /salesorders/{id}", "POST /packages", "POST /shipmentorders")
	want(t, r, isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 2, MS-02 3")
	got := b.shipment()
	if r.GetRemoteId() != got.ID || got.Number != oneZ || got.DeliveryMethod != "UPS" || got.Date != "2026-11-23" ||
		got.TrackingNumber != "1z999 aa1 0123456784" {
		t.Errorf("shipment is %+v, remote id %s", got, r.GetRemoteId())
	}
	if p := b.org.Packages()[0]; p.Date != "2026-11-23" || p.OrderID != b.order().ID {
		t.Errorf("package is %+v", p)
	}
	if b.order().Status != "shipped" {
		t.Errorf("sales order is %s", b.order().Status)
	}
}

// TestParcelOfAnOrderCopiedElsewhere: what no cache knows is found by the order id, and
// compared once more, whatever Zoho lists.
func TestParcelOfAnOrderCopiedElsewhere(t *testing.T) {
	t.Parallel()
	for _, quirks := range [][]zohotest.Quirk{
		nil, {zohotest.FiltersIgnored}, {zohotest.OtherSpelling, zohotest.PackageArray},
	} {
		b := newBench(t, zohotest.WithQuirks(quirks...))
		o := b.place(orderOf("LP-15", "2"))
		other := orderOf("LP-15", "1")
		other.OrderId = "another"
		b.place(other)
		b.Host = b.anotherProcess()
		var r *pluginv1.DeliveryResult
		sameCalls(t, b.calls(func() { r = b.forward(parcel(o, oneZ), nil) }),
			"GET /salesorders", "GET /salesorders/{id}", "POST /packages", "POST /shipmentorders")
		want(t, r, isDelivered, "")
		if p := b.org.Packages(); len(p) != 1 || p[0].OrderID != b.org.Orders()[0].ID {
			t.Errorf("packages are %+v", p)
		}
	}
}

func TestParcelBeforeItsOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := orderOf("LP-15", "2")
	r := b.forward(parcel(o, oneZ), nil)
	want(t, r, isRetry, "ORDER_NOT_FOUND")
	wantHint(t, r, "100234", "copies orders")
	if !r.GetRecordOnly() {
		t.Error("an order that Zoho lacks is taken for an outage of Zoho")
	}
	b.place(o)
	want(t, b.forward(parcel(o, oneZ), r), isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 2")
}

// TestFactsThatZohoWants: what the parcel does not tell has a value in its place.
func TestFactsThatZohoWants(t *testing.T) {
	t.Parallel()
	for _, date := range []*string{nil, proto.String("2026-02-30")} {
		// Where the organisation is, the day has begun already.
		b := newBench(t, zohotest.WithOrganisations(zohotest.Organisation{TimeZone: "Pacific/Kiritimati"}))
		b.org = b.stand.Org("")
		b.org.AddItem(zohotest.Item{SKU: "LP-15", Rate: "1"})
		record := parcel(b.place(orderOf("LP-15", "2")), oneZ)
		record.Parcel.Carrier, record.Parcel.ShipDate = proto.String(" "), date
		b.header("", nil)
		r := b.forward(record, nil)
		want(t, r, isDelivered, "")
		if got := b.shipment(); got.DeliveryMethod != "Other" || got.Date != "2026-11-25" {
			t.Errorf("shipment is %+v", got)
		}
		if date != nil {
			wantHint(t, r, "ship date")
		}
	}
}

func TestStatusOfTheOrder(t *testing.T) {
	t.Parallel()
	t.Run("a draft is confirmed", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		o := orderOf("LP-15", "2")
		o.Status = commercev1.OrderStatus_ORDER_STATUS_ON_HOLD
		b.place(o)
		sameCalls(t, b.calls(func() { want(t, b.forward(parcel(o, oneZ), nil), isDelivered, "") }),
			"GET /salesorders/{id}", "POST /salesorders/{id}/status/confirmed", "POST /packages", "POST /shipmentorders")
		b.wantPackages(oneZ + ": LP-15 2")
	})
	t.Run("a draft that Zoho does not confirm", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.set("confirm_orders", "false")
		o := b.place(orderOf("LP-15", "2"))
		b.stand.Script(zohotest.Failure(400, 36100, "Approve it first").On("POST", "/salesorders/{id}/status/confirmed"))
		r := b.forward(parcel(o, oneZ), nil)
		want(t, r, isRejected, "NOT_CONFIRMED")
		wantHint(t, r, "approve", "retry")
		if r.GetFixScope() != fixSettings {
			t.Errorf("fix scope is %s", r.GetFixScope())
		}
		want(t, b.forward(parcel(o, oneZ), r), isDelivered, "")
	})
	t.Run("a void one", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		o := b.place(orderOf("LP-15", "2"))
		b.byHand("POST", "/salesorders/"+b.order().ID+"/status/void", "")
		r := b.forward(parcel(o, oneZ), nil)
		want(t, r, isRejected, "ORDER_VOID")
		if r.GetFixScope() != fixRecord || r.GetRemoteId() != "" {
			t.Errorf("fix scope is %s, remote id %q", r.GetFixScope(), r.GetRemoteId())
		}
		b.wantPackages()
	})
	t.Run("one that was deleted meanwhile", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		o := b.place(orderOf("LP-15", "2"))
		b.stand.Script(zohotest.Failure(404, 1002, "gone").On("POST", "/packages"))
		sameCalls(t, b.calls(func() { want(t, b.forward(parcel(o, oneZ), nil), isDelivered, "") }),
			"GET /salesorders/{id}", "POST /packages", "GET /salesorders", "GET /salesorders/{id}", "POST /packages",
			"POST /shipmentorders")
		b.stand.Script(zohotest.Failure(404, 1002, "gone").On("POST", "/packages").Times(2))
		other := orderOf("LP-15", "2")
		other.OrderId = "another"
		want(t, b.forward(parcel(b.place(other), twoZ), nil), isRetry, "NOT_FOUND")
	})
}

func TestBlankNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "2"))
	sameCalls(t, b.calls(func() {
		r := b.forward(parcel(o, "  "), nil)
		want(t, r, isRejected, "TRACKING_NUMBER_INVALID")
		want(t, b.forward(voided(parcel(o, "  ")), nil), isSkipped, "PARCEL_VOIDED")
	}))
}

func TestContents(t *testing.T) {
	t.Parallel()
	line := func(id, quantity string) *commercev1.ParcelItem {
		return &commercev1.ParcelItem{LineId: proto.String(id), Quantity: quantity}
	}
	both := func(id, sku, quantity string) *commercev1.ParcelItem {
		return &commercev1.ParcelItem{LineId: proto.String(id), Sku: proto.String(sku), Quantity: quantity}
	}
	for _, test := range []struct {
		name     string
		order    []string
		contents []*commercev1.ParcelItem
		packed   string
		reason   string
		hint     []string
	}{
		{
			name: "by SKU", order: []string{"LP-15", "2", "MS-02", "3"},
			contents: []*commercev1.ParcelItem{item("MS-02", "2"), item("LP-15", "1")}, packed: "LP-15 1, MS-02 2",
		},
		{
			name: "by line", order: []string{"LP-15", "2", "MS-02", "3"},
			contents: []*commercev1.ParcelItem{line("2", "3.0")}, packed: "MS-02 3",
		},
		{
			name: "the line counts before the SKU", order: []string{"LP-15", "2", "MS-02", "3"},
			contents: []*commercev1.ParcelItem{both("2", "old-name", "1")}, packed: "MS-02 1",
		},
		{
			name: "a line that is not known has its SKU", order: []string{"LP-15", "2"},
			contents: []*commercev1.ParcelItem{both("77", "LP-15", "1")}, packed: "LP-15 1",
		},
		{
			name: "equal SKUs are added up", order: []string{"LP-15", "2"},
			contents: []*commercev1.ParcelItem{item("LP-15", "0.5"), line("1", "0.75")}, packed: "LP-15 1.25",
		},
		{
			name: "over several lines of an item", order: []string{"LP-15", "1", "MS-02", "1", "LP-15", "2"},
			contents: []*commercev1.ParcelItem{item("LP-15", "2.5")}, packed: "LP-15 1, LP-15 1.5",
		},
		{
			name: "zero is nothing", order: []string{"LP-15", "2", "MS-02", "3"},
			contents: []*commercev1.ParcelItem{item("LP-15", "0"), item("MS-02", "1")}, packed: "MS-02 1",
		},
		{
			name: "only zeros are not known", order: []string{"LP-15", "2"},
			contents: []*commercev1.ParcelItem{item("LP-15", "0.00"), item("GONE", "0")}, packed: "LP-15 2",
		},
		{
			name: "by the mapping", order: []string{"mapped", "2"},
			contents: []*commercev1.ParcelItem{item("mapped", "2")}, packed: "MS-02 2",
		},
		{
			name: "more than is left", order: []string{"LP-15", "2", "MS-02", "3"},
			contents: []*commercev1.ParcelItem{item("LP-15", "2.5"), item("MS-02", "4")},
			reason:   "OVERPACKED", hint: []string{"LP-15 (2.5 packed, 2 left)", "MS-02 (4 packed, 3 left)"},
		},
		{
			name: "not of the order", order: []string{"LP-15", "2"},
			contents: []*commercev1.ParcelItem{item("MS-02", "1"), line("9", "1"), {Quantity: "1"}, item("LP-15", "1")},
			reason:   "PARCEL_ITEM_UNKNOWN", hint: []string{"line 9", "MS-02", "without line and SKU"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.set("sku_mapping", "mapped=MS-02")
			o := b.place(orderOf(test.order...))
			r := b.forward(parcel(o, oneZ, test.contents...), nil)
			if test.reason == "" {
				want(t, r, isDelivered, "")
				b.wantPackages(oneZ + ": " + test.packed)
				return
			}
			want(t, r, isRejected, test.reason)
			wantHint(t, r, test.hint...)
			if r.GetFixScope() != fixRecord || len(b.org.Packages()) > 0 {
				t.Errorf("fix scope is %s, packages %+v", r.GetFixScope(), b.org.Packages())
			}
		})
	}
}

// TestContentsOfSilentLines: where Zoho's answer has no SKUs, items are looked up.
func TestContentsOfSilentLines(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "2", "MS-02", "3"))
	order := b.order()
	b.Host = b.anotherProcess()
	raw := `{"code":0,"salesorder":{"salesorder_id":"` + order.ID + `","salesorder_number":"100234",
		"reference_number":"100234","status":"confirmed","line_items":[
		{"line_item_id":"` + order.Lines[0].ID + `","item_id":"` + order.Lines[0].ItemID + `","quantity":2},
		{"line_item_id":"` + order.Lines[1].ID + `","item_id":"` + order.Lines[1].ItemID + `","quantity":3}]}}`
	b.stand.Script(zohotest.Body(200, "application/json", raw).On("GET", "/salesorders/{id}").Times(2))
	calls := b.calls(func() { want(t, b.forward(parcel(o, oneZ, item("MS-02", "1")), nil), isDelivered, "") })
	if !slices.Contains(calls, "GET /items") {
		t.Errorf("calls are %q", calls)
	}
	b.wantPackages(oneZ + ": MS-02 1")
	want(t, b.forward(parcel(o, twoZ, item("nobody has it", "1")), nil), isRejected, "SKU_UNKNOWN")
}

// TestContentsOfUnknownItems: what stands for unknown SKUs in the order does so in the
// parcel.
func TestContentsOfUnknownItems(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("sku_mapping", "*=MS-02")
	o := orderOf("LP-15", "2", "strange", "3", "", "1")
	b.place(o)
	third := &commercev1.ParcelItem{LineId: proto.String("3"), Quantity: "1"}
	r := b.forward(parcel(o, oneZ, item("strange", "3"), third), nil)
	want(t, r, isDelivered, "")
	b.wantPackages(oneZ + ": MS-02 3, MS-02 1")
}

// TestParcelsWithoutContents share the order: each leaves a piece for those to come.
func TestParcelsWithoutContents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "2", "MS-02", "2"))
	want(t, b.forward(among(parcel(o, oneZ), twoZ, threeZ), nil), isDelivered, "")
	want(t, b.forward(among(parcel(o, twoZ), oneZ, threeZ), nil), isDelivered, "")
	want(t, b.forward(among(parcel(o, threeZ), oneZ, twoZ), nil), isDelivered, "")
	b.wantPackages(oneZ+": LP-15 2", twoZ+": MS-02 1", threeZ+": MS-02 1")
}

// TestParcelAmongThoseThatAreThere: what Zoho has already is not waited for.
func TestParcelAmongThoseThatAreThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "6"))
	want(t, b.forward(among(parcel(o, oneZ, item("LP-15", "1")), twoZ, threeZ), nil), isDelivered, "")
	want(t, b.forward(among(parcel(o, twoZ), "1z999AA1 0123456784", threeZ), nil), isDelivered, "")
	b.wantPackages(oneZ+": LP-15 1", twoZ+": LP-15 4")
}

// TestReprintedLabel: a parcel that was voided needs no piece any more, whether it ever came
// to Zoho or is still there.
func TestReprintedLabel(t *testing.T) {
	t.Parallel()
	t.Run("taken back", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		o := b.place(orderOf("LP-15", "6"))
		first := parcel(o, oneZ)
		sent := b.forward(first, nil)
		want(t, sent, isDelivered, "")
		want(t, b.forward(voided(first), sent), isDelivered, "")
		want(t, b.forward(amongVoided(parcel(o, twoZ), oneZ), nil), isDelivered, "")
		b.wantPackages(twoZ + ": LP-15 6")
	})
	t.Run("never sent", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		o := b.place(orderOf("LP-15", "6"))
		want(t, b.forward(amongVoided(parcel(o, threeZ), oneZ, twoZ), nil), isDelivered, "")
		b.wantPackages(threeZ + ": LP-15 6")
	})
	t.Run("still there", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		o := b.place(orderOf("LP-15", "6"))
		want(t, b.forward(parcel(o, oneZ, item("LP-15", "1")), nil), isDelivered, "")
		record := amongVoided(parcel(o, twoZ), oneZ)
		record.SiblingTrackingNumbers, record.ParcelCount = append(record.SiblingTrackingNumbers, threeZ), 3
		want(t, b.forward(record, nil), isDelivered, "")
		b.wantPackages(oneZ+": LP-15 1", twoZ+": LP-15 4")
	})
}

// TestMovedAfterALostAnswer: a send that told nothing left a package in an order that the
// parcel does not belong to any more.
func TestMovedAfterALostAnswer(t *testing.T) {
	t.Parallel()
	asItIs := func(r *pluginv1.TrackingRecord) *pluginv1.TrackingRecord { return r }
	for _, test := range []struct {
		name, reason string
		to           func(*pluginv1.TrackingRecord) *pluginv1.TrackingRecord
		want         []string
	}{
		{name: "moved", to: asItIs, want: []string{oneZ + ": MS-02 3"}},
		{name: "moved and voided", to: voided, reason: "WITHDRAWN"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			first, second := orderOf("LP-15", "2"), orderOf("MS-02", "3")
			second.OrderId, second.OrderNumber = "another", proto.String("another")
			b.place(first)
			b.place(second)
			sent := parcel(first, oneZ)
			want(t, b.forward(sent, nil), isDelivered, "") // Nobody was told: the process ended.
			b.wantPackages(oneZ + ": LP-15 2")
			moved := parcel(second, oneZ)
			moved.EarlierOrderIds = []string{"yet another", first.GetOrderId()}
			lost := &pluginv1.DeliveryResult{Outcome: isUnknown}
			want(t, b.forward(test.to(moved), lost), isDelivered, test.reason)
			b.wantPackages(test.want...)
		})
	}
}

// TestLeftOnce: the order that the state names and the earlier one that the host names are
// the same, so it is read and left once.
func TestLeftOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		to   func(*pluginv1.TrackingRecord) *pluginv1.TrackingRecord
	}{
		{name: "moved", to: func(r *pluginv1.TrackingRecord) *pluginv1.TrackingRecord { return r }},
		{name: "moved and voided", to: voided},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			first, second := orderOf("LP-15", "2"), orderOf("MS-02", "3")
			second.OrderId, second.OrderNumber = "another", proto.String("another")
			b.place(first)
			b.place(second)
			sent := b.forward(parcel(first, oneZ), nil)
			want(t, sent, isDelivered, "")
			sent.Outcome = isUnknown
			moved := parcel(second, oneZ)
			moved.EarlierOrderIds = []string{first.GetOrderId()}
			calls := b.calls(func() { want(t, b.forward(test.to(moved), sent), isDelivered, "") })
			deleted := map[string]int{}
			for _, call := range calls {
				if strings.HasPrefix(call, "DELETE ") {
					deleted[call]++
				}
			}
			if len(deleted) != 2 {
				t.Errorf("deleted are %v, want a package and a shipment", deleted)
			}
			for call, times := range deleted {
				if times != 1 {
					t.Errorf("%s is called %d times", call, times)
				}
			}
		})
	}
}

// TestLeftPackageThatAnotherParcelTook: a package that waits for its shipment goes to another
// parcel without contents once its own is of another order. Taken back, the other is named.
func TestLeftPackageThatAnotherParcelTook(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := orderOf("LP-15", "2"), orderOf("MS-02", "3")
	second.OrderId, second.OrderNumber = "another", proto.String("another")
	b.place(first)
	b.place(second)
	b.stand.Script(zohotest.Failure(400, 4711, "").On("POST", "/shipmentorders"))
	refused := b.forward(parcel(first, oneZ), nil)
	want(t, refused, isRejected, "REQUEST_REFUSED")
	other := &hosted{record: parcel(first, twoZ)}
	want(t, b.deliver(other, false), isDelivered, "")
	moved := parcel(second, oneZ)
	moved.EarlierOrderIds = []string{first.GetOrderId()}
	r := b.forward(moved, refused)
	want(t, r, isDelivered, "")
	wantHint(t, r, twoZ, "send")
	want(t, b.deliver(other, false), isDelivered, "")
	b.wantPackages(oneZ+": MS-02 3", twoZ+": LP-15 2")
}

// TestParcelWithUntoldSiblings: siblings beyond those that the record names count too.
func TestParcelWithUntoldSiblings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "4"))
	record := among(parcel(o, oneZ), twoZ)
	record.ParcelCount = 3
	want(t, b.forward(record, nil), isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 2")
}

func TestMarkAsDelivered(t *testing.T) {
	t.Parallel()
	const endpoint = "/shipmentorders/{id}/status/delivered"
	for _, test := range []struct {
		name      string
		fault     *zohotest.Fault
		outcome   pluginv1.Outcome
		delivered bool
		hint      string
	}{
		{name: "done", outcome: isDelivered, delivered: true},
		{name: "already", fault: new(zohotest.Failure(400, 37135, "")), outcome: isDelivered},
		{name: "refused", fault: new(zohotest.Failure(400, 4711, "")), outcome: isDelivered, hint: "did not mark"},
		{name: "a fault", fault: new(zohotest.Status(500)), outcome: isRetry},
		{name: "a lost answer", fault: new(zohotest.Reset().AfterStore()), outcome: isUnknown, delivered: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.set("mark_delivered", "true")
			o := b.place(orderOf("LP-15", "2"))
			if test.fault != nil {
				b.stand.Script(test.fault.On("POST", endpoint))
			}
			r := b.forward(parcel(o, oneZ), nil)
			want(t, r, test.outcome, "")
			wantHint(t, r, test.hint)
			if got := b.shipment().Delivered; got != test.delivered {
				t.Errorf("delivered is %v", got)
			}
			if test.outcome == isDelivered {
				return
			}
			want(t, b.forward(parcel(o, oneZ), r), isDelivered, "")
			if !b.shipment().Delivered {
				t.Error("it is not marked in the end")
			}
			b.wantPackages(oneZ + ": LP-15 2")
		})
	}
}

// TestCustomersDataIsNotShown: what Zoho quotes of the customer is masked.
func TestCustomersDataIsNotShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	record := parcel(b.place(orderOf("LP-15", "2")), oneZ)
	record.Order.Customer = &commercev1.Customer{Name: proto.String("Jo Doe")}
	b.stand.Script(zohotest.Failure(400, 4711, "not for Jo Doe").On("POST", "/packages"))
	r := b.forward(record, nil)
	want(t, r, isRejected, "REQUEST_REFUSED")
	if strings.Contains(r.String(), "Jo Doe") || !strings.Contains(r.GetHint(), "not for [customer]") {
		t.Errorf("result is %s", r)
	}
}
