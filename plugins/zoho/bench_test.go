package zoho

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	isDelivered    = pluginv1.Outcome_OUTCOME_DELIVERED
	isPresent      = pluginv1.Outcome_OUTCOME_ALREADY_PRESENT
	isSkipped      = pluginv1.Outcome_OUTCOME_SKIPPED
	isRetry        = pluginv1.Outcome_OUTCOME_RETRY
	isThrottled    = pluginv1.Outcome_OUTCOME_THROTTLED
	isRejected     = pluginv1.Outcome_OUTCOME_REJECTED
	isUnauthorized = pluginv1.Outcome_OUTCOME_UNAUTHORIZED
	isUnknown      = pluginv1.Outcome_OUTCOME_UNKNOWN
)

// bench is the plugin with a connection to a stand-in, in a time of its own.
type bench struct {
	*plugintest.Host
	t     *testing.T
	stand *zohotest.Server
	// org is the organisation of the connection.
	org               zohotest.Org
	clock             *plugintest.Clock
	settings, secrets map[string]string
	// sent counts the deliveries, to number them.
	sent int
}

// benchTime is when a bench begins.
var benchTime = time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)

// benchDelay is how long a new contact is missing from searches where a test wants that.
const benchDelay = 2 * time.Second

// newBench has the item LP-15 and no limits that a test would have to wait for. A
// connection's settings are changed by set.
func newBench(t *testing.T, options ...zohotest.Option) *bench {
	t.Helper()
	b := &bench{t: t, clock: plugintest.NewClock(benchTime)}
	b.stand = zohotest.New(append([]zohotest.Option{
		zohotest.WithClock(b.clock.Now), zohotest.WithoutLimits(),
		zohotest.WithItems(
			zohotest.Item{SKU: "LP-15", Name: "Laptop 15in", Rate: "130"},
			zohotest.Item{SKU: "MS-02", Name: "Mouse", Rate: "9.90"},
		),
	}, options...)...)
	base := b.stand.Start(t)
	b.org = b.stand.Org("")
	p := plugin(inventory.DataCentres())
	p.Clock = b.clock
	b.Host = plugintest.New(t, p)
	b.settings = map[string]string{
		"data_center": "us", "organization_id": zohotest.OrganisationID, "client_id": zohotest.ClientID,
		"api_base_url": base, "calls_per_minute": "10000", "confirm_orders": "true", "create_customers": "true",
		"concurrent_calls": "4", "daily_share": "90", "addresses": "stored", "customer_id_use": "without_email",
		"sales_order_number": "order_id",
	}
	b.secrets = map[string]string{"client_secret": zohotest.ClientSecret, "refresh_token": zohotest.RefreshToken}
	t.Cleanup(func() {
		for _, v := range b.stand.Violations() {
			t.Errorf("the stand-in saw what Zoho's document forbids: %+v", v)
		}
	})
	return b
}

// set changes a setting of the connection.
func (b *bench) set(name, value string) { b.settings[name] = value }

// header is that of the next delivery of a record. After tells what an earlier result
// of the same record left behind.
func (b *bench) header(record string, after *pluginv1.DeliveryResult) *pluginv1.DeliveryHeader {
	b.sent++
	h := &pluginv1.DeliveryHeader{
		DeliveryId: fmt.Sprintf("delivery-%d", b.sent), ConnectionUid: plugintest.ConnectionUID, RecordKey: record,
		ContentKey: fmt.Sprintf("content-%d", b.sent), Attempt: 1, Revision: 1,
		TimeBudget: durationpb.New(time.Minute), CreateTime: timestamppb.New(benchTime),
	}
	if after == nil {
		return h
	}
	h.RemoteId, h.State, h.Revision = after.GetRemoteId(), after.GetState(), 2
	if !settled(after) { // The same revision once more.
		h.Revision, h.Attempt, h.FateUnknown = 1, 2, after.GetOutcome() == isUnknown
	}
	return h
}

func settled(r *pluginv1.DeliveryResult) bool {
	switch r.GetOutcome() {
	case isDelivered, isPresent, isSkipped:
		return true
	default:
		return false
	}
}

// copyOrder sends an order, after an earlier result of it if that is not nil.
func (b *bench) copyOrder(order *commercev1.Order, after *pluginv1.DeliveryResult) *pluginv1.DeliveryResult {
	b.t.Helper()
	d := b.orderDelivery(order, after)
	return b.Copy(b.settings, b.secrets, d)[d.GetHeader().GetDeliveryId()]
}

