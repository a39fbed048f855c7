package orders_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/orders"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

// world is an OrderService with a merchant "acme", whose records are accepted
// when its clock says.
type world struct {
	t        *testing.T
	store    *sqlite.Store
	plugins  *apitest.Plugins
	client   apiv1.OrderServiceClient
	merchant store.Merchant
	now      time.Time
	// hidden is a merchant that the caller may not see.
	hidden string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, store: apitest.Store(t), plugins: apitest.NewPlugins(apitest.Description()),
		now: time.Now().Truncate(time.Second),
	}
	service := orders.New(orders.Options{
		Store: w.store, Plugins: w.plugins, Pages: paging.New([]byte("key")), Logger: apitest.Logger(),
		Visible: func(_ context.Context, id string) bool { return id != w.hidden },
		Now:     func() time.Time { return w.now },
	})
	w.client = apiv1.NewOrderServiceClient(apitest.Serve(t, func(server grpc.ServiceRegistrar) {
		apiv1.RegisterOrderServiceServer(server, service)
	}))
	w.merchant = apitest.Merchant(t, w.store, "acme")
	return w
}

func (w *world) connect(id string, change ...func(*store.Connection)) store.Connection {
	w.t.Helper()
	return apitest.Connect(w.t, w.store, w.merchant, id, append([]func(*store.Connection){
		func(c *store.Connection) { c.CreateTime = w.now },
	}, change...)...)
}

// order submits an order, a second after what was before.
func (w *world) order(order *commercev1.Order) store.RecordReceipt {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	return apitest.SubmitOrder(w.t, w.store, w.merchant, order, w.now)
}

// parcel submits a tracking record, a second after what was before.
func (w *world) parcel(orderID string, parcel *commercev1.Parcel) store.RecordReceipt {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	return apitest.SubmitParcel(w.t, w.store, w.merchant, orderID, parcel, w.now)
}

func (w *world) explain(request *apiv1.ExplainRequest) *apiv1.ExplainResponse {
	w.t.Helper()
	response, err := w.client.Explain(w.t.Context(), request)
	if err != nil {
		w.t.Fatal(err)
	}
	return response
}

func byNumber(parent, number string) *apiv1.ExplainRequest {
	return &apiv1.ExplainRequest{
		Parent: parent, Subject: &apiv1.ExplainRequest_TrackingNumber{TrackingNumber: number},
	}
}

func byOrder(parent, id string) *apiv1.ExplainRequest {
	return &apiv1.ExplainRequest{Parent: parent, Subject: &apiv1.ExplainRequest_OrderId{OrderId: id}}
}
