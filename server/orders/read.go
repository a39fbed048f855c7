package orders

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/store"
)

// GetOrder reads an order by the caller's own id.
func (s *Service) GetOrder(ctx context.Context, request *apiv1.GetOrderRequest) (*apiv1.GetOrderResponse, error) {
	order, err := s.order(ctx, request.GetParent(), request.GetOrderId())
	if err != nil {
		return nil, err
	}
	tracking, err := s.options.Store.OrderTracking(ctx, order.MerchantKey, order.OrderID)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	response := &apiv1.GetOrderResponse{}
	if response.Order, err = s.orderToProto(ctx, order); err != nil {
		return nil, err
	}
	for _, record := range tracking {
		parcel, err := s.parcelToProto(ctx, record)
		if err != nil {
			return nil, err
		}
		response.Parcels = append(response.Parcels, parcel)
	}
	return response, nil
}

// order finds an order of the merchant that parent names.
func (s *Service) order(ctx context.Context, parent, orderID string) (store.Order, error) {
	merchant, err := s.find.Merchant(ctx, parent, "parent")
	if err != nil {
		return store.Order{}, err
	}
	order, err := s.options.Store.OrderByID(ctx, merchant.Key, orderID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return order, fault.New(codes.NotFound, apiv1.ErrorReason_ERROR_REASON_ORDER_NOT_FOUND,
			"merchant %q has no order of that order_id; ids are compared exactly, and tracking alone does not make "+
				"an order: OrderService.Explain finds tracking too", merchant.ID)
	case err != nil:
		return order, s.find.Failed(ctx, err)
	}
	return order, nil
}

// ListExtraFields lists the names of extra fields seen.
func (s *Service) ListExtraFields(
	ctx context.Context, request *apiv1.ListExtraFieldsRequest,
) (*apiv1.ListExtraFieldsResponse, error) {
	merchant, err := s.find.Merchant(ctx, request.GetParent(), "parent")
	if err != nil {
		return nil, err
	}
	fields, err := s.options.Store.ExtraFields(ctx, merchant.Key)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	response := &apiv1.ListExtraFieldsResponse{}
	for _, field := range fields {
		response.ExtraFields = append(response.ExtraFields, &apiv1.ExtraField{
			OrderSource:   field.Source,
			Level:         apiv1.ExtraFieldLevel(field.Level),
			Name:          field.Name,
			FirstSeenTime: timeToProto(field.FirstSeen),
		})
	}
	return response, nil
}
