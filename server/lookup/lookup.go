package lookup

import (
	"context"
	"errors"
	"log/slog"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
)

// Store is what looking up needs of a store.
type Store interface {
	MerchantByID(ctx context.Context, id string) (store.Merchant, error)
	ConnectionByID(ctx context.Context, merchantKey int64, id string) (store.Connection, error)
}

// Finder finds merchants and connections. It is safe for concurrent use.
type Finder struct {
	store Store
	log   *slog.Logger
}

// New returns a finder. It logs failures of the store.
func New(kept Store, log *slog.Logger) *Finder { return &Finder{store: kept, log: log} }

// Merchant finds the merchant that a name names; field is where the name stands
// in the request.
func (f *Finder) Merchant(ctx context.Context, name, field string) (store.Merchant, error) {
	id, err := resource.ParseMerchant(name)
	if err != nil {
		return store.Merchant{}, fault.Invalid(fault.Violation{Field: field, Rule: err.Error()})
	}
	return f.MerchantByID(ctx, id)
}

// MerchantOrAny is Merchant that also takes "merchants/-", for which it returns
// no merchant: its key is zero.
func (f *Finder) MerchantOrAny(ctx context.Context, name, field string) (store.Merchant, error) {
	if name == resource.Merchant(resource.Any) {
		return store.Merchant{}, nil
	}
	return f.Merchant(ctx, name, field)
}

// MerchantByID finds a merchant by its id.
func (f *Finder) MerchantByID(ctx context.Context, id string) (store.Merchant, error) {
	merchant, err := f.store.MerchantByID(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return merchant, fault.New(codes.NotFound, apiv1.ErrorReason_ERROR_REASON_MERCHANT_NOT_FOUND,
			"merchant %q does not exist; create it with MerchantService.CreateMerchant, or correct the name", id)
	case err != nil:
		return merchant, f.Failed(ctx, err)
	}
	return merchant, nil
}

// Connection finds the connection that a name names; field is where the name
// stands in the request.
func (f *Finder) Connection(ctx context.Context, name, field string) (store.Connection, error) {
	merchantID, id, err := resource.ParseConnection(name)
	if err != nil {
		return store.Connection{}, fault.Invalid(fault.Violation{Field: field, Rule: err.Error()})
	}
	merchant, err := f.MerchantByID(ctx, merchantID)
	if err != nil {
		return store.Connection{}, err
	}
	return f.ConnectionByID(ctx, merchant, id)
}

// ConnectionByID finds a connection of a merchant by its id.
func (f *Finder) ConnectionByID(
	ctx context.Context, merchant store.Merchant, id string,
) (store.Connection, error) {
	connection, err := f.store.ConnectionByID(ctx, merchant.Key, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return connection, NoConnection(merchant.ID, id)
	case err != nil:
		return connection, f.Failed(ctx, err)
	}
	return connection, nil
}

// NoConnection says that a merchant has no connection of an id.
func NoConnection(merchantID, id string) error {
	return fault.New(codes.NotFound, apiv1.ErrorReason_ERROR_REASON_CONNECTION_NOT_FOUND,
		"merchant %q has no connection %q; ListConnections shows those it has", merchantID, id)
}
