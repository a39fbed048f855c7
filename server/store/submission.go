package store

import (
	"time"

	"github.com/spurline/spurline/server/trace"
)

// Want says that a connection gets the submitted kind of record. Intake plans
// the wants; the store turns them into deliveries inside the accept commit.
type Want struct {
	Connection int64
	Takes      Takes
	// WaitForOrder delays a tracking record whose order is unknown.
	WaitForOrder time.Duration
}

// OrderSubmission is an order to accept.
type OrderSubmission struct {
	OrderID       string
	Body          []byte
	Hash          []byte
	SourceVersion *int64
	Source        string
	Facts         FactDigests
	// FactsLeftOut says that Facts were not looked for, because no connection of the
	// plan joins any. One that is made later may: FactsOf finds them then.
	FactsLeftOut bool
	// FactsOf returns the facts of an order, this one or an earlier revision, from its
	// body. Nil finds none.
	FactsOf func(body []byte) (FactDigests, error)
}

// ParcelSubmission is a parcel to accept.
type ParcelSubmission struct {
	NumberKey  string
	Number     string
	OrderID    string
	ShipmentID string
	// Voided means that the parcel does not exist any more.
	Voided bool
	Body   []byte
	Hash   []byte
	// Facts are those that the shipment carries itself.
	Facts FactDigests
}

// Submission is one order or one shipment to accept, with its plan.
type Submission struct {
	MerchantKey int64
	// ConfigVersion of the merchant that the wants were planned against. The
	// accept commit fails with ErrConfigChanged if it is not the stored one, so
	// that no record misses a connection made a moment ago.
	ConfigVersion int64
	Wants         []Want

	// Exactly one of Order and Parcels is set. Parcels are accepted all or none
	// and have different NumberKeys.
	Order   *OrderSubmission
	Parcels []ParcelSubmission
	// SourceVersion of all parcels.
	SourceVersion *int64

	// RequestID is empty if the caller gave none. RequestHash names everything
	// that was submitted under it: a repeat with the same hash gets the stored
	// receipt, with another one ErrRequestReused.
	RequestID   string
	RequestHash []byte

	// ExtraFields are the names in the record; FirstSeen is not read.
	ExtraFields []ExtraField
	// Trace is that of the call that submits it, zero if it has none. The deliveries
	// that are made keep it; what the submission does not make keeps its own.
	Trace trace.Place
	Now   time.Time
}

// Result says what a submission changed. The numbers are those of
// spurline.api.v1.SubmitResult.
type Result int

// The results.
const (
	// Created: the record is new.
	Created Result = 1
	// Revised: other content than stored.
	Revised Result = 2
	// Unchanged: equal content; nothing changed.
	Unchanged Result = 3
	// Stale: older source version than stored; nothing changed.
	Stale Result = 4
)

// DeliveryRef names a delivery that a submission made.
type DeliveryRef struct {
	ID         DeliveryID
	Connection int64
}

// RecordReceipt answers for one record.
type RecordReceipt struct {
	Result     Result
	Revision   int64
	Deliveries []DeliveryRef
}

// Receipt answers for a submission: one record for an order, one per parcel in
// the order of the submission.
type Receipt struct {
	Records []RecordReceipt
}

// RequestRetention is how long a request id is kept at least.
const RequestRetention = 7 * 24 * time.Hour

// Verdict compares a submitted record with the stored one. An older source
// version is Stale whatever the content; equal content is Unchanged.
func Verdict(storedHash, hash []byte, stored, submitted *int64) Result {
	switch {
	case stored != nil && submitted != nil && *submitted < *stored:
		return Stale
	case string(storedHash) == string(hash):
		return Unchanged
	default:
		return Revised
	}
}
