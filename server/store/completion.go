package store

import "time"

// Completion is the outcome of an attempt as dispatch judged it.
type Completion struct {
	ID DeliveryID
	// MerchantKey, Connection, Record and OrderID are those of the delivery as it was
	// loaded, which spares reading them again. Zero if they are not known.
	MerchantKey int64
	Connection  int64
	Record      RecordRef
	OrderID     string
	// Revision that went, if it is a later one than that of the delivery; the delivery
	// is one of that revision from now on. Zero if it is the delivery's own.
	Revision int64
	// State the delivery goes to: Pending, Delivered, Skipped or Failed. A
	// delivery that was superseded or cancelled while it was under way keeps its
	// state unless it goes to Delivered, which overrides it.
	State    DeliveryState
	Reason   string
	Hint     string
	FixScope FixScope
	// Due is when it goes again, if Pending.
	Due         time.Time
	Sends       int
	Spent       int
	RetryAge    time.Duration
	FateUnknown bool
	// Attempt is logged. Nil if the delivery ended without a send.
	Attempt *Attempt
	// Remote is what is known of the record there from now on. Nil leaves what is
	// stored.
	Remote *RemoteRecord
	// Present: Delivered because it was there already.
	Present bool
	Now     time.Time
}

// Throttle keeps an account still until a time.
type Throttle struct {
	Connection int64
	Generation int64
	NotBefore  time.Time
}

// PluginStateChange keeps what a plugin asked to keep for a connection, sealed.
type PluginStateChange struct {
	Connection int64
	Generation int64
	State      []byte
}
