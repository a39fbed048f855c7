package plugintest

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// budget is what deliveries of a test have unless it says otherwise.
const budget = 30 * time.Second

// Header returns the header of a first delivery to the host's connection.
func Header(id string) *pluginv1.DeliveryHeader {
	return &pluginv1.DeliveryHeader{
		DeliveryId: id, ConnectionUid: ConnectionUID, RecordKey: "record-" + id, ContentKey: "content-" + id,
		Attempt: 1, TimeBudget: durationpb.New(budget), Revision: 1,
		CreateTime: timestamppb.New(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)),
	}
}

// Tracking returns a first delivery of the only parcel of an order. The record
// is the caller's to extend.
func Tracking(id, trackingNumber string) *pluginv1.TrackingDelivery {
	return &pluginv1.TrackingDelivery{
		Header: Header(id),
		Record: &pluginv1.TrackingRecord{
			OrderId: "order-" + id, Parcel: &commercev1.Parcel{TrackingNumber: trackingNumber},
			ParcelNumber: 1, ParcelCount: 1,
		},
	}
}

// Order returns a first delivery of an order.
func Order(id string, order *commercev1.Order) *pluginv1.OrderDelivery {
	return &pluginv1.OrderDelivery{Header: Header(id), Order: order}
}

// Budget is the time of a delivery, for its header.
func Budget(d time.Duration) *durationpb.Duration { return durationpb.New(d) }
