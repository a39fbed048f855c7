package merchants

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
)

// Store is what the service needs of a store.
type Store interface {
	lookup.Store
	CreateMerchant(ctx context.Context, merchant store.Merchant) (store.Merchant, error)
	UpdateMerchant(ctx context.Context, merchant store.Merchant) (store.Merchant, error)
	DeleteMerchant(ctx context.Context, key, version int64) error
	Merchants(ctx context.Context, page store.Page) ([]store.Merchant, error)
}

// Options of a Service.
type Options struct {
	Store  Store
	Pages  *paging.Tokens
	Logger *slog.Logger
	// Visible says whether the caller may see a merchant. Nil shows all.
	Visible func(ctx context.Context, merchantID string) bool
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Service is the MerchantService. Its methods may be called concurrently.
type Service struct {
	apiv1.UnimplementedMerchantServiceServer
	options Options
	find    *lookup.Finder
}

// New returns a service.
func New(options Options) *Service {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Service{options: options, find: lookup.New(options.Store, options.Logger)}
}

// now is the time as it is kept, so that an answer shows what a read will.
func (s *Service) now() time.Time { return s.options.Now().Truncate(time.Microsecond) }

// GetMerchant reads one.
func (s *Service) GetMerchant(
	ctx context.Context, request *apiv1.GetMerchantRequest,
) (*apiv1.GetMerchantResponse, error) {
	merchant, err := s.find.Merchant(ctx, request.GetName(), "name")
	if err != nil {
		return nil, err
	}
	return &apiv1.GetMerchantResponse{Merchant: toProto(merchant)}, nil
}

// ListMerchants lists them in the order of their creation.
func (s *Service) ListMerchants(
	ctx context.Context, request *apiv1.ListMerchantsRequest,
) (*apiv1.ListMerchantsResponse, error) {
	page, err := s.options.Pages.Page(request)
	if err != nil {
		return nil, err
	}
	source := paging.Source[store.Merchant]{
		Read: s.options.Store.Merchants,
		Key:  func(m store.Merchant) int64 { return m.Key },
	}
	if visible := s.options.Visible; visible != nil {
		source.Keep = func(m store.Merchant) bool { return visible(ctx, m.ID) }
	}
	merchants, next, err := source.Fill(ctx, page)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	response := &apiv1.ListMerchantsResponse{NextPageToken: s.options.Pages.Next(request, next)}
	for _, merchant := range merchants {
		response.Merchants = append(response.Merchants, toProto(merchant))
	}
	return response, nil
}

// CreateMerchant makes one.
func (s *Service) CreateMerchant(
	ctx context.Context, request *apiv1.CreateMerchantRequest,
) (*apiv1.CreateMerchantResponse, error) {
	now := s.now()
	merchant, err := s.options.Store.CreateMerchant(ctx, store.Merchant{
		ID: request.GetMerchantId(), Title: request.GetMerchant().GetTitle(),
		Version: 1, ConfigVersion: 1, CreateTime: now, UpdateTime: now,
	})
	switch {
	case errors.Is(err, store.ErrExists):
		return nil, fault.New(codes.AlreadyExists, apiv1.ErrorReason_ERROR_REASON_ALREADY_EXISTS,
			"merchant %q exists already; change it with UpdateMerchant, or choose another merchant_id",
			request.GetMerchantId())
	case err != nil:
		return nil, s.find.Failed(ctx, err)
	}
	return &apiv1.CreateMerchantResponse{Merchant: toProto(merchant)}, nil
}

// DeleteMerchant removes one that nothing depends on.
func (s *Service) DeleteMerchant(
	ctx context.Context, request *apiv1.DeleteMerchantRequest,
) (*apiv1.DeleteMerchantResponse, error) {
	merchant, err := s.find.Merchant(ctx, request.GetName(), "name")
	if err != nil {
		return nil, err
	}
	var version int64
	if request.GetEtag() != "" {
		version = merchant.Version
		if request.GetEtag() != etag(merchant) {
			return nil, lookup.StaleEtag(request.GetName())
		}
	}
	switch err := s.options.Store.DeleteMerchant(ctx, merchant.Key, version); {
	case errors.Is(err, store.ErrHasRecords):
		return nil, fault.New(codes.FailedPrecondition, apiv1.ErrorReason_ERROR_REASON_STILL_IN_USE,
			"%s has orders or tracking records, and those cannot be deleted yet, so the merchant stays; "+
				"delete what it has of connections with DeleteConnection, then nothing is sent for it any more",
			request.GetName())
	case errors.Is(err, store.ErrInUse):
		return nil, fault.New(codes.FailedPrecondition, apiv1.ErrorReason_ERROR_REASON_STILL_IN_USE,
			"%s still has connections; delete those that ListConnections shows with DeleteConnection, then the merchant",
			request.GetName())
	case errors.Is(err, store.ErrVersion):
		return nil, lookup.StaleEtag(request.GetName())
	case errors.Is(err, store.ErrNotFound): // Deleted by somebody else just now.
		if _, err := s.find.MerchantByID(ctx, merchant.ID); err != nil {
			return nil, err
		}
		return nil, lookup.StaleEtag(request.GetName())
	case err != nil:
		return nil, s.find.Failed(ctx, err)
	}
	return &apiv1.DeleteMerchantResponse{}, nil
}

func etag(m store.Merchant) string { return lookup.Etag(m.Key, m.Version) }

func toProto(m store.Merchant) *apiv1.Merchant {
	return &apiv1.Merchant{
		Name:       resource.Merchant(m.ID),
		Title:      m.Title,
		CreateTime: timestamppb.New(m.CreateTime),
		UpdateTime: timestamppb.New(m.UpdateTime),
		Etag:       etag(m),
	}
}
