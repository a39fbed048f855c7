package deliveries

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
)

// Store is what the service needs of a store.
type Store interface {
	lookup.Store
	store.Mender
	DeliveryByID(ctx context.Context, id store.DeliveryID) (store.Delivery, error)
	Deliveries(ctx context.Context, filter store.DeliveryFilter, page store.Page) ([]store.Delivery, error)
	Attempts(ctx context.Context, id store.DeliveryID, page store.Page) ([]store.Attempt, error)
	PreviewDelivery(ctx context.Context, id store.DeliveryID) (store.LoadedDelivery, error)
	LastConnectionKey(ctx context.Context, merchantKey int64, id string) (int64, error)
	ConnectionByKey(ctx context.Context, key int64) (store.Connection, error)
}

// Plugins is what the service needs of the plugin host.
type Plugins interface {
	lookup.Plugins
	// Preview needs a deadline. Its errors are those of pluginhost.
	Preview(ctx context.Context, plugin string, request *pluginv1.PreviewRequest) (
		*pluginv1.PreviewResponse, error)
}

// Composer builds what plugins get, as dispatch does.
type Composer interface {
	Tracking(loaded store.LoadedDelivery, connection store.Connection) (*pluginv1.TrackingDelivery, error)
	Order(loaded store.LoadedDelivery, connection store.Connection) (*pluginv1.OrderDelivery, error)
}

// Vault opens what connections keep sealed.
type Vault interface {
	PluginConnection(connection store.Connection, description *pluginv1.Description) (*pluginv1.Connection, error)
}

// Options of a Service.
type Options struct {
	Store    Store
	Plugins  Plugins
	Composer Composer
	Vault    Vault
	Pages    *paging.Tokens
	Logger   *slog.Logger
	// PreviewTimeout is how long a preview may take: 30 s.
	PreviewTimeout time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Service is the DeliveryService. Its methods may be called concurrently.
type Service struct {
	apiv1.UnimplementedDeliveryServiceServer
	options Options
	find    *lookup.Finder
}

// New returns a service.
func New(options Options) *Service {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.PreviewTimeout == 0 {
		options.PreviewTimeout = 30 * time.Second
	}
	return &Service{options: options, find: lookup.New(options.Store, options.Logger)}
}

// delivery finds the delivery that a name names; field is where the name stands
// in the request.
func (s *Service) delivery(ctx context.Context, name, field string) (store.Delivery, error) {
	merchantID, text, err := resource.ParseDelivery(name)
	if err != nil {
		return store.Delivery{}, fault.Invalid(fault.Violation{Field: field, Rule: err.Error()})
	}
	if _, err := s.find.MerchantByID(ctx, merchantID); err != nil {
		return store.Delivery{}, err
	}
	id, err := store.ParseDeliveryID(text)
	if err != nil {
		return store.Delivery{}, notFound(name)
	}
	delivery, err := s.options.Store.DeliveryByID(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && delivery.MerchantID != merchantID:
		return store.Delivery{}, notFound(name)
	case err != nil:
		return store.Delivery{}, s.find.Failed(ctx, err)
	}
	return delivery, nil
}

func notFound(name string) error {
	return fault.New(codes.NotFound, apiv1.ErrorReason_ERROR_REASON_DELIVERY_NOT_FOUND,
		"%s does not exist, or its retention has ended; ListDeliveries and OrderService.Explain show those there are",
		name)
}
