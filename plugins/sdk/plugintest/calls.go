package plugintest

import (
	"context"
	"errors"
	"io"
	"maps"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// ConnectionUID names the connection that Check, Forward, Copy and the previews
// use.
const ConnectionUID = "connection-1"

// Connection returns the connection with these values. Its generation grows
// when they change from one call to the next.
func (h *Host) Connection(settings, secrets map[string]string) *pluginv1.Connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.last == nil:
		h.last = &pluginv1.Connection{Uid: ConnectionUID, Generation: 1, MerchantId: "merchant-1"}
	case maps.Equal(h.last.GetSettings(), settings) && maps.Equal(h.last.GetSecrets(), secrets):
	default:
		h.last.Generation++
	}
	h.last.Settings, h.last.Secrets = maps.Clone(settings), maps.Clone(secrets)
	c, _ := proto.Clone(h.last).(*pluginv1.Connection)
	return c
}

// Describe returns what the plugin says of itself.
func (h *Host) Describe() *pluginv1.Description {
	h.t.Helper()
	ctx, cancel := h.context()
	defer cancel()
	response, err := h.extra.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		h.t.Fatalf("describe: %v", err)
	}
	return response.GetDescription()
}

// Check tests settings.
func (h *Host) Check(settings, secrets map[string]string) *pluginv1.CheckConnectionResponse {
	h.t.Helper()
	c := h.Connection(settings, secrets)
	h.remember(c)
	ctx, cancel := h.context()
	defer cancel()
	response, err := h.extra.CheckConnection(ctx, &pluginv1.CheckConnectionRequest{Connection: c})
	if err != nil {
		h.t.Fatalf("check connection: %v", err)
	}
	h.searchAnswer("CheckConnection", response)
	return response
}

// CheckSettings asks what is wrong with settings, as the server does before it stores
// them.
func (h *Host) CheckSettings(settings, secrets map[string]string) *pluginv1.CheckSettingsResponse {
	h.t.Helper()
	c := h.Connection(settings, secrets)
	h.remember(c)
	ctx, cancel := h.context()
	defer cancel()
	response, err := h.extra.CheckSettings(ctx, &pluginv1.CheckSettingsRequest{Connection: c})
	if err != nil {
		h.t.Fatalf("check settings: %v", err)
	}
	h.searchAnswer("CheckSettings", response)
	return response
}

// Forward forwards tracking records and returns the results by delivery id. A
// missing or second result ends the test.
func (h *Host) Forward(
	settings, secrets map[string]string, deliveries ...*pluginv1.TrackingDelivery,
) map[string]*pluginv1.DeliveryResult {
	h.t.Helper()
	ctx, cancel := h.context()
	defer cancel()
	c := h.Connection(settings, secrets)
	results, err := h.CallTracking(ctx, []*pluginv1.Connection{c}, deliveries)
	if err != nil {
		h.t.Fatalf("forward tracking: %v", err)
	}
	ids := make([]string, 0, len(deliveries))
	for _, d := range deliveries {
		ids = append(ids, d.GetHeader().GetDeliveryId())
	}
	return h.byID(ids, results)
}

// Copy copies orders and returns the results by delivery id. A missing or second
// result ends the test.
func (h *Host) Copy(
	settings, secrets map[string]string, deliveries ...*pluginv1.OrderDelivery,
) map[string]*pluginv1.DeliveryResult {
	h.t.Helper()
	ctx, cancel := h.context()
	defer cancel()
	c := h.Connection(settings, secrets)
	results, err := h.CallOrders(ctx, []*pluginv1.Connection{c}, deliveries)
	if err != nil {
		h.t.Fatalf("copy orders: %v", err)
	}
	ids := make([]string, 0, len(deliveries))
	for _, d := range deliveries {
		ids = append(ids, d.GetHeader().GetDeliveryId())
	}
	return h.byID(ids, results)
}

// CallTracking makes one call and returns the results in the order in which
// they came, up to the error that ended the stream early. Any goroutine may use
// it.
func (h *Host) CallTracking(
	ctx context.Context, connections []*pluginv1.Connection, deliveries []*pluginv1.TrackingDelivery,
) ([]*pluginv1.DeliveryResult, error) {
	for _, c := range connections {
		h.remember(c)
	}
	stream, err := pluginv1.NewTrackingForwardServiceClient(h.conn).ForwardTracking(ctx,
		&pluginv1.ForwardTrackingRequest{Connections: connections, Deliveries: deliveries})
	if err != nil {
		return nil, err
	}
	return collect(h, func() ([]*pluginv1.DeliveryResult, error) {
		response, err := stream.Recv()
		return response.GetResults(), err
	})
}

// CallOrders is CallTracking for orders.
func (h *Host) CallOrders(
	ctx context.Context, connections []*pluginv1.Connection, deliveries []*pluginv1.OrderDelivery,
) ([]*pluginv1.DeliveryResult, error) {
	for _, c := range connections {
		h.remember(c)
	}
	stream, err := pluginv1.NewOrderCopyServiceClient(h.conn).CopyOrders(ctx,
		&pluginv1.CopyOrdersRequest{Connections: connections, Deliveries: deliveries})
	if err != nil {
		return nil, err
	}
	return collect(h, func() ([]*pluginv1.DeliveryResult, error) {
		response, err := stream.Recv()
		return response.GetResults(), err
	})
}

func collect(h *Host, receive func() ([]*pluginv1.DeliveryResult, error)) ([]*pluginv1.DeliveryResult, error) {
	h.t.Helper()
	var all []*pluginv1.DeliveryResult
	for {
		results, err := receive()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		for _, result := range results {
			h.searchAnswer("delivery "+result.GetDeliveryId(), result)
			all = append(all, result)
		}
	}
}

func (h *Host) byID(ids []string, results []*pluginv1.DeliveryResult) map[string]*pluginv1.DeliveryResult {
	h.t.Helper()
	by := map[string]*pluginv1.DeliveryResult{}
	for _, result := range results {
		if by[result.GetDeliveryId()] != nil {
			h.t.Fatalf("delivery %q has two results", result.GetDeliveryId())
		}
		by[result.GetDeliveryId()] = result
	}
	for _, id := range ids {
		if by[id] == nil {
			h.t.Fatalf("delivery %q has no result", id)
		}
	}
	return by
}
