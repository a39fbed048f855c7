package webhook

import (
	"context"
	"fmt"

	"github.com/spurline/spurline/plugins/sdk"
)

// CopyOrder sends the event of an order's revision.
func (s *Sender) CopyOrder(ctx context.Context, d *sdk.OrderDelivery) sdk.Result {
	e, err := s.orderEvent(d)
	return s.deliver(ctx, d.Delivery, e, err)
}

// ForwardTracking sends the event of a tracking record's revision.
func (s *Sender) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	e, err := s.trackingEvent(d)
	return s.deliver(ctx, d.Delivery, e, err)
}

// deliver makes the one request of a delivery.
func (s *Sender) deliver(ctx context.Context, d sdk.Delivery, e event, err error) sdk.Result {
	switch {
	case !s.wanted[e.kind]:
		return e.keep(d, true, sdk.Skipped("EVENT_TYPE_OFF",
			fmt.Sprintf("the connection does not send %s: event_types has only %s", e.kind, s.wanted)))
	case err != nil:
		return sdk.Rejected("RECORD_UNREADABLE", err.Error()).FixByRecord()
	}
	a := s.post(ctx, e.id, d.Traceparent, e.body)
	return e.keep(d, a.good(), a.judge(e.id)).WithExchange(s.excerpt(e, a))
}

// keep has the host keep what a later delivery of the record needs. told says that
// the receiver knows of the record, or would if it wanted to.
func (e event) keep(d sdk.Delivery, told bool, r sdk.Result) sdk.Result {
	kept := memory{Created: e.kept.Created}
	if told && kept.Created == "" {
		kept.Created = e.id
	}
	if kept == recall(d.State) {
		return r
	}
	return r.WithState(kept.bytes())
}
