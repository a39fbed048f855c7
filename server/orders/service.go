package orders

import (
	"context"
	"log/slog"
	"time"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// Store is what the service needs of a store.
type Store interface {
	lookup.Store
	OrderByID(ctx context.Context, merchantKey int64, orderID string) (store.Order, error)
	Orders(ctx context.Context, filter store.OrderFilter, page store.Page) ([]store.Order, error)
	OrderRevisions(ctx context.Context, orderKey int64, page store.Page) ([]store.Order, error)
	OrderTracking(ctx context.Context, merchantKey int64, orderID string) ([]store.Tracking, error)
	MovedTracking(ctx context.Context, merchantKey int64, orderID string) ([]store.Tracking, error)
	FindOrders(ctx context.Context, merchantKey int64, orderID string) ([]store.Merchant, error)
	FindTracking(ctx context.Context, merchantKey int64, numberKey string) ([]store.Tracking, error)
	ExtraFields(ctx context.Context, merchantKey int64) ([]store.ExtraField, error)
	RecordDeliveries(ctx context.Context, record store.RecordRef) ([]store.Delivery, error)
	Attempts(ctx context.Context, id store.DeliveryID, page store.Page) ([]store.Attempt, error)
	Connections(ctx context.Context, merchantKey int64, page store.Page) ([]store.Connection, error)
}

// Plugins is what the service needs of the plugin host.
type Plugins interface {
	Plugin(name string) (pluginhost.Status, bool)
}

// Options of a Service.
type Options struct {
	Store   Store
	Plugins Plugins
	Pages   *paging.Tokens
	Logger  *slog.Logger
	// Visible says whether the caller may see a merchant, for Explain over all
	// merchants. Nil shows all.
	Visible func(ctx context.Context, merchantID string) bool
	// UnderWay says whether a plugin has a delivery now, and since when. Nil knows
	// of none.
	UnderWay func(id store.DeliveryID) (since time.Time, ok bool)
	// Outage says whether the lane of a connection waits because its extra interface
	// is out of order. Nil knows of none.
	Outage func(connection int64) (Outage, bool)
	// Full says whether nothing is sent because the store keeps its room for outcomes.
	// Nil says that it never does.
	Full func() bool
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Outage tells of an extra interface that is out of order.
type Outage struct {
	// Since is when it was noticed, Probe when the next delivery tries it.
	Since, Probe time.Time
	// Reason is that of the last failure.
	Reason string
}

// Service is the OrderService. Its methods may be called concurrently.
type Service struct {
	apiv1.UnimplementedOrderServiceServer
	options Options
	find    *lookup.Finder
}

// New returns a service.
func New(options Options) *Service {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Visible == nil {
		options.Visible = func(context.Context, string) bool { return true }
	}
	return &Service{options: options, find: lookup.New(options.Store, options.Logger)}
}
