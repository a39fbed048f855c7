package apitest

import (
	"crypto/sha256"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/validation"
)

// Merchant makes a merchant.
func Merchant(t *testing.T, kept store.Store, id string) store.Merchant {
	t.Helper()
	now := time.Now()
	merchant, err := kept.CreateMerchant(t.Context(), store.Merchant{ID: id, CreateTime: now, UpdateTime: now})
	if err != nil {
		t.Fatal(err)
	}
	return merchant
}

// Connect makes an active connection that takes orders and tracking, changed as
// the test wants.
func Connect(
	t *testing.T, kept store.Store, merchant store.Merchant, id string, change ...func(*store.Connection),
) store.Connection {
	t.Helper()
	now := time.Now()
	connection := store.Connection{
		MerchantKey: merchant.Key, MerchantID: merchant.ID, ID: id, Plugin: "aftership", Generation: 1,
		Takes: store.Takes{Tracking: true}, State: store.Active, Check: store.Untested, Version: 1,
		CreateTime: now, UpdateTime: now,
	}
	for _, c := range change {
		c(&connection)
	}
	created, err := kept.CreateConnection(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// SubmitOrder keeps an order at a time, for the connections that want it.
func SubmitOrder(
	t *testing.T, kept store.Store, merchant store.Merchant, order *commercev1.Order, now time.Time,
) store.RecordReceipt {
	t.Helper()
	body := encode(t, order)
	hash := sha256.Sum256(body)
	return accept(t, kept, store.Submission{
		MerchantKey: merchant.Key, Now: now,
		Order: &store.OrderSubmission{
			OrderID: order.GetOrderId(), Body: body, Hash: hash[:], Source: order.GetOrderSource(),
		},
	}, func(takes store.Takes) bool { return takes.Orders })
}

// SubmitParcel keeps a tracking record at a time, for the connections that want
// it.
func SubmitParcel(
	t *testing.T, kept store.Store, merchant store.Merchant, orderID string, parcel *commercev1.Parcel, now time.Time,
) store.RecordReceipt {
	t.Helper()
	body := encode(t, &commercev1.Shipment{OrderId: orderID, Parcels: []*commercev1.Parcel{parcel}})
	hash := sha256.Sum256(body)
	return accept(t, kept, store.Submission{
		MerchantKey: merchant.Key, Now: now,
		Parcels: []store.ParcelSubmission{{
			NumberKey: validation.NumberKey(parcel.GetTrackingNumber()), Number: parcel.GetTrackingNumber(),
			OrderID: orderID, Body: body, Hash: hash[:],
		}},
	}, func(takes store.Takes) bool { return takes.Tracking })
}

func accept(
	t *testing.T, kept store.Store, submission store.Submission, takes func(store.Takes) bool,
) store.RecordReceipt {
	t.Helper()
	version, wants, err := kept.PlannedConnections(t.Context(), submission.MerchantKey)
	if err != nil {
		t.Fatal(err)
	}
	submission.ConfigVersion = version
	for _, want := range wants {
		if takes(want.Takes) {
			submission.Wants = append(submission.Wants, want)
		}
	}
	receipt, err := kept.Accept(t.Context(), submission)
	if err != nil {
		t.Fatal(err)
	}
	return receipt.Records[0]
}

func encode(t *testing.T, m proto.Message) []byte {
	t.Helper()
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// End writes down that an attempt ended a delivery.
func End(t *testing.T, kept store.Store, id store.DeliveryID, state store.DeliveryState, attempt store.Attempt) {
	t.Helper()
	completion := store.Completion{
		ID: id, State: state, Reason: attempt.Reason, Hint: attempt.Hint, FixScope: attempt.FixScope,
		Sends: attempt.Number, Spent: attempt.Number, Attempt: &attempt, Now: attempt.Start,
	}
	if state == store.Delivered {
		completion.Remote = &store.RemoteRecord{
			RemoteID: "remote-" + id.String(), RemoteURL: "https://remote.test/" + id.String(),
		}
	}
	if err := kept.Complete(t.Context(), []store.Completion{completion}); err != nil {
		t.Fatal(err)
	}
}
