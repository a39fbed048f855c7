package store

import (
	"context"
	"time"
)

// Page asks for part of a list. Lists are ordered by their own key, and After is
// the key of the last element seen, zero for the first page.
type Page struct {
	After int64
	// Limit is the most elements in the answer, at least 1.
	Limit int
}

// DeliveryFilter selects deliveries; zero fields do not filter.
type DeliveryFilter struct {
	MerchantKey  int64
	Connection   int64
	OrderID      string
	NumberKey    string
	State        DeliveryState
	Reason       string
	CreatedSince time.Time
}

// OrderFilter selects orders of a merchant; zero fields do not filter.
type OrderFilter struct {
	MerchantKey  int64
	Source       string
	UpdatedSince time.Time
}

// Lane says when a connection's next pending delivery is due.
type Lane struct {
	Connection int64
	// Due is when the earliest delivery that is not in Fresh is due, zero if there is
	// none.
	Due time.Time
	// Fresh are deliveries that are due now and were just made, of records that are
	// new. Whoever takes them needs not look for them; whoever does not finds them in
	// the lane.
	Fresh []FreshDelivery
}

// FreshDelivery is a delivery that was just made.
type FreshDelivery struct {
	DueDelivery
	// Loaded is the delivery with what is sent with it, but for the ids of its merchant,
	// connection and plugin. Nil if that has to be read.
	Loaded *LoadedDelivery
}

// Wake is called after a commit with the lanes that got pending deliveries by it, or
// lost one by CancelDelivery: what was Fresh before has to be looked for then. It must
// not block.
type Wake func(lanes []Lane)

// Change is called after a commit, before Wake, with the connections that it
// changed in what dispatch needs of them, or deleted. It is not called for what
// SetPluginState keeps. It must not block.
type Change func(connections []int64)

// Store keeps everything. See the package comment for what holds for all
// methods.
type Store interface {
	Intake
	Configuration
	Lanes
	Reader
	Mender

	// OnWake sets the function to call after commits that gave lanes work. Set it
	// before the first write.
	OnWake(wake Wake)
	// OnChange sets the function to call after commits that changed connections. Set it
	// before the first write.
	OnChange(change Change)
	// Close waits for running writes, marks the store as cleanly closed unless
	// LeaveUnclean was called, and releases it.
	Close() error
}

// Intake accepts records.
type Intake interface {
	// Accept keeps a record and makes the deliveries that follow from it, in one
	// commit with others. It upserts by order id or number key, see Verdict for
	// equal and older content. A new revision supersedes the open and the failed
	// deliveries of its record on the connections that get it, the others keep
	// theirs and get the newest content with them; if an order's facts change, so do the tracking
	// records of that order on the connections that join a changed fact: their
	// revision grows and new deliveries are made. Errors: ErrConfigChanged,
	// ErrRequestReused, ErrFull, ErrMerchantBacklog, ErrBacklog, ErrBusy, ErrClosed.
	Accept(ctx context.Context, submission Submission) (Receipt, error)
}

