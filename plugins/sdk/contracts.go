package sdk

import (
	"context"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// trackingService serves plugins whose instances are TrackingForwarders.
type trackingService struct {
	pluginv1.UnimplementedTrackingForwardServiceServer
	server *Server
}

// ForwardTracking implements the contract.
func (t trackingService) ForwardTracking(
	request *pluginv1.ForwardTrackingRequest, stream pluginv1.TrackingForwardService_ForwardTrackingServer,
) error {
	items := make([]item, 0, len(request.GetDeliveries()))
	for _, d := range request.GetDeliveries() {
		items = append(items, item{d.GetHeader(), func(ctx context.Context, value any, deadline time.Time) Result {
			// The service is registered only for instances of this type.
			return value.(TrackingForwarder).ForwardTracking(ctx, newTrackingDelivery(d, deadline))
		}})
	}
	return t.server.runBatch(stream.Context(), request.GetConnections(), items,
		func(results []*pluginv1.DeliveryResult) error {
			return stream.Send(&pluginv1.ForwardTrackingResponse{Results: results})
		})
}

// orderService serves plugins whose instances are OrderCopiers.
type orderService struct {
	pluginv1.UnimplementedOrderCopyServiceServer
	server *Server
}

// CopyOrders implements the contract.
func (o orderService) CopyOrders(
	request *pluginv1.CopyOrdersRequest, stream pluginv1.OrderCopyService_CopyOrdersServer,
) error {
	items := make([]item, 0, len(request.GetDeliveries()))
	for _, d := range request.GetDeliveries() {
		items = append(items, item{d.GetHeader(), func(ctx context.Context, value any, deadline time.Time) Result {
			// The service is registered only for instances of this type.
			return value.(OrderCopier).CopyOrder(ctx, newOrderDelivery(d, deadline))
		}})
	}
	return o.server.runBatch(stream.Context(), request.GetConnections(), items,
		func(results []*pluginv1.DeliveryResult) error {
			return stream.Send(&pluginv1.CopyOrdersResponse{Results: results})
		})
}
