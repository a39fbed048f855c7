package deliveries

import (
	"context"
	"errors"
	"strings"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/validation"
)

// GetDelivery reads one.
func (s *Service) GetDelivery(
	ctx context.Context, request *apiv1.GetDeliveryRequest,
) (*apiv1.GetDeliveryResponse, error) {
	delivery, err := s.delivery(ctx, request.GetName(), "name")
	if err != nil {
		return nil, err
	}
	return &apiv1.GetDeliveryResponse{Delivery: ToProto(delivery)}, nil
}

// ListDeliveries lists, the last made first.
func (s *Service) ListDeliveries(
	ctx context.Context, request *apiv1.ListDeliveriesRequest,
) (*apiv1.ListDeliveriesResponse, error) {
	merchant, err := s.find.Merchant(ctx, request.GetParent(), "parent")
	if err != nil {
		return nil, err
	}
	filter, err := s.filter(ctx, merchant, request)
	if err != nil {
		return nil, err
	}
	page, err := s.options.Pages.Page(request)
	if err != nil {
		return nil, err
	}
	source := paging.Source[store.Delivery]{
		Read: func(ctx context.Context, page store.Page) ([]store.Delivery, error) {
			return s.options.Store.Deliveries(ctx, filter, page)
		},
		Key: func(d store.Delivery) int64 { return int64(d.ID) },
	}
	deliveries, next, err := source.Fill(ctx, page)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	response := &apiv1.ListDeliveriesResponse{NextPageToken: s.options.Pages.Next(request, next)}
	for _, delivery := range deliveries {
		response.Deliveries = append(response.Deliveries, ToProto(delivery))
	}
	return response, nil
}

func (s *Service) filter(
	ctx context.Context, merchant store.Merchant, request *apiv1.ListDeliveriesRequest,
) (store.DeliveryFilter, error) {
	filter := store.DeliveryFilter{
		MerchantKey: merchant.Key, OrderID: request.GetOrderId(),
		NumberKey: validation.NumberKey(request.GetTrackingNumber()),
		State:     store.DeliveryState(request.GetState()), Reason: request.GetReason(),
	}
	violations := validation.Time(request.GetCreatedSince(), "created_since")
	if request.GetTrackingNumber() != "" && filter.NumberKey == "" {
		violations = append(violations, fault.Violation{Field: "tracking_number", Rule: "must be more than spaces"})
	}
	id := request.GetConnection()
	if strings.Contains(id, "/") {
		merchantID, connectionID, err := resource.ParseConnection(id)
		if err != nil || merchantID != merchant.ID {
			violations = append(violations, fault.Violation{
				Field: "connection",
				Rule:  "must be the id or the name of a connection of this merchant, as ListConnections shows them",
			})
		}
		id = connectionID
	}
	if len(violations) > 0 {
		return filter, fault.Invalid(violations...)
	}
	if request.GetCreatedSince() != nil {
		filter.CreatedSince = request.GetCreatedSince().AsTime()
	}
	if id != "" {
		key, err := s.options.Store.LastConnectionKey(ctx, merchant.Key, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return filter, lookup.NoConnection(merchant.ID, id)
		case err != nil:
			return filter, s.find.Failed(ctx, err)
		}
		filter.Connection = key
	}
	return filter, nil
}

// ListAttempts lists the attempts of a delivery, the last first.
func (s *Service) ListAttempts(
	ctx context.Context, request *apiv1.ListAttemptsRequest,
) (*apiv1.ListAttemptsResponse, error) {
	delivery, err := s.delivery(ctx, request.GetParent(), "parent")
	if err != nil {
		return nil, err
	}
	page, err := s.options.Pages.Page(request)
	if err != nil {
		return nil, err
	}
	source := paging.Source[store.Attempt]{
		Read: func(ctx context.Context, page store.Page) ([]store.Attempt, error) {
			return s.options.Store.Attempts(ctx, delivery.ID, page)
		},
		Key: func(a store.Attempt) int64 { return int64(a.Number) },
	}
	attempts, next, err := source.Fill(ctx, page)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	response := &apiv1.ListAttemptsResponse{NextPageToken: s.options.Pages.Next(request, next)}
	for _, attempt := range attempts {
		response.Attempts = append(response.Attempts, AttemptToProto(attempt))
	}
	return response, nil
}