// Configuration keeps merchants and connections.
type Configuration interface {
	// CreateMerchant returns ErrExists if the id is taken.
	CreateMerchant(ctx context.Context, merchant Merchant) (Merchant, error)
	// UpdateMerchant changes the title. ErrNotFound; ErrVersion if Version is not
	// the stored one.
	UpdateMerchant(ctx context.Context, merchant Merchant) (Merchant, error)
	// DeleteMerchant returns ErrHasRecords if it has orders or tracking records, whether
	// or not it has connections; ErrInUse while it has connections only; ErrVersion if
	// version is not zero and not the stored one.
	DeleteMerchant(ctx context.Context, key, version int64) error
	// MerchantByID returns ErrNotFound.
	MerchantByID(ctx context.Context, id string) (Merchant, error)
	// Merchants lists by key.
	Merchants(ctx context.Context, page Page) ([]Merchant, error)

	// CreateConnection returns ErrExists if the id is taken. The key is never
	// used again, even after deletion.
	CreateConnection(ctx context.Context, connection Connection) (Connection, error)
	// EditConnection returns the connection and how many failed deliveries it
	// reopened. ErrNotFound, ErrVersion.
	EditConnection(ctx context.Context, edit ConnectionEdit) (Connection, int64, error)
	// SetConnectionState returns whether it changed anything.
	SetConnectionState(ctx context.Context, change StateChange) (bool, error)
	// DueRechecks returns paused connections of a plugin whose recheck is due at now, the
	// earliest first, and when the next one after these is, zero if there is none.
	DueRechecks(ctx context.Context, plugin string, now time.Time, limit int) ([]Connection, time.Time, error)
	// PlanRecheck changes when a recheck is due; dropped if none is planned any more
	// or the generation is another.
	PlanRecheck(ctx context.Context, recheck Recheck) error
	// StartProbing makes a paused connection with a planned recheck Active and
	// Probing, and wakes its lane; false if that is not its state any more.
	StartProbing(ctx context.Context, key, generation int64, now time.Time) (bool, error)
	// EndProbing notes that a send has confirmed the settings; dropped for another
	// generation.
	EndProbing(ctx context.Context, key, generation int64) error
	// SetCheckResult stores the result of a test.
	SetCheckResult(ctx context.Context, result CheckResult) error
	// SetTakes stores what connections of a plugin take, after its description
	// changed. Unknown keys are ignored.
	SetTakes(ctx context.Context, takes map[int64]Takes) error
	// DeleteConnection erases its secrets and plugin state and cancels its open
	// and failed deliveries, whose number it returns. ErrInUse if there are open
	// ones and force is false; ErrVersion if version is not zero and not the
	// stored one. The deliveries stay readable.
	DeleteConnection(ctx context.Context, key, version int64, force bool, now time.Time) (int64, error)
	// ConnectionByID returns ErrNotFound.
	ConnectionByID(ctx context.Context, merchantKey int64, id string) (Connection, error)
	// LastConnectionKey returns the key of the connection that has the id or, if none
	// has, of the last deleted one that had it. ErrNotFound if there was none.
	LastConnectionKey(ctx context.Context, merchantKey int64, id string) (int64, error)
	// ConnectionByKey returns ErrNotFound, also for a deleted one.
	ConnectionByKey(ctx context.Context, key int64) (Connection, error)
	// Connections lists by key; merchantKey zero lists those of all merchants.
	Connections(ctx context.Context, merchantKey int64, page Page) ([]Connection, error)
	// PlannedConnections returns the merchant's config version and what its
	// connections that are not disabled want, read at one instant.
	PlannedConnections(ctx context.Context, merchantKey int64) (int64, []Want, error)
	// ConnectionTotals returns the totals of a connection.
	ConnectionTotals(ctx context.Context, key int64) (Totals, error)
}

// Lanes is what dispatch needs.
type Lanes interface {
	// WaitingLanes returns every lane with a pending delivery, whatever the
	// connection's state.
	WaitingLanes(ctx context.Context) ([]Lane, error)
	// LateLanes looks at the next lanes after a key that have a pending delivery, at
	// most limit of them, and returns those of active connections whose earliest one was
	// due at a time or before. It takes time by the lanes that it looks at, not by what
	// waits in them.
	LateLanes(ctx context.Context, due time.Time, after int64, limit int) (LateLanes, error)
	// DueDeliveries answers the queries in their order, all at one instant.
	DueDeliveries(ctx context.Context, queries []DueQuery) ([]DueReading, error)
	// LoadDeliveries reads deliveries with what is sent with them, in the order
	// of the ids. Those that are not pending any more are left out.
	LoadDeliveries(ctx context.Context, ids []DeliveryID) ([]LoadedDelivery, error)
	// Preview reads one delivery as LoadDeliveries does, whatever its state.
	// ErrNotFound.
	PreviewDelivery(ctx context.Context, id DeliveryID) (LoadedDelivery, error)
	// Intend notes that the deliveries may be sent from now on, so that after an
	// unclean end these, what took their place, and no others of a connection that
	// takes Intents have an unknown fate. If it did not when they were made or last
	// failed, the others of that time have it too.
	Intend(ctx context.Context, ids []DeliveryID) error
	// Room returns ErrFull while the engine keeps what room it has left for the outcomes
	// of what is under way: then nothing else is to be sent. It does not wait for other
	// calls, and may be called often.
	Room() error
	// Complete writes outcomes down, in one commit with others.
	Complete(ctx context.Context, completions []Completion) error
	// LeaveUnclean has the store end as after a kill, because outcomes are lost: what may
	// have been sent has an unknown fate at the next start. It writes nothing and does not
	// wait, and may be called at any time.
	LeaveUnclean()
	// SetThrottle keeps an account still, which is every connection of its plugin
	// that has the same account id, now or later; a change for another generation of the connection
	// is dropped, and so is one that is earlier than what is stored.
	SetThrottle(ctx context.Context, throttle Throttle) error
	// SetPluginState keeps a plugin's connection state; a change for another
	// generation is dropped. Change is not called for it: whoever keeps a state knows it.
	SetPluginState(ctx context.Context, change PluginStateChange) error
	// BoundWaits ends at now plus the longest of its kind whatever waits longer, as
	// after the clock was set back, and wakes the lanes it concerns. What waits for its
	// order waits as long as its connection says if that is longer. It does so in steps,
	// and costs as much as there are connections if there is nothing to do. It may be
	// called again if it fails.
	BoundWaits(ctx context.Context, now time.Time, longest Waits) error
}

