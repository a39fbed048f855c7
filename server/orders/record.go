package orders

import (
	"time"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/store"
)

// record is what a story needs to know of an order or a tracking record.
type record struct {
	ref        store.RecordRef
	number     string
	revision   int64
	createTime time.Time
	updateTime time.Time
	// orderUnknown: the order of a tracking record was not submitted yet.
	orderUnknown bool
}

func orderRecord(o store.Order) record {
	return record{
		ref:      store.RecordRef{Kind: store.OrderRecord, Key: o.Key},
		revision: o.Revision, createTime: o.CreateTime, updateTime: o.UpdateTime,
	}
}

func trackingRecord(t store.Tracking) record {
	return record{
		ref:    store.RecordRef{Kind: store.TrackingRecord, Key: t.Key},
		number: t.Number, revision: t.Revision, createTime: t.CreateTime, updateTime: t.UpdateTime,
	}
}

// noun is what the sentences call it.
func (r record) noun() string {
	if r.ref.Kind == store.OrderRecord {
		return "order"
	}
	return "tracking record"
}

// submit is the call that brings an edit of it.
func (r record) submit() string {
	if r.ref.Kind == store.OrderRecord {
		return "SubmitOrder"
	}
	return "SubmitTracking"
}

func (r record) takenBy(takes store.Takes) bool {
	if r.ref.Kind == store.OrderRecord {
		return takes.Orders
	}
	return takes.Tracking
}

func (r record) toProto() *apiv1.RecordStory {
	return &apiv1.RecordStory{
		Kind:           apiv1.RecordKind(r.ref.Kind),
		TrackingNumber: r.number,
		Revision:       uint64(r.revision),
		CreateTime:     timeToProto(r.createTime),
		UpdateTime:     timeToProto(r.updateTime),
	}
}

// plugin is what a story needs to know of a plugin.
type plugin struct {
	name  string
	title string
	// trouble says why it takes no deliveries now; empty if it does.
	trouble string
}