// orderDelivery is the next delivery of an order.
func (b *bench) orderDelivery(order *commercev1.Order, after *pluginv1.DeliveryResult) *pluginv1.OrderDelivery {
	return &pluginv1.OrderDelivery{Header: b.header("order "+order.GetOrderId(), after), Order: order}
}

// forward sends a tracking record, after an earlier result of it if that is not nil.
func (b *bench) forward(record *pluginv1.TrackingRecord, after *pluginv1.DeliveryResult) *pluginv1.DeliveryResult {
	b.t.Helper()
	h := b.header("parcel "+record.GetParcel().GetTrackingNumber(), after)
	return b.Forward(b.settings, b.secrets, &pluginv1.TrackingDelivery{Header: h, Record: record})[h.GetDeliveryId()]
}

// calls are those of the API that do makes, in order, without those for tokens.
func (b *bench) calls(do func()) []string {
	b.t.Helper()
	b.stand.ForgetJournal()
	do()
	var made []string
	for _, e := range b.stand.Journal() {
		if e.Endpoint != zohotest.TokenEndpoint {
			made = append(made, e.Method+" "+e.Endpoint)
		}
	}
	return made
}

// order is the only sales order at the stand-in.
func (b *bench) order() zohotest.Order {
	b.t.Helper()
	all := b.org.Orders()
	if len(all) != 1 {
		b.t.Fatalf("there are %d sales orders, want 1", len(all))
	}
	return all[0]
}

// want checks the outcome and the reason; an empty reason is not looked at.
func want(t *testing.T, r *pluginv1.DeliveryResult, outcome pluginv1.Outcome, reason string) {
	t.Helper()
	if r.GetOutcome() != outcome || reason != "" && r.GetReason() != reason {
		t.Fatalf("got %s %s, want %s %s\nhint: %s\nrequest: %s\nresponse: %s", r.GetOutcome(), r.GetReason(), outcome,
			reason, r.GetHint(), r.GetRequestExcerpt(), r.GetResponseExcerpt())
	}
}

// wantHint checks that the hint says what it should.
func wantHint(t *testing.T, r *pluginv1.DeliveryResult, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.GetHint(), part) {
			t.Errorf("the hint does not say %q: %s", part, r.GetHint())
		}
	}
}

func usd(amount string) *commercev1.Money {
	return &commercev1.Money{CurrencyCode: "USD", Amount: amount}
}

// jo is the order of the reference, sections 3.2 and 3.3: 2 x 122 less 10, and 7 for
// shipping, makes 241.
func jo() *commercev1.Order {
	address := func() *commercev1.Address {
		return &commercev1.Address{
			Name: proto.String("Jo Doe"), Lines: []string{"1 Main St", "Apt 2"}, City: proto.String("Austin"),
			State: proto.String("TX"), PostalCode: proto.String("73301"), CountryCode: proto.String("US"),
		}
	}
	return &commercev1.Order{
		OrderId: "100234", OrderNumber: proto.String("#1234"), OrderSource: proto.String("shopify"),
		OrderTime: timestamppb.New(time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)),
		Status:    commercev1.OrderStatus_ORDER_STATUS_OPEN,
		Customer: &commercev1.Customer{
			Name: proto.String("Jo Doe"), Email: proto.String("jo@example.com"), Phone: proto.String("+1 512 5550100"),
		},
		BillTo: address(), ShipTo: address(), CurrencyCode: proto.String("USD"),
		LineItems: []*commercev1.LineItem{{
			LineId: proto.String("1"), Sku: proto.String("LP-15"), Name: proto.String("Laptop 15in"), Quantity: "2",
			UnitPrice: usd("122.00"),
		}},
		Totals: &commercev1.OrderTotals{
			SubTotal: usd("244.00"), Discount: usd("10.00"), Shipping: usd("7.00"), GrandTotal: usd("241.00"),
		},
		ShippingMethod: proto.String("UPS Ground"),
		Notes:          []*commercev1.Note{{Kind: commercev1.NoteKind_NOTE_KIND_GIFT, Text: "gift wrap"}},
	}
}

// parcel is a tracking record of an order, as the host joins it.
func parcel(of *commercev1.Order, number string, contents ...*commercev1.ParcelItem) *pluginv1.TrackingRecord {
	return &pluginv1.TrackingRecord{
		OrderId: of.GetOrderId(), ParcelNumber: 1, ParcelCount: 1,
		Parcel: &commercev1.Parcel{
			TrackingNumber: number, Carrier: proto.String("UPS"), ShipDate: proto.String("2026-11-23"), Contents: contents,
		},
		Order: &commercev1.Order{
			OrderId: of.GetOrderId(), OrderNumber: of.OrderNumber, LineItems: of.GetLineItems(), //nolint:protogetter // Presence.
		},
	}
}
