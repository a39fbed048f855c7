package deliveries

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
)

// ToProto shows a delivery.
func ToProto(d store.Delivery) *apiv1.Delivery {
	shown := &apiv1.Delivery{
		Name:           resource.Delivery(d.MerchantID, d.ID.String()),
		Connection:     resource.Connection(d.MerchantID, d.ConnectionID),
		Plugin:         d.Plugin,
		Kind:           apiv1.RecordKind(d.Kind),
		OrderId:        d.OrderID,
		TrackingNumber: d.TrackingNumber,
		Revision:       uint64(d.Revision),
		State:          apiv1.DeliveryState(d.State),
		Reason:         d.Reason,
		Hint:           d.Hint,
		FixScope:       apiv1.FixScope(d.FixScope),
		Sends:          uint32(d.Sends),
		SpentAttempts:  uint32(d.Spent),
		RemoteId:       d.RemoteID,
		RemoteUrl:      d.RemoteURL,
		CreateTime:     timeToProto(d.CreateTime),
		FinishTime:     timeToProto(d.FinishTime),
		TraceId:        d.Trace.TraceID(),
	}
	if d.State == store.Pending {
		shown.NextAttemptTime = timeToProto(d.Due)
	}
	if d.Last != nil {
		shown.LastAttempt = AttemptToProto(*d.Last)
	}
	return shown
}

// AttemptToProto shows an attempt.
func AttemptToProto(a store.Attempt) *apiv1.Attempt {
	return &apiv1.Attempt{
		Number:          uint32(a.Number),
		StartTime:       timeToProto(a.Start),
		Duration:        durationpb.New(a.Duration),
		Outcome:         apiv1.AttemptOutcome(a.Outcome),
		Reason:          a.Reason,
		Hint:            a.Hint,
		FixScope:        apiv1.FixScope(a.FixScope),
		HttpStatus:      uint32(a.HTTPStatus),
		RequestExcerpt:  a.RequestExcerpt,
		ResponseExcerpt: a.ResponseExcerpt,
		DifferingFields: a.DifferingFields,
	}
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
