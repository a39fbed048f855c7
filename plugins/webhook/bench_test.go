package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// loopback stands for a network that an operator allows.
var loopback = Operator{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}

// bench is a connection to a receiver over TLS.
type bench struct {
	*webhooktest.Receiver
	server *httptest.Server
	remote *remote
	sender *Sender
}

// goodSettings are those of a connection that works.
func goodSettings(url string) Settings {
	return Settings{URL: url, SigningSecret: sdk.NewSecret(webhooktest.Secret), TimeoutSeconds: 20}
}

// makeSender makes a sender whose settings are good.
func makeSender(tb testing.TB, env sdk.Env, s Settings, r *remote) *Sender {
	tb.Helper()
	sender, err := newSender(env, s, r)
	if err != nil {
		tb.Fatal(err)
	}
	return sender
}

// onlyFault says that the field is the only one at fault.
func onlyFault(err error, field string) bool {
	faults, named := errors.AsType[sdk.Faults](err)
	return named && len(faults) == 1 && faults[0].Field == field
}

func newBench(t *testing.T, change ...func(*Settings)) *bench {
	t.Helper()
	b := &bench{Receiver: webhooktest.New(webhooktest.Secret)}
	b.server = b.StartTLS(t)
	b.remote = newRemote(loopback, trusting(b.server), nil, time.Now)
	t.Cleanup(b.remote.http.CloseIdleConnections)
	b.sender = b.connect(t, change...)
	return b
}

// trusting is the configuration of TLS for which a server's certificate is good.
func trusting(server *httptest.Server) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
}

// connect makes a sender to the receiver.
func (b *bench) connect(t *testing.T, change ...func(*Settings)) *Sender {
	t.Helper()
	s := goodSettings(b.server.URL + "/hooks?tenant=7")
	for _, f := range change {
		f(&s)
	}
	return makeSender(t, env(), s, b.remote)
}

func everything(s *Settings) { s.IncludePersonal, s.IncludeExtra = true, true }

var placed = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

// anOrder has a value in every field that can be sent.
func anOrder() *sdk.OrderDelivery {
	return &sdk.OrderDelivery{
		Delivery: sdk.Delivery{
			ID: "d1", RecordKey: "order:1", ContentKey: "c1", Attempt: 1, Revision: 1, CreateTime: placed,
		},
		Order: &commercev1.Order{
			OrderId: " A/1 №7 ", OrderNumber: proto.String("100234"), OrderSource: proto.String("amazon"),
			OrderTime: timestamppb.New(placed), Status: commercev1.OrderStatus_ORDER_STATUS_OPEN,
			Customer: &commercev1.Customer{
				CustomerId: proto.String("cust-77"), Name: proto.String("Erika Mustermann"),
				Email: proto.String("erika@example.com"), Phone: proto.String("+491701234567"), LanguageCode: proto.String("de"),
			},
			BillTo: &commercev1.Address{Name: proto.String("Max Zahler"), CountryCode: proto.String("DE")},
			ShipTo: &commercev1.Address{
				Name: proto.String("Erika Mustermann"), Lines: []string{"Heidestraße 17", "Hinterhaus"}, City: proto.String("Köln"),
				PostalCode: proto.String("51147"), CountryCode: proto.String("DE"),
			},
			LineItems: []*commercev1.LineItem{{
				LineId: proto.String("1"), Sku: proto.String("LP-15"), Name: proto.String("Laptop <15\">"), Quantity: "2",
				UnitPrice:   &commercev1.Money{CurrencyCode: "EUR", Amount: "122.00"},
				ExtraFields: map[string]string{"asin": "B0EXAMPLE1"},
			}},
			Totals:       &commercev1.OrderTotals{GrandTotal: &commercev1.Money{CurrencyCode: "EUR", Amount: "251.00"}},
			CurrencyCode: proto.String("EUR"), ShippingMethod: proto.String("Ground"),
			Notes:                []*commercev1.Note{{Kind: commercev1.NoteKind_NOTE_KIND_GIFT, Text: "Happy birthday, Erika"}},
			ExtraFields:          map[string]string{"Gift Wrap": "blue"},
			PromisedDeliveryDate: proto.String("2026-11-27"),
			SourceUpdateTime:     timestamppb.New(placed.Add(time.Minute)),
		},
	}
}

