package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// TestMainJob: every tracking number of an order reaches AfterShip, each on its
// own, with the six fields.
func TestMainJob(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	s := start(t)
	acme := s.merchant("acme")
	s.connect(acme, stand.Start(t))

	numbers := []string{"1Z999AA10123456784", "1Z999AA10123456793", "9400110200881234567890"}
	submitted := order(" A/1 №7 ", "amazon", "us")
	if answer := s.submitOrder(acme, submitted); answer.GetResult() != apiv1.SubmitResult_SUBMIT_RESULT_CREATED ||
		answer.GetRevision() != 1 {
		t.Errorf("answer to the order: %v", answer)
	}
	var parcels []*commercev1.Parcel
	for _, number := range numbers {
		parcels = append(parcels, parcel(number))
	}
	answer := s.submitTracking(acme, submitted.GetOrderId(), parcels...)
	for i, result := range answer.GetParcels() {
		if result.GetTrackingNumber() != numbers[i] || len(result.GetDeliveries()) != 1 {
			t.Errorf("answer for parcel %d: %v", i, result)
		}
	}
	s.awaitDelivered(acme, numbers...)

	want := map[string]map[string]any{}
	for _, number := range numbers {
		want[number] = map[string]any{
			"order_id": " A/1 №7 ", "tracking_ship_date": "2026-11-20", "destination_country_region": "USA",
			"custom_fields.order_source": "amazon", "custom_fields.uploaded_by": "CartRover",
		}
	}
	wantRemote(t, stand, want)
	if posts := stand.Journal(aftershiptest.ByMethod("POST")); len(posts) != len(numbers) {
		t.Errorf("%d requests for %d numbers", len(posts), len(numbers))
	}
	delivery := s.awaitState(acme, numbers[0], apiv1.DeliveryState_DELIVERY_STATE_DELIVERED)
	if delivery.GetRemoteId() == "" || delivery.GetSends() != 1 || delivery.GetLastAttempt().GetHttpStatus() != 201 {
		t.Errorf("delivery: %v", delivery)
	}
}

// TestEqualContentChangesNothing and tells so.
func TestEqualContentChangesNothing(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	s := start(t)
	acme := s.merchant("acme")
	s.connect(acme, stand.Start(t))
	s.submitOrder(acme, order("A-1", "amazon", "US"))
	s.submitTracking(acme, "A-1", parcel("1Z999AA10123456784"))
	s.awaitDelivered(acme, "1Z999AA10123456784")
	again := s.submitTracking(acme, "A-1", parcel("1Z999AA10123456784")).GetParcels()[0]
	if again.GetResult() != apiv1.SubmitResult_SUBMIT_RESULT_UNCHANGED || len(again.GetDeliveries()) != 0 {
		t.Errorf("repeat: %v", again)
	}
	empties := order("A-1", "amazon", "US")
	empties.OrderNumber = proto.String("") // An empty text counts as absent.
	if answer := s.submitOrder(acme, empties); answer.GetResult() != apiv1.SubmitResult_SUBMIT_RESULT_UNCHANGED {
		t.Errorf("repeat with an empty text: %v", answer)
	}
}

// TestRequestID: a repeat gets the stored answer, other content is refused.
func TestRequestID(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme := s.merchant("acme")
	request := &apiv1.SubmitOrderRequest{
		Parent: acme, Order: order("A-1", "amazon", "US"), RequestId: proto.String("r-1"),
	}
	for range 2 {
		answer, err := s.intake.SubmitOrder(t.Context(), proto.Clone(request).(*apiv1.SubmitOrderRequest))
		if err != nil || answer.GetResult() != apiv1.SubmitResult_SUBMIT_RESULT_CREATED {
			t.Errorf("answer %v, %v; want the stored answer CREATED each time", answer, err)
		}
	}
	request.Order.OrderSource = proto.String("ebay")
	_, err := s.intake.SubmitOrder(t.Context(), request)
	wantReason(t, err, "REQUEST_ID_REUSED")
}

// TestLargeOrder: an order of 1,000 lines and 1 MiB passes, with the extra fields
// of its lines, whose names are recorded.
func TestLargeOrder(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme := s.merchant("acme")
	large := order("A-1", "amazon", "US")
	for i := range 1000 {
		large.LineItems = append(large.LineItems, &commercev1.LineItem{
			LineId: proto.String(fmt.Sprint(i)), Quantity: "1",
			ExtraFields: map[string]string{"asin": fmt.Sprintf("B%09d", i), "notes": strings.Repeat("x", 1024)},
		})
	}
	if size := proto.Size(large); size < 1<<20 {
		t.Fatalf("the order has only %d bytes", size)
	}
	s.submitOrder(acme, proto.Clone(large).(*commercev1.Order))
	answer, err := s.orders.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: acme, OrderId: "A-1"})
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(answer.GetOrder().GetOrder(), large) {
		t.Error("the stored order is not the submitted one")
	}
	fields, err := s.orders.ListExtraFields(t.Context(), &apiv1.ListExtraFieldsRequest{Parent: acme})
	if err != nil || len(fields.GetExtraFields()) != 2 || fields.GetExtraFields()[0].GetName() != "asin" {
		t.Errorf("names of extra fields: %v, %v", fields, err)
	}
}

