package zoho

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// BenchmarkCalls counts what an order and its shipment cost of the organisation's quota
// (section 8): cold in a process that knows nothing, warm in one that has seen the shop
// for a while. Three of four orders are of customers that were there before, one to
// four lines are of 200 products, and every third has a new address.
func BenchmarkCalls(b *testing.B) {
	for _, warm := range []bool{false, true} {
		name := "cold"
		if warm {
			name = "warm"
		}
		b.Run(name, func(b *testing.B) {
			var orders, parcels []int
			for b.Loop() {
				s := newShop(b)
				if warm {
					for range 300 {
						s.one(b)
					}
				}
				for range 100 {
					if !warm {
						s.restart(b)
					}
					order, parcel := s.one(b)
					orders, parcels = append(orders, order), append(parcels, parcel)
				}
			}
			b.ReportMetric(median(orders), "calls/order")
			b.ReportMetric(median(parcels), "calls/parcel")
			b.ReportMetric(mean(orders), "mean-calls/order")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// shop is a shop with a stand-in.
type shop struct {
	random *rand.Rand
	stand  *zohotest.Server
	base   string
	host   *plugintest.Host
	sold   int
}

func newShop(tb testing.TB) *shop {
	tb.Helper()
	var items []zohotest.Item
	for i := range 200 {
		items = append(items, zohotest.Item{SKU: fmt.Sprintf("S-%03d", i)})
	}
	s := &shop{random: rand.New(rand.NewPCG(1, 2)), stand: zohotest.New(zohotest.WithoutLimits(), zohotest.WithItems(items...))}
	s.base = s.stand.Start(tb)
	s.restart(tb)
	return s
}

// restart begins a process that knows nothing.
func (s *shop) restart(tb testing.TB) {
	tb.Helper()
	p := plugin(inventory.DataCentres())
	p.Clock = &leapClock{now: benchTime}
	s.host = plugintest.New(tb, p)
}

// one sells an order and ships it in one parcel, and returns the calls of each.
func (s *shop) one(tb testing.TB) (order, parcels int) {
	tb.Helper()
	b := &bench{}
	settings := map[string]string{
		"data_center": "us", "organization_id": zohotest.OrganisationID, "client_id": zohotest.ClientID,
		"api_base_url": s.base, "calls_per_minute": "10000", "confirm_orders": "true", "create_customers": "true",
	}
	secrets := map[string]string{"client_secret": zohotest.ClientSecret, "refresh_token": zohotest.RefreshToken}
	o := s.order()
	order = s.count(func() {
		d := b.orderDelivery(o, nil)
		s.arrived(tb, s.host.Copy(settings, secrets, d)[d.GetHeader().GetDeliveryId()])
	})
	parcels = s.count(func() {
		d := &pluginv1.TrackingDelivery{Header: b.header(o.GetOrderId(), nil), Record: parcel(o, "1Z"+o.GetOrderId())}
		s.arrived(tb, s.host.Forward(settings, secrets, d)[d.GetHeader().GetDeliveryId()])
	})
	return order, parcels
}

func (s *shop) arrived(tb testing.TB, r *pluginv1.DeliveryResult) {
	tb.Helper()
	if r.GetOutcome() != isDelivered {
		tb.Fatalf("%s %s %s", r.GetOutcome(), r.GetReason(), r.GetHint())
	}
}

func (s *shop) order() *commercev1.Order {
	s.sold++
	o := jo()
	o.OrderId = fmt.Sprintf("%06d", s.sold)
	customer := s.random.IntN(s.sold/4 + 1)
	o.Customer.Name = proto.String(fmt.Sprintf("Customer %d", customer))
	o.Customer.Email = proto.String(fmt.Sprintf("customer%d@example.com", customer))
	if s.random.IntN(3) == 0 {
		o.ShipTo.Lines = []string{fmt.Sprintf("%d Side St", s.sold)}
	}
	o.LineItems, o.Totals = nil, nil
	for i := range 1 + s.random.IntN(4) {
		o.LineItems = append(o.LineItems, &commercev1.LineItem{
			LineId: proto.String(fmt.Sprint(i)), Sku: proto.String(fmt.Sprintf("S-%03d", s.random.IntN(200))),
			Quantity: "1", UnitPrice: usd("9.90"),
		})
	}
	return o
}

func (s *shop) count(do func()) int {
	before := s.stand.Counters(zohotest.OrganisationID).Total
	do()
	return s.stand.Counters(zohotest.OrganisationID).Total - before
}

func median(of []int) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return float64(sorted[len(sorted)/2])
}

func mean(of []int) float64 {
	sum := 0
	for _, n := range of {
		sum += n
	}
	return float64(sum) / float64(len(of))
}
