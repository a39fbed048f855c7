package connections

import (
	"context"
	"errors"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/store"
)

// GetConnection reads one, with its totals.
func (s *Service) GetConnection(
	ctx context.Context, request *apiv1.GetConnectionRequest,
) (*apiv1.GetConnectionResponse, error) {
	connection, err := s.find.Connection(ctx, request.GetName(), "name")
	if err != nil {
		return nil, err
	}
	shown := toProto(connection)
	totals, err := s.options.Store.ConnectionTotals(ctx, connection.Key)
	if errors.Is(err, store.ErrNotFound) { // Deleted just now.
		connection, err = s.find.Connection(ctx, request.GetName(), "name")
		return &apiv1.GetConnectionResponse{Connection: toProto(connection)}, err
	}
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	shown.OpenDeliveries, shown.FailedDeliveries = totals.Open(), totals.Failed
	return &apiv1.GetConnectionResponse{Connection: shown}, nil
}

// ListConnections lists those of a merchant, or of all that the caller may see,
// in the order of their creation.
func (s *Service) ListConnections(
	ctx context.Context, request *apiv1.ListConnectionsRequest,
) (*apiv1.ListConnectionsResponse, error) {
	merchant, err := s.find.MerchantOrAny(ctx, request.GetParent(), "parent")
	if err != nil {
		return nil, err
	}
	page, err := s.options.Pages.Page(request)
	if err != nil {
		return nil, err
	}
	source := paging.Source[store.Connection]{
		Read: func(ctx context.Context, page store.Page) ([]store.Connection, error) {
			return s.options.Store.Connections(ctx, merchant.Key, page)
		},
		Key: func(c store.Connection) int64 { return c.Key },
	}
	if visible := s.options.Visible; visible != nil && merchant.Key == 0 {
		source.Keep = func(c store.Connection) bool { return visible(ctx, c.MerchantID) }
	}
	connections, next, err := source.Fill(ctx, page)
	if err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	response := &apiv1.ListConnectionsResponse{NextPageToken: s.options.Pages.Next(request, next)}
	for _, connection := range connections {
		response.Connections = append(response.Connections, toProto(connection))
	}
	return response, nil
}
