package app_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// laptopsAndMice is an order of so many laptops and a mouse, to which shipping and a
// discount come.
func laptopsAndMice(id, laptops, total string) *commercev1.Order {
	usd := func(amount string) *commercev1.Money { return &commercev1.Money{CurrencyCode: "USD", Amount: amount} }
	o := order(id, "amazon", "US")
	o.LineItems = []*commercev1.LineItem{
		{LineId: new("1"), Sku: new("LP-15"), Quantity: laptops, UnitPrice: usd("122.00")},
		{LineId: new("2"), Sku: new("MS-02"), Quantity: "1", UnitPrice: usd("9.99")},
	}
	o.Totals = &commercev1.OrderTotals{Shipping: usd("4.90"), Discount: usd("10.00"), GrandTotal: usd(total)}
	o.Customer = &commercev1.Customer{Name: new("Erika Mustermann"), Email: new("erika@shop.example")}
	return o
}

// holding returns a parcel with contents, given as SKU and quantity.
func holding(number string, contents ...string) *commercev1.Parcel {
	p := parcel(number)
	for i := 0; i < len(contents); i += 2 {
		p.Contents = append(p.Contents, &commercev1.ParcelItem{Sku: new(contents[i]), Quantity: contents[i+1]})
	}
	return p
}

// TestZohoAndAfterShip: an order and its two parcels reach both systems of a merchant;
// an edit and a cancellation follow, and both systems are in the story.
func TestZohoAndAfterShip(t *testing.T) {
	t.Parallel()
	tracked := aftershiptest.New()
	s, booked, acme := startZoho(t, zohotest.Item{SKU: "LP-15", Rate: "130"}, zohotest.Item{SKU: "MS-02", Rate: "9"})
	s.connect(acme, tracked.Start(t))

	s.submitOrder(acme, laptopsAndMice("A/1 №7", "3", "370.89"))
	s.submitTracking(acme, "A/1 №7", holding(numberOne, "LP-15", "2"), holding(numberTwo, "LP-15", "1", "MS-02", "1"))
	for _, number := range []string{numberOne, numberTwo} {
		s.awaitOn(acme, "zoho", "A/1 №7", number, apiv1.DeliveryState_DELIVERY_STATE_DELIVERED)
		s.awaitOn(acme, "aftership", "A/1 №7", number, apiv1.DeliveryState_DELIVERY_STATE_DELIVERED)
	}
	wantSalesOrder(t, booked, "A/1 №7", "shipped", "370.89", map[string]string{"LP-15": "3", "MS-02": "1"})
	wantPackage(t, booked, numberOne, map[string]string{"LP-15": "2"})
	wantPackage(t, booked, numberTwo, map[string]string{"LP-15": "1", "MS-02": "1"})
	facts := map[string]any{
		"order_id": "A/1 №7", "tracking_ship_date": "2026-11-20", "destination_country_region": "USA",
		"custom_fields.order_source": "amazon", "custom_fields.uploaded_by": "CartRover",
	}
	wantRemote(t, tracked, map[string]map[string]any{numberOne: facts, numberTwo: facts})

	s.submitOrder(acme, laptopsAndMice("A/1 №7", "5", "614.89"))
	s.await("the edit", func() error {
		if there, _ := booked.Order("A/1 №7"); there.Total != "614.89" {
			return errors.New("the total is " + string(there.Total))
		}
		return nil
	})
	wantSalesOrder(t, booked, "A/1 №7", "partially_shipped", "614.89", map[string]string{"LP-15": "5", "MS-02": "1"})

	cancelled := laptopsAndMice("A-2", "1", "126.89")
	s.submitOrder(acme, proto.Clone(cancelled).(*commercev1.Order))
	s.awaitOn(acme, "zoho", "A-2", "", apiv1.DeliveryState_DELIVERY_STATE_DELIVERED)
	wantSalesOrder(t, booked, "A-2", "confirmed", "126.89", map[string]string{"LP-15": "1", "MS-02": "1"})
	cancelled.Status = commercev1.OrderStatus_ORDER_STATUS_CANCELLED
	s.submitOrder(acme, cancelled)
	s.await("the cancellation", func() error {
		if there, _ := booked.Order("A-2"); !there.Void {
			return errors.New("is " + there.Status)
		}
		return nil
	})
	if contacts := booked.Contacts(); len(contacts) != 1 || len(booked.Shipments()) != 2 {
		t.Errorf("%d customers and %d shipments, want 1 and 2", len(contacts), len(booked.Shipments()))
	}
	wantStory(s, booked, tracked, &apiv1.ExplainRequest{
		Parent: "merchants/-", Subject: &apiv1.ExplainRequest_TrackingNumber{TrackingNumber: numberOne},
	})
	wantStory(s, booked, tracked, &apiv1.ExplainRequest{
		Parent: acme, Subject: &apiv1.ExplainRequest_OrderId{OrderId: "A/1 №7"},
	})
}

