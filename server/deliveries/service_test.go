package deliveries_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/deliveries"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

const theSecret = "0123456789-the-api-key"

// composer composes what only says which delivery it is of.
type composer struct{}

func (composer) Tracking(loaded store.LoadedDelivery, _ store.Connection) (*pluginv1.TrackingDelivery, error) {
	return &pluginv1.TrackingDelivery{
		Header: &pluginv1.DeliveryHeader{DeliveryId: loaded.Delivery.ID.String()},
	}, nil
}

func (composer) Order(loaded store.LoadedDelivery, _ store.Connection) (*pluginv1.OrderDelivery, error) {
	return &pluginv1.OrderDelivery{
		Header: &pluginv1.DeliveryHeader{DeliveryId: loaded.Delivery.ID.String()},
	}, nil
}

// vault has one secret for every connection.
type vault struct{}

func (vault) PluginConnection(store.Connection, *pluginv1.Description) (*pluginv1.Connection, error) {
	return &pluginv1.Connection{Secrets: map[string]string{"api_key": theSecret}}, nil
}

// world is a DeliveryService with a merchant "acme" that has the connections
// "tracking" and "orders".
type world struct {
	t        *testing.T
	store    *sqlite.Store
	plugins  *apitest.Plugins
	client   apiv1.DeliveryServiceClient
	merchant store.Merchant
	tracking store.Connection
	now      time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, store: apitest.Store(t), plugins: apitest.NewPlugins(apitest.Description()),
		now: time.Now().Truncate(time.Second),
	}
	service := deliveries.New(deliveries.Options{
		Store: w.store, Plugins: w.plugins, Composer: composer{}, Vault: vault{},
		Pages: paging.New([]byte("key")), Logger: apitest.Logger(), Now: func() time.Time { return w.now },
	})
	w.client = apiv1.NewDeliveryServiceClient(apitest.Serve(t, func(server grpc.ServiceRegistrar) {
		apiv1.RegisterDeliveryServiceServer(server, service)
	}))
	w.merchant = apitest.Merchant(t, w.store, "acme")
	w.tracking = apitest.Connect(t, w.store, w.merchant, "tracking", func(c *store.Connection) {
		c.Filter = `order.order_source != "ebay"`
	})
	apitest.Connect(t, w.store, w.merchant, "orders", func(c *store.Connection) { c.Takes = store.Takes{Orders: true} })
	return w
}

// parcel submits a tracking record and returns its delivery, made a second after
// what was before.
func (w *world) parcel(orderID, number string) store.DeliveryID {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	receipt := apitest.SubmitParcel(
		w.t, w.store, w.merchant, orderID, &commercev1.Parcel{TrackingNumber: number}, w.now)
	return receipt.Deliveries[0].ID
}

func (w *world) fail(id store.DeliveryID, reason string) {
	w.t.Helper()
	apitest.End(w.t, w.store, id, store.Failed, store.Attempt{
		Number: 1, Start: w.now, Outcome: store.OutcomeRejected, Reason: reason, Hint: "mend it",
	})
}

func (w *world) get(id store.DeliveryID) *apiv1.Delivery {
	w.t.Helper()
	response, err := w.client.GetDelivery(w.t.Context(), &apiv1.GetDeliveryRequest{Name: name(id)})
	if err != nil {
		w.t.Fatal(err)
	}
	return response.GetDelivery()
}

func name(id store.DeliveryID) string { return resource.Delivery("acme", id.String()) }

func TestGetDelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.parcel("A-1", "1Z 1")
	got := w.get(id)
	if got.GetState() != apiv1.DeliveryState_DELIVERY_STATE_PENDING || got.GetNextAttemptTime() == nil ||
		got.GetConnection() != "merchants/acme/connections/tracking" || got.GetOrderId() != "A-1" ||
		got.GetTrackingNumber() != "1Z 1" || got.GetKind() != apiv1.RecordKind_RECORD_KIND_TRACKING {
		t.Errorf("delivery = %v", got)
	}
	w.fail(id, "BAD_NUMBER")
	got = w.get(id)
	if got.GetState() != apiv1.DeliveryState_DELIVERY_STATE_FAILED || got.GetNextAttemptTime() != nil ||
		got.GetReason() != "BAD_NUMBER" || got.GetLastAttempt().GetHint() != "mend it" || got.GetFinishTime() == nil {
		t.Errorf("delivery = %v", got)
	}

	apitest.Merchant(t, w.store, "other")
	for _, unknown := range []string{
		name(id + 1), resource.Delivery("other", id.String()), resource.Delivery("acme", "zzz"),
	} {
		_, err := w.client.GetDelivery(t.Context(), &apiv1.GetDeliveryRequest{Name: unknown})
		apitest.WantError(t, err, codes.NotFound, "DELIVERY_NOT_FOUND", unknown)
	}
	_, err := w.client.GetDelivery(t.Context(), &apiv1.GetDeliveryRequest{Name: resource.Delivery("nobody", id.String())})
	apitest.WantError(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
}

func TestListDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []store.DeliveryID
	for i := range 5 {
		ids = append(ids, w.parcel(fmt.Sprintf("A-%d", i/2), fmt.Sprintf("1Z %d", i)))
	}
	since := w.now
	apitest.SubmitOrder(t, w.store, w.merchant, &commercev1.Order{OrderId: "A-0"}, w.now.Add(time.Second))
	w.fail(ids[1], "BAD_NUMBER")
	for title, tc := range map[string]struct {
		request *apiv1.ListDeliveriesRequest
		want    string
	}{
		"all":             {&apiv1.ListDeliveriesRequest{}, "order 1Z4 1Z3 1Z2 1Z1 1Z0"},
		"connection":      {&apiv1.ListDeliveriesRequest{Connection: "orders"}, "order"},
		"connection name": {&apiv1.ListDeliveriesRequest{Connection: "merchants/acme/connections/orders"}, "order"},
		"order":           {&apiv1.ListDeliveriesRequest{OrderId: "A-0"}, "order 1Z1 1Z0"},
		"number":          {&apiv1.ListDeliveriesRequest{TrackingNumber: " 1z3"}, "1Z3"},
		"state": {
			&apiv1.ListDeliveriesRequest{State: apiv1.DeliveryState_DELIVERY_STATE_FAILED}, "1Z1",
		},
		"reason": {&apiv1.ListDeliveriesRequest{Reason: "BAD_NUMBER"}, "1Z1"},
		"since":  {&apiv1.ListDeliveriesRequest{CreatedSince: timestamppb.New(since)}, "order 1Z4"},
		"all at once": {
			&apiv1.ListDeliveriesRequest{OrderId: "A-0", Connection: "tracking", TrackingNumber: "1Z 0"}, "1Z0",
		},
	} {
		tc.request.Parent, tc.request.PageSize = "merchants/acme", 2
		var got []string
		for {
			response, err := w.client.ListDeliveries(t.Context(), tc.request)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range response.GetDeliveries() {
				number := strings.ReplaceAll(d.GetTrackingNumber(), " ", "")
				if number == "" {
					number = "order"
				}
				got = append(got, number)
			}
			if tc.request.PageToken = response.GetNextPageToken(); tc.request.GetPageToken() == "" {
				break
			}
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: deliveries = %v, want %s", title, got, tc.want)
		}
	}
}

// The deliveries of a deleted connection are found by its id, until another one has that.
func TestDeliveriesOfADeletedConnectionAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.parcel("A-1", "1Z 1")
	if _, err := w.store.DeleteConnection(t.Context(), w.tracking.Key, 0, true, w.now); err != nil {
		t.Fatal(err)
	}
	expect := func(want store.DeliveryID) {
		t.Helper()
		for _, connection := range []string{"tracking", "merchants/acme/connections/tracking"} {
			response, err := w.client.ListDeliveries(t.Context(), &apiv1.ListDeliveriesRequest{
				Parent: "merchants/acme", Connection: connection,
			})
			if got := response.GetDeliveries(); err != nil || len(got) != 1 || got[0].GetName() != name(want) {
				t.Errorf("deliveries of %q = %v, %v; want %s alone", connection, got, err, name(want))
			}
		}
	}
	expect(old)
	apitest.Connect(t, w.store, w.merchant, "tracking")
	expect(w.parcel("A-1", "1Z 2"))
}

func TestBadFiltersAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tc := range []struct {
		request     *apiv1.ListDeliveriesRequest
		field, rule string
	}{
		{&apiv1.ListDeliveriesRequest{State: 99}, "state", "must be one of DELIVERY_STATE_UNSPECIFIED"},
		{&apiv1.ListDeliveriesRequest{TrackingNumber: "  "}, "tracking_number", "more than spaces"},
		{&apiv1.ListDeliveriesRequest{Connection: "merchants/other/connections/x"}, "connection", "of this merchant"},
		{&apiv1.ListDeliveriesRequest{CreatedSince: &timestamppb.Timestamp{Nanos: -1}}, "created_since", "years"},
	} {
		tc.request.Parent = "merchants/acme"
		_, err := w.client.ListDeliveries(t.Context(), tc.request)
		apitest.WantInvalid(t, err, tc.field, tc.rule)
	}
	_, err := w.client.ListDeliveries(t.Context(), &apiv1.ListDeliveriesRequest{
		Parent: "merchants/acme", Connection: "nothing",
	})
	apitest.WantError(t, err, codes.NotFound, "CONNECTION_NOT_FOUND", "ListConnections")
}

func TestListAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.parcel("A-1", "1Z")
	for number := 1; number <= 5; number++ {
		apitest.End(t, w.store, id, store.Pending, store.Attempt{
			Number: number, Start: w.now, Outcome: store.OutcomeRetry, Reason: "HTTP_503", HTTPStatus: 503,
		})
	}
	request := &apiv1.ListAttemptsRequest{Parent: name(id), PageSize: 2}
	var numbers []uint32
	for {
		response, err := w.client.ListAttempts(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, attempt := range response.GetAttempts() {
			numbers = append(numbers, attempt.GetNumber())
		}
		if request.PageToken = response.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	if got := fmt.Sprint(numbers); got != "[5 4 3 2 1]" {
		t.Errorf("attempts = %s, want the last first", got)
	}
}

func TestRetryAndCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	id := w.parcel("A-1", "1Z")
	w.fail(id, "BAD_NUMBER")
	w.now = w.now.Add(time.Minute)
	retried, err := w.client.RetryDelivery(ctx, &apiv1.RetryDeliveryRequest{Name: name(id)})
	if d := retried.GetDelivery(); err != nil || d.GetState() != apiv1.DeliveryState_DELIVERY_STATE_PENDING ||
		!d.GetNextAttemptTime().AsTime().Equal(w.now) || d.GetSpentAttempts() != 0 {
		t.Errorf("retried = %v, %v", retried, err)
	}
	cancelled, err := w.client.CancelDelivery(ctx, &apiv1.CancelDeliveryRequest{Name: name(id)})
	if d := cancelled.GetDelivery(); err != nil || d.GetState() != apiv1.DeliveryState_DELIVERY_STATE_CANCELLED {
		t.Errorf("cancelled = %v, %v", cancelled, err)
	}
	_, err = w.client.CancelDelivery(ctx, &apiv1.CancelDeliveryRequest{Name: name(id)})
	apitest.WantError(t, err, codes.FailedPrecondition, "WRONG_DELIVERY_STATE", "cannot be cancelled")

	other := w.parcel("A-1", "1Z 2")
	apitest.End(t, w.store, other, store.Delivered, store.Attempt{
		Number: 1, Start: w.now, Outcome: store.OutcomeDelivered,
	})
	_, err = w.client.RetryDelivery(ctx, &apiv1.RetryDeliveryRequest{Name: name(other)})
	apitest.WantError(t, err, codes.FailedPrecondition, "WRONG_DELIVERY_STATE", "it was delivered")
	_, err = w.client.CancelDelivery(ctx, &apiv1.CancelDeliveryRequest{Name: name(other)})
	apitest.WantError(t, err, codes.FailedPrecondition, "WRONG_DELIVERY_STATE", "it was delivered")
}

func TestRetryDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 4 {
		w.fail(w.parcel("A-1", fmt.Sprintf("1Z %d", i)), []string{"BAD_NUMBER", "OTHER"}[i%2])
	}
	connection := "merchants/acme/connections/tracking"
	for _, step := range []struct {
		reason string
		want   int64
	}{{"BAD_NUMBER", 2}, {"BAD_NUMBER", 0}, {"", 2}} {
		response, err := w.client.RetryDeliveries(t.Context(), &apiv1.RetryDeliveriesRequest{
			Connection: connection, Reason: step.reason,
		})
		if err != nil || response.GetReopenedDeliveries() != step.want {
			t.Errorf("reason %q: %v, %v; want %d reopened", step.reason, response, err, step.want)
		}
	}
	_, err := w.client.RetryDeliveries(t.Context(), &apiv1.RetryDeliveriesRequest{
		Connection: "merchants/acme/connections/other",
	})
	apitest.WantError(t, err, codes.NotFound, "CONNECTION_NOT_FOUND")
}

// Promise P8: secrets are masked here, whatever the plugin does.
func TestPreviewMasksSecretsAndTellsWhyNothingGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.parcel("A-1", "1Z")
	var asked *pluginv1.PreviewRequest
	w.plugins.PreviewWith = func(request *pluginv1.PreviewRequest) (*pluginv1.PreviewResponse, error) {
		asked = request
		return &pluginv1.PreviewResponse{
			Requests: []*pluginv1.PreviewedRequest{{
				Method: "POST", Url: "https://x.test/?key=" + theSecret, Body: `{"key":"` + theSecret + `"}`,
			}},
			Notes: []string{"key " + theSecret},
		}, nil
	}
	preview := func() *apiv1.PreviewDeliveryResponse {
		response, err := w.client.PreviewDelivery(t.Context(), &apiv1.PreviewDeliveryRequest{Name: name(id)})
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	response := preview()
	if strings.Contains(fmt.Sprint(response), theSecret) || response.GetRequests()[0].GetBody() != `{"key":"***"}` {
		t.Errorf("response = %v, want the secret masked", response)
	}
	if asked.GetTracking().GetHeader().GetDeliveryId() != id.String() || len(response.GetNotes()) != 1 {
		t.Errorf("asked = %v, notes = %v", asked, response.GetNotes())
	}

	apitest.SubmitOrder(t, w.store, w.merchant, &commercev1.Order{OrderId: "A-1", OrderSource: new("ebay")}, w.now)
	w.fail(id, "BAD_NUMBER")
	_, err := w.store.SetConnectionState(t.Context(), store.StateChange{
		Connection: w.tracking.Key, State: store.Paused, Reason: "X", Now: w.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(preview().GetNotes(), "\n")
	for _, want := range []string{"RetryDelivery", "ResumeConnection", "the filter of the connection leaves"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes = %q, want %q in them", notes, want)
		}
	}
}

func TestPreviewThatThePluginCannotGive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.parcel("A-1", "1Z")
	for _, tc := range []struct {
		err    error
		code   codes.Code
		reason string
	}{
		{pluginhost.ErrUnsupported, codes.Unimplemented, "PLUGIN_UNSUPPORTED"},
		{pluginhost.ErrUnavailable, codes.Unavailable, "PLUGIN_UNAVAILABLE"},
		{context.DeadlineExceeded, codes.Unavailable, "PLUGIN_UNAVAILABLE"},
	} {
		w.plugins.PreviewWith = func(*pluginv1.PreviewRequest) (*pluginv1.PreviewResponse, error) {
			return nil, fmt.Errorf("call: %w", tc.err)
		}
		_, err := w.client.PreviewDelivery(t.Context(), &apiv1.PreviewDeliveryRequest{Name: name(id)})
		apitest.WantError(t, err, tc.code, tc.reason, `"aftership"`)
	}
	if _, err := w.store.DeleteConnection(t.Context(), w.tracking.Key, 0, true, w.now); err != nil {
		t.Fatal(err)
	}
	_, err := w.client.PreviewDelivery(t.Context(), &apiv1.PreviewDeliveryRequest{Name: name(id)})
	apitest.WantError(t, err, codes.NotFound, "CONNECTION_NOT_FOUND", "was deleted")
}
