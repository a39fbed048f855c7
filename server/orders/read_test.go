package orders_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/apitest"
)

func TestGetOrderShowsWhatWasSubmitted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := &commercev1.Order{OrderId: "A/1 #ü", OrderNumber: proto.String("1001")}
	second := &commercev1.Order{
		OrderId: "A/1 #ü", OrderNumber: proto.String("1002"), ExtraFields: map[string]string{"asin": "B0"},
	}
	w.order(first)
	w.order(second)
	w.parcel("A/1 #ü", &commercev1.Parcel{TrackingNumber: "1Z 1", Carrier: proto.String("UPS")})
	w.parcel("other", &commercev1.Parcel{TrackingNumber: "1Z 2"})
	response, err := w.client.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: "merchants/acme", OrderId: "A/1 #ü"})
	if err != nil {
		t.Fatal(err)
	}
	got := response.GetOrder()
	if !proto.Equal(got.GetOrder(), second) || got.GetRevision() != 2 || got.GetMerchant() != "merchants/acme" {
		t.Errorf("order = %v, want revision 2: %v", got, second)
	}
	parcels := response.GetParcels()
	if len(parcels) != 1 || parcels[0].GetParcel().GetCarrier() != "UPS" || parcels[0].GetRevision() != 1 {
		t.Errorf("parcels = %v, want the one of the order", parcels)
	}

	revisions, err := w.client.ListOrderRevisions(t.Context(), &apiv1.ListOrderRevisionsRequest{
		Parent: "merchants/acme", OrderId: "A/1 #ü", PageSize: 1,
	})
	if err != nil || len(revisions.GetRevisions()) != 1 || !proto.Equal(revisions.GetRevisions()[0].GetOrder(), second) {
		t.Fatalf("first page of revisions = %v, %v", revisions, err)
	}
	revisions, err = w.client.ListOrderRevisions(t.Context(), &apiv1.ListOrderRevisionsRequest{
		Parent: "merchants/acme", OrderId: "A/1 #ü", PageSize: 1, PageToken: revisions.GetNextPageToken(),
	})
	if err != nil || len(revisions.GetRevisions()) != 1 || !proto.Equal(revisions.GetRevisions()[0].GetOrder(), first) ||
		revisions.GetNextPageToken() != "" {
		t.Errorf("second page of revisions = %v, %v", revisions, err)
	}
}

func TestOrderThatWasNotSubmitted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z"})
	_, err := w.client.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: "merchants/acme", OrderId: "A-1"})
	apitest.WantError(t, err, codes.NotFound, "ORDER_NOT_FOUND", "Explain")
	_, err = w.client.ListOrderRevisions(t.Context(), &apiv1.ListOrderRevisionsRequest{
		Parent: "merchants/acme", OrderId: "A-1",
	})
	apitest.WantError(t, err, codes.NotFound, "ORDER_NOT_FOUND")
	_, err = w.client.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: "merchants/nobody", OrderId: "A-1"})
	apitest.WantError(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
}

func (w *world) list(request *apiv1.ListOrdersRequest) (ids string, pages int) {
	w.t.Helper()
	var all []string
	for {
		response, err := w.client.ListOrders(w.t.Context(), request)
		if err != nil {
			w.t.Fatal(err)
		}
		pages++
		for _, order := range response.GetOrders() {
			all = append(all, order.GetOrder().GetOrderId())
		}
		if request.PageToken = response.GetNextPageToken(); request.GetPageToken() == "" {
			return strings.Join(all, " "), pages
		}
	}
}

func TestListOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 7 {
		source := []string{"amazon", "shopify"}[i%2]
		w.order(&commercev1.Order{OrderId: fmt.Sprint(i), OrderSource: &source})
	}
	since := w.now
	w.order(&commercev1.Order{OrderId: "0", OrderSource: proto.String("ebay")})
	for name, tc := range map[string]struct {
		request *apiv1.ListOrdersRequest
		want    string
	}{
		"all":    {&apiv1.ListOrdersRequest{PageSize: 3}, "0 6 5 4 3 2 1"},
		"source": {&apiv1.ListOrdersRequest{PageSize: 1, OrderSource: "shopify"}, "5 3 1"},
		"since":  {&apiv1.ListOrdersRequest{UpdatedSince: timestamppb.New(since)}, "0 6"},
	} {
		tc.request.Parent = "merchants/acme"
		if got, _ := w.list(tc.request); got != tc.want {
			t.Errorf("%s: orders = %s, want %s", name, got, tc.want)
		}
	}
	_, err := w.client.ListOrders(t.Context(), &apiv1.ListOrdersRequest{
		Parent: "merchants/acme", UpdatedSince: &timestamppb.Timestamp{Seconds: 1 << 60},
	})
	apitest.WantInvalid(t, err, "updated_since", "years 1 and 9999")
}

// Clients take 4 MiB if they are not told otherwise.
func TestPageOfLargeOrdersEndsEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	note := strings.Repeat("x", 900<<10)
	for i := range 5 {
		w.order(&commercev1.Order{OrderId: fmt.Sprint(i), ExtraFields: map[string]string{"note": note}})
	}
	if got, pages := w.list(&apiv1.ListOrdersRequest{Parent: "merchants/acme"}); got != "4 3 2 1 0" || pages != 2 {
		t.Errorf("orders = %s on %d pages, want all five on two", got, pages)
	}
}

func TestOrdersOfOneInstant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 4 {
		apitest.SubmitOrder(t, w.store, w.merchant, &commercev1.Order{OrderId: fmt.Sprint(i)}, w.now)
	}
	w.order(&commercev1.Order{OrderId: "last"})
	got, pages := w.list(&apiv1.ListOrdersRequest{Parent: "merchants/acme", PageSize: 2})
	if got != "last 3 2 1 0" || pages != 3 {
		t.Errorf("orders = %s on %d pages, want each once", got, pages)
	}
}
