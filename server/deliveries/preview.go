package deliveries

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/filter"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
)

// PreviewDelivery shows what would be sent for a delivery now. Secrets are masked
// here again, whatever the plugin does.
func (s *Service) PreviewDelivery(
	ctx context.Context, request *apiv1.PreviewDeliveryRequest,
) (*apiv1.PreviewDeliveryResponse, error) {
	delivery, err := s.delivery(ctx, request.GetName(), "name")
	if err != nil {
		return nil, err
	}
	loaded, connection, err := s.load(ctx, delivery, request.GetName())
	if err != nil {
		return nil, err
	}
	description, err := lookup.Description(s.options.Plugins, connection.Plugin)
	if err != nil {
		return nil, err
	}
	call, err := s.previewRequest(loaded, connection, description)
	if err != nil {
		return nil, s.unreadable(ctx, request.GetName(), err)
	}
	bounded, cancel := context.WithTimeout(ctx, s.options.PreviewTimeout)
	defer cancel()
	answer, err := s.options.Plugins.Preview(bounded, connection.Plugin, call)
	if err != nil {
		s.options.Logger.WarnContext(ctx, "preview failed",
			"plugin", connection.Plugin, "delivery", delivery.ID.String(), "error", err)
		return nil, lookup.PluginFailed(s.options.Plugins, connection.Plugin, err)
	}
	mask := connections.Mask(call.GetConnection().GetSecrets())
	response := &apiv1.PreviewDeliveryResponse{Notes: notes(loaded, connection)}
	for _, r := range answer.GetRequests() {
		response.Requests = append(response.Requests, &apiv1.PreviewedRequest{
			Method: mask(r.GetMethod()), Url: mask(r.GetUrl()), Body: mask(r.GetBody()),
		})
	}
	for _, note := range answer.GetNotes() {
		response.Notes = append(response.Notes, mask(note))
	}
	return response, nil
}

func (s *Service) load(
	ctx context.Context, delivery store.Delivery, name string,
) (store.LoadedDelivery, store.Connection, error) {
	loaded, err := s.options.Store.PreviewDelivery(ctx, delivery.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return loaded, store.Connection{}, notFound(name)
	case err != nil:
		return loaded, store.Connection{}, s.find.Failed(ctx, err)
	}
	connection, err := s.options.Store.ConnectionByKey(ctx, delivery.Connection)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return loaded, connection, fault.New(
			codes.NotFound, apiv1.ErrorReason_ERROR_REASON_CONNECTION_NOT_FOUND,
			"%s was deleted, so nothing would be sent; GetDelivery shows what was",
			resource.Connection(delivery.MerchantID, delivery.ConnectionID))
	case err != nil:
		return loaded, connection, s.find.Failed(ctx, err)
	}
	return loaded, connection, nil
}

func (s *Service) previewRequest(
	loaded store.LoadedDelivery, connection store.Connection, description *pluginv1.Description,
) (*pluginv1.PreviewRequest, error) {
	onCall, err := s.options.Vault.PluginConnection(connection, description)
	if err != nil {
		return nil, err
	}
	call := &pluginv1.PreviewRequest{Connection: onCall}
	if loaded.Delivery.Kind == store.OrderRecord {
		order, err := s.options.Composer.Order(loaded, connection)
		call.Delivery = &pluginv1.PreviewRequest_Order{Order: order}
		return call, err
	}
	tracking, err := s.options.Composer.Tracking(loaded, connection)
	call.Delivery = &pluginv1.PreviewRequest_Tracking{Tracking: tracking}
	return call, err
}

func (s *Service) unreadable(ctx context.Context, name string, err error) error {
	s.options.Logger.ErrorContext(ctx, "delivery not composed", "delivery", name, "error", err)
	return fault.New(codes.FailedPrecondition, apiv1.ErrorReason_ERROR_REASON_SECRET_UNREADABLE,
		"what is stored for %s cannot be read; if the sealing key changed, configure the key set the secrets "+
			"were sealed with or set them again with UpdateConnection; the server's log says what it was", name)
}

// notes say what the plugin cannot know: why nothing of this may be sent.
func notes(loaded store.LoadedDelivery, connection store.Connection) []string {
	var notes []string
	switch loaded.Delivery.State {
	case store.Pending, store.Blocked:
	case store.Delivered, store.Superseded:
		notes = append(notes, "this delivery has ended and will not be sent again")
	case store.Skipped, store.Failed, store.Cancelled:
		notes = append(notes, "this delivery is not sent as it is; RetryDelivery would send this")
	}
	switch connection.State {
	case store.Paused, store.Disabled:
		notes = append(notes, "the connection sends nothing now; ResumeConnection lets it")
	case store.Active:
	}
	taken, err := passes(loaded, connection.Filter)
	switch {
	case err != nil:
		notes = append(notes, "the filter of the connection fails for this record: "+err.Error())
	case !taken:
		notes = append(notes, "the filter of the connection leaves this record out: it would be skipped")
	}
	return notes
}

// passes says whether the filter of a connection takes the record.
func passes(loaded store.LoadedDelivery, text string) (bool, error) {
	if text == "" {
		return true, nil
	}
	compiled, err := filter.Compile(text)
	if err != nil {
		return false, err
	}
	order, shipment := &commercev1.Order{}, &commercev1.Shipment{}
	if loaded.Delivery.Kind == store.OrderRecord {
		err = proto.Unmarshal(loaded.Body, order)
	} else {
		err = errors.Join(proto.Unmarshal(loaded.Body, shipment), proto.Unmarshal(loaded.OrderBody, order))
	}
	if err != nil {
		return false, fmt.Errorf("decode stored record: %w", err)
	}
	return compiled.Eval(order, shipment)
}