// TestSecretsStaySealed: the API key is in no file of the data folder, no log
// line and no answer (promise P8).
func TestSecretsStaySealed(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	stand.Script(aftershiptest.Status(503).Times(1))
	s := start(t)
	acme := s.merchant("acme")
	connection := s.connect(acme, stand.Start(t))
	s.submitTracking(acme, "A-1", parcel("1Z999AA10123456784"))
	s.awaitDelivered(acme, "1Z999AA10123456784")
	wantNowhere(t, "the answer of CreateConnection", connection.String(), aftershiptest.ValidKey)
	story, err := s.orders.Explain(t.Context(), &apiv1.ExplainRequest{
		Parent: "merchants/-", Subject: &apiv1.ExplainRequest_OrderId{OrderId: "A-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNowhere(t, "Explain", story.String(), aftershiptest.ValidKey)
	delivery := s.awaitState(acme, "1Z999AA10123456784", apiv1.DeliveryState_DELIVERY_STATE_DELIVERED)
	preview, err := s.deliveries.PreviewDelivery(t.Context(), &apiv1.PreviewDeliveryRequest{Name: delivery.GetName()})
	if err != nil || len(preview.GetRequests()) == 0 {
		t.Errorf("preview: %v, %v", preview, err)
	}
	wantNowhere(t, "PreviewDelivery", preview.String(), aftershiptest.ValidKey)
	s.stop()
	wantNowhere(t, "the log", s.log.String(), aftershiptest.ValidKey)
	err = filepath.WalkDir(s.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		wantNowhere(t, path, string(content), aftershiptest.ValidKey)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestWhatNobodyWantsIsKept: an order without any connection stands for its own
// sake, and so does its tracking (promise P9).
func TestWhatNobodyWantsIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startIn(t, dir)
	acme := s.merchant("acme")
	s.submitOrder(acme, order("A-1", "amazon", "US"))
	if made := s.submitTracking(acme, "A-1", parcel(numberOne)).GetParcels()[0].GetDeliveries(); len(made) != 0 {
		t.Errorf("deliveries without a connection: %v", made)
	}
	s.stop()

	s = startIn(t, dir)
	stored, err := s.orders.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: acme, OrderId: "A-1"})
	if err != nil {
		t.Fatal(err)
	}
	if stored.GetOrder().GetOrder().GetOrderSource() != "amazon" ||
		len(stored.GetParcels()) != 1 || stored.GetParcels()[0].GetParcel().GetTrackingNumber() != numberOne {
		t.Errorf("after a restart: %v", stored)
	}
}

// TestExplainTellsWhatToDo: a refused key is told by a tracking number alone, and
// a new key lets everything go (promises P6 and P10).
func TestExplainTellsWhatToDo(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	base := stand.Start(t)
	s := start(t)
	acme := s.merchant("acme")
	connection := s.connect(acme, base, func(c *apiv1.Connection) { c.Secrets["api_key"] = "revoked" })
	s.submitTracking(acme, "A-1", parcel(numberOne), parcel(numberTwo))
	story := func() string {
		answer, err := s.orders.Explain(t.Context(), &apiv1.ExplainRequest{
			Parent: "merchants/-", Subject: &apiv1.ExplainRequest_TrackingNumber{TrackingNumber: "1z 999aa10123456784"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return answer.GetStories()[0].GetRecords()[0].GetConnections()[0].GetSummary()
	}
	s.await("the lane to pause", func() error {
		if text := story(); !strings.Contains(text, "paused") || !strings.Contains(text, "UpdateConnection") {
			return fmt.Errorf("the story is %q", text)
		}
		return nil
	})
	if posts := stand.Journal(aftershiptest.ByMethod("POST")); len(posts) > 2 {
		t.Errorf("a paused lane made %d requests", len(posts))
	}
	_, err := s.connections.UpdateConnection(t.Context(), &apiv1.UpdateConnectionRequest{
		Connection: &apiv1.Connection{
			Name: connection.GetName(), Secrets: map[string]string{"api_key": aftershiptest.ValidKey},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.awaitDelivered(acme, numberOne, numberTwo)
	if text := story(); !strings.Contains(text, "Delivered") {
		t.Errorf("the story is %q", text)
	}
}

// TestRejectedWaitsForTheEdit: a parcel that AfterShip cannot take fails with a
// hint, and the corrected parcel arrives (promise P6).
func TestRejectedWaitsForTheEdit(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	stand.Script(aftershiptest.Failure(400, 4012, "Cannot detect the courier.").On("POST", "/trackings").Times(1))
	s := start(t)
	acme := s.merchant("acme")
	s.connect(acme, stand.Start(t))
	s.submitTracking(acme, "A-1", parcel(numberOne))
	failed := s.awaitState(acme, numberOne, apiv1.DeliveryState_DELIVERY_STATE_FAILED)
	if failed.GetReason() == "" || failed.GetHint() == "" {
		t.Errorf("a failed delivery without a reason or a hint: %v", failed)
	}
	corrected := parcel(numberOne)
	corrected.Service = proto.String("Ground")
	s.submitTracking(acme, "A-1", corrected)
	s.awaitDelivered(acme, numberOne)
}
