package orders

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
)

// orderToProto shows an order as submitted, to readers who may see its personal
// data.
func (s *Service) orderToProto(ctx context.Context, o store.Order) (*apiv1.StoredOrder, error) {
	order := &commercev1.Order{}
	if err := proto.Unmarshal(o.Body, order); err != nil {
		return nil, s.unreadable(ctx, "order", o.Key, err)
	}
	return &apiv1.StoredOrder{
		Merchant:      resource.Merchant(o.MerchantID),
		Order:         order,
		Revision:      uint64(o.Revision),
		SourceVersion: o.SourceVersion,
		CreateTime:    timeToProto(o.CreateTime),
		UpdateTime:    timeToProto(o.UpdateTime),
	}, nil
}

func (s *Service) parcelToProto(ctx context.Context, t store.Tracking) (*apiv1.StoredParcel, error) {
	shipment := &commercev1.Shipment{}
	if err := proto.Unmarshal(t.Body, shipment); err != nil {
		return nil, s.unreadable(ctx, "tracking record", t.Key, err)
	}
	shown := &apiv1.StoredParcel{
		OrderId:    t.OrderID,
		ShipmentId: t.ShipmentID,
		Revision:   uint64(t.Revision),
		CreateTime: timeToProto(t.CreateTime),
		UpdateTime: timeToProto(t.UpdateTime),
	}
	if parcels := shipment.GetParcels(); len(parcels) > 0 {
		shown.Parcel = parcels[0]
	}
	return shown, nil
}

func (s *Service) unreadable(ctx context.Context, kind string, key int64, err error) error {
	s.options.Logger.ErrorContext(ctx, "stored record not decoded", "kind", kind, "key", key, "error", err)
	return fault.New(codes.DataLoss, apiv1.ErrorReason_ERROR_REASON_INTERNAL,
		"a stored %s cannot be decoded; submit it again, the server's log names it", kind)
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
