package facts_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/facts"
	"github.com/spurline/spurline/server/store"
)

func set(wanted ...pluginv1.OrderFact) store.FactSet {
	var s store.FactSet
	for _, fact := range wanted {
		s = s.With(store.Fact(fact))
	}
	return s
}

func order() *commercev1.Order {
	return &commercev1.Order{
		OrderId:     "A-1",
		OrderNumber: proto.String("1001"),
		OrderSource: proto.String("amazon"),
		OrderTime:   &timestamppb.Timestamp{Seconds: 1},
		Customer:    &commercev1.Customer{Email: proto.String("jo@example.com")},
		ShipTo: &commercev1.Address{
			Name: proto.String("Jo"), City: proto.String("Austin"), CountryCode: proto.String("US"),
			Lines: []string{"1 Main St"}, Phone: proto.String("+15125550100"),
		},
		LineItems: []*commercev1.LineItem{{Sku: proto.String("LP-15"), Quantity: "2"}},
	}
}

func TestJoinTakesOnlyWantedFacts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		wanted store.FactSet
		want   *commercev1.Order
	}{
		{"nothing", 0, &commercev1.Order{}},
		{
			"source and country, no personal data",
			set(pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE, pluginv1.OrderFact_ORDER_FACT_DESTINATION_COUNTRY),
			&commercev1.Order{
				OrderSource: proto.String("amazon"),
				ShipTo:      &commercev1.Address{CountryCode: proto.String("US")},
			},
		},
		{
			"country and customer share the address",
			set(pluginv1.OrderFact_ORDER_FACT_DESTINATION_COUNTRY, pluginv1.OrderFact_ORDER_FACT_CUSTOMER),
			&commercev1.Order{
				Customer: &commercev1.Customer{Email: proto.String("jo@example.com")},
				ShipTo: &commercev1.Address{
					Name: proto.String("Jo"), Phone: proto.String("+15125550100"), CountryCode: proto.String("US"),
				},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			source := order()
			got := facts.Join(source, &commercev1.Shipment{}, test.wanted)
			if diff := cmp.Diff(test.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("joined facts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(order(), source, protocmp.Transform()); diff != "" {
				t.Errorf("the source was changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJoinPrefersTheOrderOverTheShipment(t *testing.T) {
	t.Parallel()
	shipment := &commercev1.Shipment{
		OrderSource: proto.String("ebay"),
		Destination: &commercev1.Address{CountryCode: proto.String("DE")},
	}
	wanted := set(pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE, pluginv1.OrderFact_ORDER_FACT_DESTINATION_COUNTRY)
	alone := facts.Join(nil, shipment, wanted)
	if alone.GetOrderSource() != "ebay" || alone.GetShipTo().GetCountryCode() != "DE" {
		t.Errorf("without an order the shipment's facts stand in, got %v", alone)
	}
	partial := facts.Join(&commercev1.Order{OrderSource: proto.String("amazon")}, shipment, wanted)
	if partial.GetOrderSource() != "amazon" || partial.GetShipTo().GetCountryCode() != "DE" {
		t.Errorf("the order's own fact wins, the shipment's fills the gap, got %v", partial)
	}
}

func TestDigestsNoticeExactlyTheChangedFact(t *testing.T) {
	t.Parallel()
	changes := map[pluginv1.OrderFact]func(*commercev1.Order){
		pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE: func(o *commercev1.Order) { o.OrderSource = proto.String("ebay") },
		pluginv1.OrderFact_ORDER_FACT_ORDER_NUMBER: func(o *commercev1.Order) { o.OrderNumber = nil },
		pluginv1.OrderFact_ORDER_FACT_CUSTOMER: func(o *commercev1.Order) {
			o.ShipTo.Name = proto.String("Kim")
		},
		pluginv1.OrderFact_ORDER_FACT_LINE_ITEMS: func(o *commercev1.Order) { o.LineItems[0].Quantity = "3" },
		pluginv1.OrderFact_ORDER_FACT_DESTINATION_ADDRESS: func(o *commercev1.Order) {
			o.ShipTo.City = proto.String("Dallas")
		},
	}
	for fact, change := range changes {
		t.Run(fact.String(), func(t *testing.T) {
			t.Parallel()
			edited := order()
			change(edited)
			if got := facts.OfOrder(edited).Changed(facts.OfOrder(order())); got != set(fact) {
				t.Errorf("changed facts: got %b, want %b", got, set(fact))
			}
		})
	}
}

func TestShipmentFactsEqualOrderFacts(t *testing.T) {
	t.Parallel()
	shipment := &commercev1.Shipment{
		OrderSource: proto.String("amazon"),
		Destination: &commercev1.Address{CountryCode: proto.String("US")},
	}
	same := &commercev1.Order{
		OrderSource: proto.String("amazon"),
		ShipTo:      &commercev1.Address{CountryCode: proto.String("US")},
	}
	if changed := facts.OfOrder(same).Over(facts.OfShipment(shipment)).Changed(facts.OfShipment(shipment)); changed != 0 {
		t.Errorf("an order that says what the shipment said changes nothing, got %b", changed)
	}
}

// TestFactsOfBody: an order tells the same facts from where it is kept.
func TestFactsOfBody(t *testing.T) {
	t.Parallel()
	body, err := proto.Marshal(order())
	if err != nil {
		t.Fatal(err)
	}
	got, err := facts.OfBody(body)
	if want := facts.OfOrder(order()); err != nil || got != want || got == (store.FactDigests{}) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if _, err := facts.OfBody([]byte{0xff}); err == nil {
		t.Error("what is no order has facts")
	}
}