// aParcel is a tracking record of anOrder.
func aParcel() *sdk.TrackingDelivery {
	order := anOrder().Order
	return &sdk.TrackingDelivery{
		Delivery: sdk.Delivery{
			ID: "d2", RecordKey: "tracking:1", ContentKey: "c2", Attempt: 1, Revision: 1, CreateTime: placed,
		},
		Record: &pluginv1.TrackingRecord{
			OrderId: order.OrderId, ShipmentId: "S-1",
			Parcel: &commercev1.Parcel{
				TrackingNumber: "1Z 999 AA1 0123456784", Carrier: proto.String("UPS"), ShipDate: proto.String("2026-11-22"),
				Status:      commercev1.ParcelStatus_PARCEL_STATUS_SHIPPED,
				ExtraFields: map[string]string{"Dock": "4"},
			},
			Order: &commercev1.Order{
				OrderNumber: order.OrderNumber, OrderSource: order.OrderSource, OrderTime: order.OrderTime,
				Customer: order.Customer, ShipTo: order.ShipTo, ShippingMethod: order.ShippingMethod,
				ExtraFields: order.ExtraFields, PromisedDeliveryDate: order.PromisedDeliveryDate,
			},
			ParcelNumber: 1, ParcelCount: 2, SiblingTrackingNumbers: []string{"1Z999AA10123456793"},
			ShipmentExtraFields: map[string]string{"Wave": "12"},
		},
	}
}

// next is the following revision of an order after a result.
func next(d *sdk.OrderDelivery, r sdk.Result, content string) *sdk.OrderDelivery {
	following := *d
	following.Revision++
	following.ContentKey = content
	following.Delivery = after(following.Delivery, r)
	return &following
}

// after is what the host sends along after a result.
func after(d sdk.Delivery, r sdk.Result) sdk.Delivery {
	if state, has := r.State(); has {
		d.State = state
	}
	return d
}

// wanted fails unless a result has an outcome and a reason.
func wanted(t *testing.T, r sdk.Result, outcome pluginv1.Outcome, reason string) {
	t.Helper()
	if r.Outcome() != outcome || r.Reason() != reason {
		t.Errorf("result is %s %s (%s), want %s %s", r.Outcome(), r.Reason(), r.Hint(), outcome, reason)
	}
	if outcome != pluginv1.Outcome_OUTCOME_DELIVERED && r.Hint() == "" {
		t.Errorf("%s has no hint", reason)
	}
}

const (
	isDelivered    = pluginv1.Outcome_OUTCOME_DELIVERED
	isSkipped      = pluginv1.Outcome_OUTCOME_SKIPPED
	isRetry        = pluginv1.Outcome_OUTCOME_RETRY
	isThrottled    = pluginv1.Outcome_OUTCOME_THROTTLED
	isRejected     = pluginv1.Outcome_OUTCOME_REJECTED
	isUnauthorized = pluginv1.Outcome_OUTCOME_UNAUTHORIZED
	isUnknown      = pluginv1.Outcome_OUTCOME_UNKNOWN
)

// noProblems fails if the receiver noted a problem or a journal of another length.
func (b *bench) noProblems(t *testing.T, requests int) []webhooktest.Exchange {
	t.Helper()
	journal := b.Journal()
	if len(journal) != requests {
		t.Errorf("%d requests, want %d", len(journal), requests)
	}
	for _, e := range journal {
		if len(e.Problems) > 0 {
			t.Errorf("problems of %s: %q", e.Raw, e.Problems)
		}
	}
	return journal
}

// headers is for faults.
func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func env() sdk.Env { return sdk.Env{ConnectionUID: "c-1", MerchantID: "acme"} }