// wantStory fails unless the story of numberOne has both connections with the ids at
// the stand-ins (promise P10).
func wantStory(s *server, booked zohotest.Org, tracked *aftershiptest.Server, request *apiv1.ExplainRequest) {
	s.t.Helper()
	answer, err := s.orders.Explain(s.t.Context(), request)
	if err != nil {
		s.t.Fatal(err)
	}
	want := map[string]string{}
	there, _ := booked.Order("A/1 №7")
	want["/connections/zoho "] = there.ID
	for _, shipment := range booked.Shipments() {
		want["/connections/zoho "+shipment.TrackingNumber] = shipment.ID
	}
	for _, tracking := range tracked.Trackings() {
		want["/connections/aftership "+tracking.Number] = tracking.ID
	}
	told := 0
	for _, record := range answer.GetStories()[0].GetRecords() {
		for _, at := range record.GetConnections() {
			id, known := want[at.GetConnection()[len("merchants/acme"):]+" "+record.GetTrackingNumber()]
			if !known || at.GetDelivery().GetRemoteId() != id || at.GetSummary() == "" {
				s.t.Errorf("the story tells %v, want remote id %s", at, id)
			}
			told++
		}
	}
	if _, whole := request.GetSubject().(*apiv1.ExplainRequest_OrderId); whole && told != len(want) || told < 2 {
		s.t.Errorf("the story tells of %d deliveries of %d: %v", told, len(want), answer)
	}
}

// TestZohoTrackingBeforeOrder: tracking that comes before its order is tried until the
// order is there, and no package before (promise P4).
func TestZohoTrackingBeforeOrder(t *testing.T) {
	t.Parallel()
	s, booked, acme := startZoho(t, zohotest.Item{SKU: "LP-15"}, zohotest.Item{SKU: "MS-02"})
	s.submitTracking(acme, "A-1", holding(numberOne, "MS-02", "1"))
	s.await("a first try", func() error {
		d, err := s.delivery(acme, numberOne)
		if err == nil && d.GetLastAttempt().GetReason() != "ORDER_NOT_FOUND" {
			err = fmt.Errorf("is %v", d)
		}
		return err
	})
	s.submitOrder(acme, laptopsAndMice("A-1", "1", "126.89"))
	s.awaitDelivered(acme, numberOne)
	wantSalesOrder(t, booked, "A-1", "partially_shipped", "126.89", map[string]string{"LP-15": "1", "MS-02": "1"})
	wantPackage(t, booked, numberOne, map[string]string{"MS-02": "1"})
}

// TestZohoLacksOrders: parcels of orders that Zoho does not have wait each on its own, and
// what the merchant ships otherwise goes on (promises P5 and P6). On the first day of a
// connection there are many of them.
func TestZohoLacksOrders(t *testing.T) {
	t.Parallel()
	s, booked, acme := startZoho(t, zohotest.Item{SKU: "LP-15"}, zohotest.Item{SKU: "MS-02"})
	numbers := make([]string, 6)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("1Z999AA101%08d", i)
		s.submitTracking(acme, fmt.Sprintf("OLD-%d", i), holding(numbers[i], "MS-02", "1"))
	}
	for _, number := range numbers {
		s.await("a try of "+number, func() error {
			d, err := s.delivery(acme, number)
			if err == nil && d.GetLastAttempt().GetReason() != "ORDER_NOT_FOUND" {
				err = fmt.Errorf("is %v", d)
			}
			return err
		})
	}
	for _, number := range numbers {
		story, err := s.orders.Explain(t.Context(), &apiv1.ExplainRequest{
			Parent: acme, Subject: &apiv1.ExplainRequest_TrackingNumber{TrackingNumber: number},
		})
		if err != nil {
			t.Fatal(err)
		}
		if told := story.String(); !strings.Contains(told, "ORDER_NOT_FOUND") || strings.Contains(told, "out of order") {
			t.Errorf("Zoho answers, and is told to be out of order, or not what it lacks: %s", told)
		}
	}
	s.submitOrder(acme, laptopsAndMice("A-1", "1", "126.89"))
	s.submitTracking(acme, "A-1", holding(numberOne, "MS-02", "1"))
	s.awaitDelivered(acme, numberOne)
	wantPackage(t, booked, numberOne, map[string]string{"MS-02": "1"})
}
