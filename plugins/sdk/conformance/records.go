package conformance

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// placeholder becomes a number of its own in every record.
const placeholder = "{n}"

// delivery is one of either contract.
type delivery struct {
	header   *pluginv1.DeliveryHeader
	tracking *pluginv1.TrackingRecord
	order    *commercev1.Order
}

func (d *delivery) id() string { return d.header.GetDeliveryId() }

// again is the same delivery as the host repeats it.
func (d *delivery) again() *delivery {
	header, _ := proto.Clone(d.header).(*pluginv1.DeliveryHeader)
	header.DeliveryId += "-again"
	header.Attempt++
	return &delivery{header: header, tracking: d.tracking, order: d.order}
}

// fateUnknown is again, announced as one that may have arrived.
func (d *delivery) fateUnknown() *delivery {
	repeat := d.again()
	repeat.header.FateUnknown = true
	return repeat
}

func defaultTracking() []*pluginv1.TrackingRecord {
	return []*pluginv1.TrackingRecord{{
		OrderId: "CONFORM-" + placeholder, ParcelNumber: 1, ParcelCount: 1,
		Parcel: &commercev1.Parcel{
			TrackingNumber: "1Z999AA1" + placeholder, Carrier: proto.String("UPS"), ShipDate: proto.String("2026-11-20"),
		},
		Order: &commercev1.Order{
			OrderId: "CONFORM-" + placeholder, OrderSource: proto.String("conformance"),
			ShipTo: &commercev1.Address{CountryCode: proto.String("DE")},
		},
	}}
}

func defaultOrders() []*commercev1.Order {
	return []*commercev1.Order{{
		OrderId: "CONFORM-" + placeholder, OrderNumber: proto.String(placeholder),
		OrderSource: proto.String("conformance"),
		OrderTime:   timestamppb.New(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)),
		ShipTo: &commercev1.Address{
			Name: proto.String("Jane Doe"), City: proto.String("Berlin"), CountryCode: proto.String("DE"),
		},
		LineItems: []*commercev1.LineItem{{Sku: proto.String("LP-15"), Quantity: "2"}},
	}}
}

// newDelivery is a first delivery of the next sample record to a connection.
func (s *suite) newDelivery(contract pluginv1.Contract, connection *pluginv1.Connection) *delivery {
	n := s.counter.Add(1)
	number := fmt.Sprintf("%010d", n)
	d := &delivery{header: &pluginv1.DeliveryHeader{
		DeliveryId: "delivery-" + number, ConnectionUid: connection.GetUid(), RecordKey: "record-" + number,
		ContentKey: "content-" + number, Attempt: 1, Revision: 1, TimeBudget: durationpb.New(s.patience),
		CreateTime: timestamppb.Now(),
	}}
	if contract == pluginv1.Contract_CONTRACT_ORDER_COPY {
		samples := s.orders
		d.order, _ = proto.Clone(samples[int(n)%len(samples)]).(*commercev1.Order)
		putNumber(d.order, number)
		return d
	}
	samples := s.tracking
	d.tracking, _ = proto.Clone(samples[int(n)%len(samples)]).(*pluginv1.TrackingRecord)
	putNumber(d.tracking, number)
	return d
}

// putNumber replaces the placeholder in every text of a message.
func putNumber(message proto.Message, number string) {
	replaceTexts(message.ProtoReflect(), func(text string) string {
		return strings.ReplaceAll(text, placeholder, number)
	})
}

func replaceTexts(message protoreflect.Message, replace func(string) string) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			entries := value.Map()
			entries.Range(func(key protoreflect.MapKey, item protoreflect.Value) bool {
				if field.MapValue().Kind() == protoreflect.StringKind {
					entries.Set(key, protoreflect.ValueOfString(replace(item.String())))
				}
				return true
			})
		case field.IsList():
			for i := range value.List().Len() {
				switch item := value.List().Get(i); field.Kind() {
				case protoreflect.StringKind:
					value.List().Set(i, protoreflect.ValueOfString(replace(item.String())))
				case protoreflect.MessageKind:
					replaceTexts(item.Message(), replace)
				default:
				}
			}
		case field.Kind() == protoreflect.StringKind:
			message.Set(field, protoreflect.ValueOfString(replace(value.String())))
		case field.Kind() == protoreflect.MessageKind:
			replaceTexts(value.Message(), replace)
		default:
		}
		return true
	})
}