// Waits are the longest waits of each kind.
type Waits struct {
	// Delivery: of a pending delivery.
	Delivery time.Duration
	// Throttle: of an account that asked for it.
	Throttle time.Duration
	// Recheck: until settings are tested again.
	Recheck time.Duration
}

// LongestDelay is the longest that an extra interface may ask to wait.
const LongestDelay = 24 * time.Hour

// LongestWaits are waits that nothing exceeds while the clock goes on.
func LongestWaits() Waits {
	const jitter = LongestDelay / 10
	return Waits{Delivery: LongestDelay, Throttle: LongestDelay + jitter, Recheck: time.Hour}
}

// LateLanes are lanes with something overdue.
type LateLanes struct {
	// Lanes by their connection. They have nothing fresh.
	Lanes []Lane
	// Next is the last lane that was looked at, zero if there are none after it.
	Next int64
}

// DueQuery asks for at most Limit pending deliveries of a lane that are due at Now.
type DueQuery struct {
	Connection int64
	Now        time.Time
	Limit      int
	// Except leaves out deliveries under way.
	Except []DeliveryID
	// BusyRecords leaves out records that have a delivery under way, BusyOrders
	// every record of orders that have.
	BusyRecords []RecordRef
	BusyOrders  []string
}

// DueReading answers a DueQuery.
type DueReading struct {
	// Due are in the order of their due time and id.
	Due []DueDelivery
	// Next is when the earliest pending delivery is due that is neither in Due nor in
	// Except, zero if there is none. It is not after Now if one is busy. If Due has as
	// many as were asked for, only that is known.
	Next time.Time
}

// RecordRef names a record.
type RecordRef struct {
	Kind RecordKind
	Key  int64
}

// Reader reads records for people.
type Reader interface {
	// OrderByID returns ErrNotFound.
	OrderByID(ctx context.Context, merchantKey int64, orderID string) (Order, error)
	// Orders lists by the last change, the last first; the page's key is LastChange.
	Orders(ctx context.Context, filter OrderFilter, page Page) ([]Order, error)
	// OrderRevisions lists the revisions of an order, the last first; the page's
	// key is the revision.
	OrderRevisions(ctx context.Context, orderKey int64, page Page) ([]Order, error)
	// OrderTracking returns the tracking records of an order, oldest first, at
	// most 1,000.
	OrderTracking(ctx context.Context, merchantKey int64, orderID string) ([]Tracking, error)
	// MovedTracking returns the tracking records that were of an order and are of another
	// one now, oldest first, at most 50.
	MovedTracking(ctx context.Context, merchantKey int64, orderID string) ([]Tracking, error)
	// FindOrders returns the merchants that have the order or tracking of it, or had that;
	// merchantKey zero looks at all. At most 100.
	FindOrders(ctx context.Context, merchantKey int64, orderID string) ([]Merchant, error)
	// FindTracking returns the tracking records of that number; merchantKey zero
	// looks at all. At most 100.
	FindTracking(ctx context.Context, merchantKey int64, numberKey string) ([]Tracking, error)
	// ExtraFields lists the names seen, by source, level and name.
	ExtraFields(ctx context.Context, merchantKey int64) ([]ExtraField, error)

	// DeliveryByID returns ErrNotFound.
	DeliveryByID(ctx context.Context, id DeliveryID) (Delivery, error)
	// Deliveries lists by id, the last first; the page's key is the id.
	Deliveries(ctx context.Context, filter DeliveryFilter, page Page) ([]Delivery, error)
	// RecordDeliveries returns the last delivery of a record on each connection
	// that ever got one, deleted ones too.
	RecordDeliveries(ctx context.Context, record RecordRef) ([]Delivery, error)
	// Attempts lists by number, the last first; the page's key is the number.
	Attempts(ctx context.Context, id DeliveryID, page Page) ([]Attempt, error)
}

// Mender changes deliveries by hand.
type Mender interface {
	// RetryDelivery makes a failed, skipped or cancelled delivery pending and due
	// at now, with its spent attempts forgotten, or blocked if its order has to go
	// first; a pending one becomes due at now, a blocked one stays so.
	// ErrNotFound; ErrWrongState if it was delivered or superseded, if the record
	// has a later delivery on that connection, or if the connection is deleted.
	RetryDelivery(ctx context.Context, id DeliveryID, now time.Time) error
	// RetryFailed does so for at most limit failed deliveries of a connection,
	// with the reason if it is not empty, and returns how many. Where a repeat makes a
	// second record, only RetryDelivery, and reason FATE_UNKNOWN here, forget that an
	// earlier send may have arrived.
	RetryFailed(ctx context.Context, connection int64, reason string, limit int, now time.Time) (int64, error)
	// CancelDelivery ends an open or failed delivery. ErrNotFound, ErrWrongState.
	CancelDelivery(ctx context.Context, id DeliveryID, now time.Time) error
}
