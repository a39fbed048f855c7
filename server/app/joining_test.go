package app_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

const numberOne, numberTwo = "1Z999AA10123456784", "1Z999AA10123456793"

// TestPlanningAndJoining has the defined result of each way in which orders and
// tracking can meet.
func TestPlanningAndJoining(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*apiv1.Connection)
		submit func(s *server, merchant string)
		want   map[string]map[string]any
		// requests to AfterShip that write.
		writes int
	}{
		{
			name: "several shipments of one order",
			submit: func(s *server, merchant string) {
				s.submitOrder(merchant, order("A-1", "amazon", "DE"))
				s.submitTracking(merchant, "A-1", parcel(numberOne))
				s.submitTracking(merchant, "A-1", parcel(numberTwo))
			},
			want: map[string]map[string]any{
				numberOne: {"order_id": "A-1", "destination_country_region": "DEU"},
				numberTwo: {"order_id": "A-1", "destination_country_region": "DEU"},
			},
			writes: 2,
		},
		{
			name: "the same number twice in a shipment, spelt differently",
			submit: func(s *server, merchant string) {
				answer := s.submitTracking(merchant, "A-1", parcel(numberOne), parcel("1z 999 aa1 0123456784"))
				if len(answer.GetParcels()) != 1 {
					s.t.Errorf("answer for one number: %v", answer)
				}
			},
			want:   map[string]map[string]any{numberOne: {"order_id": "A-1"}},
			writes: 1,
		},
		{
			name: "a number that moves to another order",
			submit: func(s *server, merchant string) {
				s.submitOrder(merchant, order("A-1", "amazon", "DE"))
				s.submitOrder(merchant, order("A-2", "ebay", "FR"))
				s.submitTracking(merchant, "A-1", parcel(numberOne))
				s.awaitDelivered(merchant, numberOne)
				s.submitTracking(merchant, "A-2", parcel(numberOne))
			},
			want: map[string]map[string]any{numberOne: {
				"order_id": "A-2", "destination_country_region": "FRA", "custom_fields.order_source": "ebay",
			}},
			writes: 2,
		},
		{
			name: "tracking before its order",
			submit: func(s *server, merchant string) {
				s.submitTracking(merchant, "A-1", parcel(numberOne))
				s.awaitDelivered(merchant, numberOne)
				s.submitOrder(merchant, order("A-1", "amazon", "DE"))
			},
			want: map[string]map[string]any{numberOne: {
				"destination_country_region": "DEU", "custom_fields.order_source": "amazon",
			}},
			writes: 2,
		},
		{
			name:   "tracking that waits for its order",
			change: func(c *apiv1.Connection) { c.WaitForOrder = durationpb.New(3600e9) },
			submit: func(s *server, merchant string) {
				s.submitTracking(merchant, "A-1", parcel(numberOne))
				s.submitOrder(merchant, order("A-1", "amazon", "DE"))
			},
			want: map[string]map[string]any{numberOne: {
				"destination_country_region": "DEU", "custom_fields.order_source": "amazon",
			}},
			writes: 1,
		},
		{
			name: "a shipment that says itself what no order says",
			submit: func(s *server, merchant string) {
				_, err := s.intake.SubmitTracking(s.t.Context(), &apiv1.SubmitTrackingRequest{
					Parent: merchant,
					Shipment: &commercev1.Shipment{
						OrderId: "A-1", Parcels: []*commercev1.Parcel{parcel(numberOne)}, OrderSource: proto.String("etsy"),
						Destination: &commercev1.Address{CountryCode: proto.String("NLD")},
					},
				})
				if err != nil {
					s.t.Fatal(err)
				}
			},
			want: map[string]map[string]any{numberOne: {
				"destination_country_region": "NLD", "custom_fields.order_source": "etsy",
			}},
			writes: 1,
		},
		{
			name: "an order edited before its tracking goes out",
			submit: func(s *server, merchant string) {
				s.submitOrder(merchant, order("A-1", "amazon", "DE"))
				s.submitOrder(merchant, order("A-1", "ebay", "FR"))
				s.submitTracking(merchant, "A-1", parcel(numberOne))
			},
			want: map[string]map[string]any{numberOne: {
				"destination_country_region": "FRA", "custom_fields.order_source": "ebay",
			}},
			writes: 1,
		},
		{
			name: "an order edited after its tracking went out, in a fact that is sent",
			submit: func(s *server, merchant string) {
				s.submitOrder(merchant, order("A-1", "amazon", "DE"))
				s.submitTracking(merchant, "A-1", parcel(numberOne))
				s.awaitDelivered(merchant, numberOne)
				s.submitOrder(merchant, order("A-1", "amazon", "FR"))
			},
			want:   map[string]map[string]any{numberOne: {"destination_country_region": "FRA"}},
			writes: 2,
		},
		{
			name: "an order edited after its tracking went out, in another fact",
			submit: func(s *server, merchant string) {
				s.submitOrder(merchant, order("A-1", "amazon", "DE"))
				s.submitTracking(merchant, "A-1", parcel(numberOne))
				s.awaitDelivered(merchant, numberOne)
				edited := order("A-1", "amazon", "DE")
				edited.ShippingMethod = proto.String("Express")
				if answer := s.submitOrder(merchant, edited); len(answer.GetDeliveries()) != 0 {
					s.t.Errorf("the edit made deliveries: %v", answer)
				}
			},
			want:   map[string]map[string]any{numberOne: {"destination_country_region": "DEU"}},
			writes: 1,
		},
		{
			name: "a late duplicate of old content",
			submit: func(s *server, merchant string) {
				versions := []int64{2, 1}
				for i, date := range []string{"2026-11-21", "2026-11-20"} {
					p := parcel(numberOne)
					p.ShipDate = proto.String(date)
					answer, err := s.intake.SubmitTracking(s.t.Context(), &apiv1.SubmitTrackingRequest{
						Parent: merchant, SourceVersion: &versions[i],
						Shipment: &commercev1.Shipment{OrderId: "A-1", Parcels: []*commercev1.Parcel{p}},
					})
					if err != nil {
						s.t.Fatal(err)
					}
					if i == 1 && answer.GetParcels()[0].GetResult() != apiv1.SubmitResult_SUBMIT_RESULT_STALE {
						s.t.Errorf("answer to old content: %v", answer)
					}
				}
			},
			want:   map[string]map[string]any{numberOne: {"tracking_ship_date": "2026-11-21"}},
			writes: 1,
		},
		{
			name: "a parcel voided before it was sent",
			submit: func(s *server, merchant string) {
				p := parcel(numberOne)
				p.Status = commercev1.ParcelStatus_PARCEL_STATUS_VOIDED
				s.submitTracking(merchant, "A-1", p)
				s.awaitState(merchant, numberOne, apiv1.DeliveryState_DELIVERY_STATE_SKIPPED)
			},
			want: map[string]map[string]any{},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New()
			s := start(t)
			acme := s.merchant("acme")
			if test.change == nil {
				test.change = func(*apiv1.Connection) {}
			}
			s.connect(acme, stand.Start(t), test.change)
			test.submit(s, acme)
			for number := range test.want {
				s.awaitDelivered(acme, number)
			}
			wantRemote(t, stand, test.want)
			writes := 0
			for _, exchange := range stand.Journal() {
				if exchange.Method != "GET" {
					writes++
				}
			}
			if writes != test.writes {
				t.Errorf("%d writing requests to AfterShip, want %d", writes, test.writes)
			}
		})
	}
}

