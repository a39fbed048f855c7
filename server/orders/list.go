package orders

import (
	"context"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/validation"
)

// Bounds of a page of orders beside its size: clients take 4 MiB if they are not
// told otherwise, and an order may have 1 MiB.
const (
	maxPageBytes = 3 << 20
	readAtOnce   = 50
)

// ListOrders lists a merchant's orders, the last changed first.
func (s *Service) ListOrders(
	ctx context.Context, request *apiv1.ListOrdersRequest,
) (*apiv1.ListOrdersResponse, error) {
	merchant, err := s.find.Merchant(ctx, request.GetParent(), "parent")
	if err != nil {
		return nil, err
	}
	if violations := validation.Time(request.GetUpdatedSince(), "updated_since"); len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}
	filter := store.OrderFilter{MerchantKey: merchant.Key, Source: request.GetOrderSource()}
	if request.GetUpdatedSince() != nil {
		filter.UpdatedSince = request.GetUpdatedSince().AsTime()
	}
	page, err := s.options.Pages.Page(request)
	if err != nil {
		return nil, err
	}
	pile := pile{
		read: func(page store.Page) ([]store.Order, error) { return s.options.Store.Orders(ctx, filter, page) },
		key:  func(o store.Order) int64 { return o.LastChange },
	}
	rows, next, err := pile.take(page)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	response := &apiv1.ListOrdersResponse{NextPageToken: s.options.Pages.Next(request, next)}
	response.Orders, err = s.ordersToProto(ctx, rows)
	return response, err
}

// ListOrderRevisions lists the revisions of an order, the last first.
func (s *Service) ListOrderRevisions(
	ctx context.Context, request *apiv1.ListOrderRevisionsRequest,
) (*apiv1.ListOrderRevisionsResponse, error) {
	order, err := s.order(ctx, request.GetParent(), request.GetOrderId())
	if err != nil {
		return nil, err
	}
	page, err := s.options.Pages.Page(request)
	if err != nil {
		return nil, err
	}
	pile := pile{
		read: func(page store.Page) ([]store.Order, error) {
			return s.options.Store.OrderRevisions(ctx, order.Key, page)
		},
		key: func(o store.Order) int64 { return o.Revision },
	}
	rows, next, err := pile.take(page)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	response := &apiv1.ListOrderRevisionsResponse{NextPageToken: s.options.Pages.Next(request, next)}
	response.Revisions, err = s.ordersToProto(ctx, rows)
	return response, err
}

func (s *Service) ordersToProto(ctx context.Context, rows []store.Order) ([]*apiv1.StoredOrder, error) {
	shown := make([]*apiv1.StoredOrder, 0, len(rows))
	for _, row := range rows {
		order, err := s.orderToProto(ctx, row)
		if err != nil {
			return nil, err
		}
		shown = append(shown, order)
	}
	return shown, nil
}

// pile is a list of orders, each with a key of its own.
type pile struct {
	read func(store.Page) ([]store.Order, error)
	key  func(store.Order) int64
}

// take reads a page that ends when it has page.Limit orders or maxPageBytes. It returns
// the key to go on from, zero at the end.
func (p pile) take(page store.Page) (taken []store.Order, next int64, err error) {
	bytes := 0
	after := page.After
	for {
		limit := max(1, min(readAtOnce, page.Limit-len(taken)+1))
		rows, err := p.read(store.Page{After: after, Limit: limit})
		if err != nil {
			return nil, 0, err
		}
		for _, row := range rows {
			if len(taken) >= page.Limit || len(taken) > 0 && bytes+len(row.Body) > maxPageBytes {
				return taken, after, nil
			}
			taken = append(taken, row)
			bytes += len(row.Body)
			after = p.key(row)
		}
		if len(rows) < limit {
			return taken, 0, nil
		}
	}
}
