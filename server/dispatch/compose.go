package dispatch

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/facts"
	"github.com/spurline/spurline/server/store"
)

// Composer builds what plugins get from what the store keeps. The zero value is
// ready.
type Composer struct {
	// Budget is the time the plugin has for the delivery.
	Budget time.Duration
	// budget is the same, shared by all headers. Nil if they have to make their own.
	budget *durationpb.Duration
}

// composed is a delivery ready to send.
type composed struct {
	tracking   *pluginv1.TrackingDelivery
	order      *pluginv1.OrderDelivery
	contentKey []byte
	// For the filter of the connection.
	fullOrder *commercev1.Order
	shipment  *commercev1.Shipment
}

// Tracking builds the delivery of a tracking record, with the facts of its order
// as they are known now.
func (c Composer) Tracking(
	loaded store.LoadedDelivery, connection store.Connection,
) (*pluginv1.TrackingDelivery, error) {
	built, err := c.compose(&loaded, &connection)
	if err != nil {
		return nil, err
	}
	return built.tracking, nil
}

// Order builds the delivery of an order.
func (c Composer) Order(loaded store.LoadedDelivery, connection store.Connection) (*pluginv1.OrderDelivery, error) {
	built, err := c.compose(&loaded, &connection)
	if err != nil {
		return nil, err
	}
	return built.order, nil
}

func (c Composer) compose(loaded *store.LoadedDelivery, connection *store.Connection) (composed, error) {
	if loaded.Delivery.Kind == store.OrderRecord {
		return c.composeOrder(loaded)
	}
	return c.composeTracking(loaded, connection)
}

// composeFresh is compose for a delivery that was just made, whose body this process
// has just encoded. An order that no filter has to see goes as it is: decoding it to
// encode it again would be a tenth of what a delivery costs here.
func (c Composer) composeFresh(
	loaded *store.LoadedDelivery, connection *store.Connection, last *lastOrder,
) (composed, error) {
	if loaded.Delivery.Kind != store.OrderRecord || connection.Filter != "" {
		return c.compose(loaded, connection)
	}
	last.be(loaded.Body)
	delivery := &pluginv1.OrderDelivery{Header: c.header(loaded, last.hex)}
	delivery.ProtoReflect().SetUnknown(last.field)
	return composed{order: delivery, contentKey: last.key[:]}, nil
}

// lastOrder is the order that was last composed without decoding it. The connections of a
// merchant get the same one, which is read and copied once for them. The zero value is
// ready.
type lastOrder struct {
	body []byte
	// field is the body as it stands in an OrderDelivery, which may share it.
	field protoreflect.RawFields
	key   *[sha256.Size]byte
	hex   string
}

func (l *lastOrder) be(body []byte) {
	if len(body) > 0 && len(body) == len(l.body) && &body[0] == &l.body[0] {
		return
	}
	key := sha256.Sum256(body)
	raw := make([]byte, 0, len(body)+2*binary.MaxVarintLen32)
	raw = protowire.AppendTag(raw, orderField, protowire.BytesType)
	*l = lastOrder{body: body, field: protowire.AppendBytes(raw, body), key: &key, hex: hex.EncodeToString(key[:])}
}

// orderField is the number of the order in an OrderDelivery.
var orderField = (*pluginv1.OrderDelivery)(nil).ProtoReflect().Descriptor().Fields().ByName("order").Number()

func (c Composer) composeOrder(loaded *store.LoadedDelivery) (composed, error) {
	order := &commercev1.Order{}
	if err := proto.Unmarshal(loaded.Body, order); err != nil {
		return composed{}, fmt.Errorf("decode stored order: %w", err)
	}
	key := sha256.Sum256(loaded.Body)
	return composed{
		order:      &pluginv1.OrderDelivery{Header: c.header(loaded, hex.EncodeToString(key[:])), Order: order},
		contentKey: key[:],
		fullOrder:  order,
		shipment:   &commercev1.Shipment{},
	}, nil
}

func (c Composer) composeTracking(loaded *store.LoadedDelivery, connection *store.Connection) (composed, error) {
	shipment := &commercev1.Shipment{}
	if err := proto.Unmarshal(loaded.Body, shipment); err != nil {
		return composed{}, fmt.Errorf("decode stored shipment: %w", err)
	}
	if len(shipment.Parcels) != 1 {
		return composed{}, fmt.Errorf("stored shipment has %d parcels instead of one", len(shipment.Parcels))
	}
	order := &commercev1.Order{}
	if err := proto.Unmarshal(loaded.OrderBody, order); err != nil {
		return composed{}, fmt.Errorf("decode stored order: %w", err)
	}
	record := &pluginv1.TrackingRecord{
		OrderId:             shipment.GetOrderId(),
		Parcel:              shipment.Parcels[0],
		ShipmentId:          shipment.GetShipmentId(),
		Order:               facts.Join(order, shipment, connection.Takes.Facts),
		ShipmentExtraFields: shipment.GetExtraFields(),
	}
	// Siblings and earlier orders are not part of the content: a further parcel of the
	// order does not make every other one a new revision, and one that is moved back is
	// what it was.
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(record)
	if err != nil {
		return composed{}, fmt.Errorf("encode tracking record: %w", err)
	}
	key := sha256.Sum256(raw)
	record.ParcelNumber = uint32(loaded.ParcelNumber)
	record.ParcelCount = uint32(loaded.ParcelCount)
	record.SiblingTrackingNumbers = loaded.Siblings
	record.VoidedSiblingTrackingNumbers = loaded.VoidedSiblings
	record.EarlierOrderIds = loaded.EarlierOrders
	return composed{
		tracking:   &pluginv1.TrackingDelivery{Header: c.header(loaded, hex.EncodeToString(key[:])), Record: record},
		contentKey: key[:],
		fullOrder:  order,
		shipment:   shipment,
	}, nil
}

func (c Composer) header(loaded *store.LoadedDelivery, contentKey string) *pluginv1.DeliveryHeader {
	d, budget := &loaded.Delivery, c.budget
	if budget == nil {
		budget = durationpb.New(c.Budget)
	}
	return &pluginv1.DeliveryHeader{
		DeliveryId:    d.ID.String(),
		ConnectionUid: connectionUID(d.Connection),
		RecordKey:     loaded.RecordKey,
		ContentKey:    contentKey,
		Attempt:       uint32(d.Sends + 1),
		FateUnknown:   d.FateUnknown,
		TimeBudget:    budget,
		RemoteId:      loaded.Remote.RemoteID,
		State:         loaded.Remote.State,
		Revision:      uint64(d.Revision),
		CreateTime:    timestamppb.New(d.CreateTime),
		Traceparent:   d.Trace.String(),
	}
}