// TestContradictingParcels: the same number twice with facts that contradict each
// other is refused, and nothing is changed.
func TestContradictingParcels(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme := s.merchant("acme")
	other := parcel(numberOne)
	other.ShipDate = proto.String("2026-11-21")
	_, err := s.intake.SubmitTracking(t.Context(), &apiv1.SubmitTrackingRequest{
		Parent:   acme,
		Shipment: &commercev1.Shipment{OrderId: "A-1", Parcels: []*commercev1.Parcel{parcel(numberOne), other}},
	})
	wantViolation(t, err, "shipment.parcels[1].ship_date")
	_, err = s.orders.Explain(t.Context(), &apiv1.ExplainRequest{
		Parent: acme, Subject: &apiv1.ExplainRequest_TrackingNumber{TrackingNumber: numberOne},
	})
	wantReason(t, err, "NOTHING_FOUND")
}

// TestConnectionMadeInTheSameInstant: every record accepted after CreateConnection
// has answered reaches it, however close (DESIGN: the configuration version is
// checked inside the accept commit).
func TestConnectionMadeInTheSameInstant(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New(aftershiptest.WithoutRateLimits())
	base := stand.Start(t)
	s := start(t)
	acme := s.merchant("acme")
	const count = 60
	connected := make(chan struct{})
	go func() {
		defer close(connected)
		s.connect(acme, base)
	}()
	after := map[string]bool{}
	for i := range count {
		number := fmt.Sprintf("1Z999AA1%010d", i)
		select {
		case <-connected:
			after[number] = true
		default:
		}
		answer := s.submitTracking(acme, "A-1", parcel(number))
		if made := len(answer.GetParcels()[0].GetDeliveries()); after[number] && made != 1 {
			t.Errorf("%s was submitted after the connection was made and got %d deliveries", number, made)
		}
	}
	<-connected
	number := "1Z999AA1" + "0000009999"
	s.submitTracking(acme, "A-1", parcel(number))
	s.awaitDelivered(acme, number)
	for number := range after {
		s.awaitDelivered(acme, number)
	}
}
