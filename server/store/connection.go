package store

import "time"

// ConnectionState says whether deliveries are made and sent.
type ConnectionState int

// The states of a connection. The numbers are stored.
const (
	// Active: deliveries are made and sent.
	Active ConnectionState = 1
	// Paused: deliveries are made and wait.
	Paused ConnectionState = 2
	// Disabled: no deliveries are made; those that are open wait.
	Disabled ConnectionState = 3
)

// CheckState is the result of the last test of a connection's saved settings.
type CheckState int

// The results of a test. The numbers are stored.
const (
	// Untested: no test of these settings has succeeded yet.
	Untested CheckState = 1
	// Passed: the last test succeeded.
	Passed CheckState = 2
	// Faulty: the last test found faults.
	Faulty CheckState = 3
)

// Takes says what records a connection gets. It follows from the plugin's
// description and the connection's settings, and is stored with the connection
// so that planning needs no running plugin.
type Takes struct {
	Orders   bool
	Tracking bool
	// Facts are the order facts joined to its tracking records.
	Facts FactSet
	// ScopePerOrder: one delivery at a time per order instead of per record.
	ScopePerOrder bool
	// Intents: the plugin can neither recognise nor look up a repeat, so that each
	// send is noted by Lanes.Intend before it is made. See also
	// LoadedDelivery.NeedsIntent.
	Intents bool
}

// Connection is a merchant's use of one extra interface. Its key is also the
// key of its lane.
type Connection struct {
	Key         int64
	MerchantKey int64
	MerchantID  string
	// ID is unique within the merchant.
	ID       string
	Plugin   string
	Title    string
	Settings map[string]string
	// Secrets is the sealed map of secrets, opaque to the store.
	Secrets []byte
	// SecretTimes says when each secret was set.
	SecretTimes map[string]time.Time
	// Generation grows with every change of settings or secrets.
	Generation   int64
	Filter       string
	WaitForOrder time.Duration
	AllowRepeats bool
	Takes        Takes

	State       ConnectionState
	PauseReason string
	PauseHint   string
	// RecheckTime is when the settings of a lane that its extra interface paused
	// are tested again, RecheckWait how long it waited for that; zero if only an
	// edit or an operator resumes it.
	RecheckTime time.Time
	RecheckWait time.Duration
	// Probing: Active after such a test, and not yet confirmed by a send.
	Probing bool

	Check       CheckState
	CheckTime   time.Time
	AccountID   string
	AccountName string

	// PluginState is what the plugin keeps for the connection, sealed.
	PluginState []byte
	// NotBefore: nothing goes to the account before, zero if nothing waits.
	NotBefore time.Time

	// Version grows with every edit by a caller.
	Version    int64
	CreateTime time.Time
	UpdateTime time.Time
}

// ConnectionEdit is a change of a connection by a caller.
type ConnectionEdit struct {
	// Connection is the connection with its new values. Its Version must be the
	// stored one, else ErrVersion. What callers do not edit (state, check,
	// account, plugin state, not-before) is left as stored.
	Connection Connection
	// SettingsChanged: settings or secrets are other ones. The generation grows,
	// the check state becomes Untested, the account, the plugin state and NotBefore
	// are cleared, deliveries failed with scope settings or none are reopened, and a
	// lane that its extra interface paused (PauseReason is not PausedByOperator)
	// is resumed.
	SettingsChanged bool
	Now             time.Time
}

// PausedByOperator is the pause reason of a connection that a caller paused. An
// edit does not resume such a lane.
const PausedByOperator = "PAUSED_BY_OPERATOR"

// CheckResult is the result of a test to be stored.
type CheckResult struct {
	Connection int64
	// Generation of the settings that were tested; a result for another
	// generation is dropped.
	Generation  int64
	Check       CheckState
	AccountID   string
	AccountName string
	Now         time.Time
}

// Recheck plans the next test of a paused connection.
type Recheck struct {
	Connection int64
	Generation int64
	Time       time.Time
	Wait       time.Duration
}

// StateChange makes a connection Active, Paused or Disabled. It ends a recheck and
// a probe.
type StateChange struct {
	Connection int64
	// Generation, if not zero, must be the stored one, else nothing changes:
	// outcomes of older settings never pause a lane.
	Generation int64
	State      ConnectionState
	Reason     string
	Hint       string
	// Recheck plans a test after that time, if not zero.
	Recheck time.Duration
	Now     time.Time
}

// Totals count what became of a connection's deliveries since it exists. They
// are written in the same commit as the change they count and outlive retention
// (promise P2): Made = Open + Delivered + Skipped + Failed + Superseded +
// Cancelled at every instant.
type Totals struct {
	Made       int64
	Delivered  int64
	Present    int64 // part of Delivered: was there already
	Skipped    int64
	Failed     int64
	Superseded int64
	Cancelled  int64
}

// Open is the number of pending and blocked deliveries.
func (t Totals) Open() int64 {
	return t.Made - t.Delivered - t.Skipped - t.Failed - t.Superseded - t.Cancelled
}
