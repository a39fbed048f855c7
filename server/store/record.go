package store

import "time"

// RecordKind is the kind of record a delivery brings.
type RecordKind int

// The kinds. The numbers are stored.
const (
	// OrderRecord is an order.
	OrderRecord RecordKind = 1
	// TrackingRecord is a parcel with the facts of its order.
	TrackingRecord RecordKind = 2
)

// Order is an order as it is kept.
type Order struct {
	Key         int64
	MerchantKey int64
	MerchantID  string
	OrderID     string
	Revision    int64
	// SourceVersion is the last one that a caller gave, nil if there was none.
	SourceVersion *int64
	// Body is the serialised commerce.v1.Order as submitted.
	Body []byte
	// Hash names the content; equal hashes mean equal content.
	Hash   []byte
	Source string
	// LastChange is its place in the list of its merchant's orders: it grows with time,
	// and each revision gets another one.
	LastChange int64
	CreateTime time.Time
	UpdateTime time.Time
}

// Tracking is a tracking record as it is kept. Its identity is the merchant and
// the number's key, so that a number that moves to another order stays one
// record.
type Tracking struct {
	Key         int64
	MerchantKey int64
	MerchantID  string
	// NumberKey is the tracking number as it is compared.
	NumberKey string
	// Number is the tracking number as last submitted.
	Number     string
	OrderID    string
	ShipmentID string
	// Revision grows with other content, and when an order fact that a
	// connection joins to it changes.
	Revision      int64
	SourceVersion *int64
	// Body is a serialised commerce.v1.Shipment with this one parcel.
	Body       []byte
	Hash       []byte
	CreateTime time.Time
	UpdateTime time.Time
}

// ExtraFieldLevel says where an extra field stands. The numbers are those of
// spurline.api.v1.ExtraFieldLevel and are stored.
type ExtraFieldLevel int

// The levels.
const (
	OrderField    ExtraFieldLevel = 1
	LineItemField ExtraFieldLevel = 2
	ShipmentField ExtraFieldLevel = 3
	ParcelField   ExtraFieldLevel = 4
)

// MaxExtraFields is how many names of extra fields are recorded per merchant;
// further ones are not.
const MaxExtraFields = 1000

// ExtraField is a name of an extra field that was seen.
type ExtraField struct {
	Source    string
	Level     ExtraFieldLevel
	Name      string
	FirstSeen time.Time
}
