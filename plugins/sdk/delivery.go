package sdk

import (
	"time"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Delivery is what every delivery tells beside its record.
type Delivery struct {
	// ID names the delivery.
	ID string
	// RecordKey names the record at the extra interface over all revisions.
	RecordKey string
	// ContentKey is equal for equal facts.
	ContentKey string
	// Attempt counts the sends, from 1.
	Attempt int
	// FateUnknown means that an earlier send may have arrived.
	FateUnknown bool
	// Deadline is when remote writes must have begun. The context has it too.
	Deadline time.Time
	// RemoteID is the record's id from an earlier delivery, if any.
	RemoteID string
	// State is what an earlier Result asked to keep for the record.
	State []byte
	// Revision of the record, from 1.
	Revision uint64
	// CreateTime is when the host accepted what the delivery is about, the same on
	// every attempt. Zero if the host did not say.
	CreateTime time.Time
	// Traceparent is where the delivery stands in the trace of the call that caused it,
	// as that header of W3C Trace Context says it: what the plugin records of the
	// delivery is a child of it. Empty if that call had no trace. See TraceID, and
	// Plugin.SendTraceparent before an extra interface gets to see it.
	Traceparent string
}

// TrackingDelivery is a tracking record to forward. It belongs to the call: read
// it while the method runs, and do not change it.
type TrackingDelivery struct {
	Delivery
	// Record is never nil.
	Record *pluginv1.TrackingRecord
}

// OrderDelivery is an order to copy. It belongs to the call: read it while the
// method runs, and do not change it.
type OrderDelivery struct {
	Delivery
	// Order is never nil.
	Order *commercev1.Order
}

func newDelivery(header *pluginv1.DeliveryHeader, deadline time.Time) Delivery {
	d := Delivery{
		ID:          header.GetDeliveryId(),
		RecordKey:   header.GetRecordKey(),
		ContentKey:  header.GetContentKey(),
		Attempt:     int(header.GetAttempt()),
		FateUnknown: header.GetFateUnknown(),
		Deadline:    deadline,
		RemoteID:    header.GetRemoteId(),
		State:       header.GetState(),
		Revision:    header.GetRevision(),
		Traceparent: traceparentOf(header),
	}
	if header.GetCreateTime() != nil {
		d.CreateTime = header.GetCreateTime().AsTime()
	}
	return d
}

func newTrackingDelivery(d *pluginv1.TrackingDelivery, deadline time.Time) *TrackingDelivery {
	record := d.GetRecord()
	if record == nil {
		record = &pluginv1.TrackingRecord{}
	}
	return &TrackingDelivery{Delivery: newDelivery(d.GetHeader(), deadline), Record: record}
}

func newOrderDelivery(d *pluginv1.OrderDelivery, deadline time.Time) *OrderDelivery {
	order := d.GetOrder()
	if order == nil {
		order = &commercev1.Order{}
	}
	return &OrderDelivery{Delivery: newDelivery(d.GetHeader(), deadline), Order: order}
}
