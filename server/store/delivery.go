package store

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/spurline/spurline/server/trace"
)

// DeliveryID names a delivery. Ids grow with time.
type DeliveryID int64

var deliveryEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// String writes the id as 13 characters of Crockford's base 32, which sort like
// the ids.
func (id DeliveryID) String() string {
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], uint64(id))
	return deliveryEncoding.EncodeToString(raw[:])
}

// ParseDeliveryID reads what String wrote.
func ParseDeliveryID(s string) (DeliveryID, error) {
	raw, err := deliveryEncoding.DecodeString(s)
	if err != nil || len(raw) != 8 || binary.BigEndian.Uint64(raw) > 1<<63-1 {
		return 0, fmt.Errorf("delivery id is not 13 characters of base 32")
	}
	id := DeliveryID(binary.BigEndian.Uint64(raw))
	if id.String() != s {
		return 0, fmt.Errorf("delivery id is not in its canonical form")
	}
	return id, nil
}

// DeliveryState is where a delivery is.
type DeliveryState int

// The states. The numbers are those of spurline.api.v1.DeliveryState and are
// stored.
const (
	Pending    DeliveryState = 1
	Blocked    DeliveryState = 2
	Delivered  DeliveryState = 3
	Skipped    DeliveryState = 4
	Failed     DeliveryState = 5
	Superseded DeliveryState = 6
	Cancelled  DeliveryState = 7
)

// Open says whether the delivery still has to go.
func (s DeliveryState) Open() bool { return s == Pending || s == Blocked }

// FateUnknown is the reason of a failed delivery that may have arrived, and whose
// repeat would make a second record.
const FateUnknown = "FATE_UNKNOWN"

// Outcome is what became of an attempt. The numbers are those of
// spurline.api.v1.AttemptOutcome and are stored.
type Outcome int

// The outcomes. All but the last come from the plugin.
const (
	OutcomeDelivered      Outcome = 1
	OutcomeAlreadyPresent Outcome = 2
	OutcomeSkipped        Outcome = 3
	OutcomeRetry          Outcome = 4
	OutcomeThrottled      Outcome = 5
	OutcomeRejected       Outcome = 6
	OutcomeUnauthorized   Outcome = 7
	OutcomeUnknown        Outcome = 8
	OutcomePluginLost     Outcome = 9
)

// FixScope says whose edit can mend a failed delivery. The numbers are those of
// spurline.api.v1.FixScope and are stored.
type FixScope int

// The scopes.
const (
	FixEither   FixScope = 0
	FixRecord   FixScope = 1
	FixSettings FixScope = 2
)

// Attempt is one try at a delivery.
type Attempt struct {
	Number          int
	Start           time.Time
	Duration        time.Duration
	Outcome         Outcome
	Reason          string
	Hint            string
	FixScope        FixScope
	HTTPStatus      int
	RequestExcerpt  string
	ResponseExcerpt string
	DifferingFields []string
}

// Delivery is the obligation to bring one revision of a record to a connection.
type Delivery struct {
	ID         DeliveryID
	Connection int64
	Kind       RecordKind
	// Record is the key of the order or tracking record.
	Record   int64
	Revision int64
	// Covers is the last revision of the record that brings nothing to the connection
	// beyond what this delivery brings, Revision or a later one.
	Covers int64

	State  DeliveryState
	Reason string
	Hint   string
	// FixScope of a failed delivery.
	FixScope FixScope
	// Due is when a pending delivery may go.
	Due time.Time
	// Sends counts every send, Spent those that count against the retries.
	Sends int
	Spent int
	// RetryAge is how long it has been tried: the spent attempts and the waits
	// after them. It stands still whenever something else keeps the delivery.
	RetryAge time.Duration
	// FateUnknown: an earlier send may have arrived.
	FateUnknown bool

	// Trace is that of the call that caused it, zero if that had none.
	Trace trace.Place

	CreateTime time.Time
	FinishTime time.Time
	// Last is the last attempt, nil if there was none.
	Last *Attempt

	// Facts of the record, for reading.
	MerchantID     string
	ConnectionID   string
	Plugin         string
	OrderID        string
	TrackingNumber string
	RemoteID       string
	RemoteURL      string
}

// DueDelivery is what dispatch needs to give a delivery its turn.
type DueDelivery struct {
	ID     DeliveryID
	Kind   RecordKind
	Record int64
	Due    time.Time
	// OrderID of the record, for the ordering scope.
	OrderID string
	// Size is about how many bytes the record takes in a call.
	Size int
}

// LoadedDelivery is a delivery with everything that is sent with it, read at one
// instant.
type LoadedDelivery struct {
	Delivery Delivery
	// Body is the record's current body: a serialised commerce.v1.Order for an
	// order, a serialised commerce.v1.Shipment with one parcel for a tracking
	// record.
	Body []byte
	// OrderBody is the order's body for a tracking record, nil if the order is
	// not known.
	OrderBody []byte
	// ParcelNumber and ParcelCount place the parcel among those of its order, in
	// the order of their acceptance; Siblings are the other numbers, at most 50, and
	// VoidedSiblings those of them that are voided.
	ParcelNumber   int
	ParcelCount    int
	Siblings       []string
	VoidedSiblings []string
	// EarlierOrders are those that the parcel belonged to before edits moved it, the last
	// one first, at most 10.
	EarlierOrders []string
	// RecordKey names the record for the plugin; it never changes.
	RecordKey string
	Remote    RemoteRecord
	// NeedsIntent: a send of it is unknown after an unclean end unless Lanes.Intend notes
	// it first. So it is where the connection takes Intents, and of what was made while it
	// did.
	NeedsIntent bool
}

// RemoteRecord is what is known of a record at an extra interface. It is kept
// per connection and record, whatever becomes of a delivery.
type RemoteRecord struct {
	// RemoteID is empty if the record never arrived there.
	RemoteID  string
	RemoteURL string
	// State is what the plugin keeps for the record.
	State []byte
	// ContentKey is the hash of the facts that arrived last.
	ContentKey []byte
}
