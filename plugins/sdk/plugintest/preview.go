package plugintest

import (
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// PreviewTracking shows what would be sent for a tracking record. The error is
// that of the call, with its gRPC code.
func (h *Host) PreviewTracking(
	settings, secrets map[string]string, d *pluginv1.TrackingDelivery,
) (*pluginv1.PreviewResponse, error) {
	h.t.Helper()
	return h.preview(&pluginv1.PreviewRequest{
		Connection: h.Connection(settings, secrets),
		Delivery:   &pluginv1.PreviewRequest_Tracking{Tracking: d},
	})
}

// PreviewOrder shows what would be sent for an order. The error is that of the
// call, with its gRPC code.
func (h *Host) PreviewOrder(
	settings, secrets map[string]string, d *pluginv1.OrderDelivery,
) (*pluginv1.PreviewResponse, error) {
	h.t.Helper()
	return h.preview(&pluginv1.PreviewRequest{
		Connection: h.Connection(settings, secrets),
		Delivery:   &pluginv1.PreviewRequest_Order{Order: d},
	})
}

func (h *Host) preview(request *pluginv1.PreviewRequest) (*pluginv1.PreviewResponse, error) {
	h.t.Helper()
	h.remember(request.GetConnection())
	ctx, cancel := h.context()
	defer cancel()
	response, err := h.extra.Preview(ctx, request)
	if err != nil {
		if h.leaks(err.Error()) {
			h.t.Error("a secret is in the error of Preview")
		}
		return nil, err
	}
	h.searchAnswer("Preview", response)
	return response, nil
}
