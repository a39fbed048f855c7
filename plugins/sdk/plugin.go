package sdk

import (
	"context"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Plugin declares a plugin. S is the struct of its settings, see the package
// comment for its tags; I is what handles deliveries of one connection, with
// one method set per contract: TrackingForwarder, OrderCopier or both, and
// optionally Checker, TrackingPreviewer, OrderPreviewer and io.Closer. Which of
// them I has is read off its type, so no instance is made to describe a plugin.
type Plugin[S, I any] struct {
	// Name is what connections refer to, "[a-z0-9-]". The binary is
	// "spurline-plugin-" and this name. Required.
	Name string
	// Version is semantic. Required.
	Version string
	// Title is the name of the extra interface as shown. Required.
	Title string
	// SetupSteps are what a merchant does to connect, in order.
	SetupSteps []string
	// Lifecycle is zero for a plugin in use.
	Lifecycle Lifecycle
	// JoinedFacts are the facts of the order wanted on tracking records.
	JoinedFacts []JoinedFact
	// Pace says how fast one account may be called.
	Pace Pace
	// Scope is what goes out one at a time. Unspecified is read as per order.
	Scope pluginv1.OrderingScope
	// Idempotency says what a repeat does. Unspecified is read as none.
	Idempotency pluginv1.Idempotency
	// New makes the instance of a connection: once per generation of its
	// settings, also when many deliveries come at once. It calls nobody: an
	// error is reported as a fault of the settings, an error of type Faults as
	// one of each setting that it names. The server stores no settings that New
	// refuses, as far as it can ask, and a connection that has such settings
	// waits for their edit. Where the tags refuse some settings, New is called
	// without those, to find what else is wrong. The instance is used by
	// many goroutines at once. If it is an io.Closer, it is closed once it is
	// replaced or was idle for ten minutes, and no delivery uses it. Instances
	// for checks and previews are made and closed apart.
	New func(env Env, settings S) (I, error)
	// SendTraceparent has Env.HTTP send the header traceparent with the requests that
	// are made with the context of a delivery, so that what the extra interface records
	// of them belongs to the trace of the call that caused it. Off, nothing of a trace
	// leaves the plugin: its ids are random, but they tell which requests belong together,
	// and a third party that takes them up decides what of it is recorded. So it is for
	// systems of one's own. A request that has the header keeps what it has.
	SendTraceparent bool
	// Clock is nil for that of the machine. Tests set another one.
	Clock Clock
}

// Lifecycle says whether the plugin has a future. The zero value is active.
type Lifecycle struct {
	// Deprecated plugins work but will end.
	Deprecated bool
	// Message says why, and what to do.
	Message string
	// Replacement is the name of the plugin that follows.
	Replacement string
	// EndDate is the last day, "YYYY-MM-DD".
	EndDate string
}

// JoinedFact asks for a fact of the order on every tracking record.
type JoinedFact struct {
	// Fact is what is wanted.
	Fact pluginv1.OrderFact
	// WhenSetting names a bool setting without which the fact stays away.
	WhenSetting string
}

// TrackingForwarder takes tracking records, one per tracking number.
type TrackingForwarder interface {
	// ForwardTracking sends one record. It is called by many goroutines at
	// once, at most Pace.Concurrency per account. The context ends with the
	// delivery's deadline; nothing may be written remotely after it. A panic is
	// reported as fate unknown.
	ForwardTracking(ctx context.Context, d *TrackingDelivery) Result
}

// OrderCopier takes whole orders.
type OrderCopier interface {
	// CopyOrder sends one order, under the rules of ForwardTracking.
	CopyOrder(ctx context.Context, d *OrderDelivery) Result
}

// Checker tests a connection. An instance that is none passes every test that
// its settings pass.
type Checker interface {
	// CheckConnection writes nothing at the extra interface.
	CheckConnection(ctx context.Context) CheckResult
}

// TrackingPreviewer shows what ForwardTracking would send.
type TrackingPreviewer interface {
	// PreviewTracking calls nobody.
	PreviewTracking(d *TrackingDelivery) (Preview, error)
}

// OrderPreviewer shows what CopyOrder would send.
type OrderPreviewer interface {
	// PreviewOrder calls nobody.
	PreviewOrder(d *OrderDelivery) (Preview, error)
}
