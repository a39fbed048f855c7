package dispatch

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
)

// Store is what dispatch needs of a store.
type Store interface {
	store.Lanes
	ConnectionByKey(ctx context.Context, key int64) (store.Connection, error)
	SetConnectionState(ctx context.Context, change store.StateChange) (bool, error)
	EndProbing(ctx context.Context, key, generation int64) error
}

// Plugins is what dispatch needs of the plugin host.
type Plugins interface {
	Calls
	// Describe returns the description of a plugin that takes calls now.
	Describe(plugin string) (description *pluginv1.Description, ready bool)
}

// Calls are the calls to the main process of a plugin, or to its isolated one.
// Errors are those of package pluginhost.
type Calls interface {
	ForwardTracking(ctx context.Context, plugin string, request *pluginv1.ForwardTrackingRequest,
		each func(*pluginv1.DeliveryResult)) error
	CopyOrders(ctx context.Context, plugin string, request *pluginv1.CopyOrdersRequest,
		each func(*pluginv1.DeliveryResult)) error
}

// Isolation are the calls to the isolated process of a plugin.
type Isolation interface {
	Calls
	// CheckConnection shows whether the process works without a delivery.
	CheckConnection(ctx context.Context, plugin string, request *pluginv1.CheckConnectionRequest,
	) (*pluginv1.CheckConnectionResponse, error)
}

// Vault opens what connections keep sealed, and seals it.
type Vault interface {
	// PluginConnection returns the connection as it rides on a call, with its
	// secrets opened.
	PluginConnection(
		connection store.Connection, description *pluginv1.Description) (*pluginv1.Connection, error)
	// SealState seals what a plugin asked to keep for the connection.
	SealState(connection store.Connection, state []byte) ([]byte, error)
}

// Tracer records attempts at deliveries whose callers record their trace. It is called
// for those alone, and must not wait.
type Tracer interface {
	// Attempt begins an attempt as a child of a sampled place, and returns the place of
	// what the plugin does for it. An attempt that was not made is not ended.
	Attempt(parent trace.Place, begin time.Time) (in trace.Place, end func(trace.Attempt))
}

// Options of a Dispatcher. Zero values stand for the defaults.
type Options struct {
	Store   Store
	Plugins Plugins
	// Isolation takes the deliveries that a plugin's process ended with.
	Isolation Isolation
	Vault     Vault
	Logger    *slog.Logger
	// Observer counts what happens; nobody does if nil.
	Observer Observer
	// Tracer records attempts; nobody does if nil, and plugins get the place of the
	// caller.
	Tracer Tracer

	// AttemptTimeout is the time a plugin has for one delivery: 60 s.
	AttemptTimeout time.Duration
	// DrainGrace is how long Run waits for calls under way when it is to end:
	// 20 s.
	DrainGrace time.Duration
	// FirstRecheck is how long after a refusal the settings of a lane are tested again:
	// 1 min.
	FirstRecheck time.Duration
	// Schedule says when failed deliveries go again.
	Schedule Schedule
	// CallsPerPlugin is how many calls a plugin gets at once: 64.
	CallsPerPlugin int
	// Fetchers is how many rounds of reads run at once: 4.
	Fetchers int
	// InFlight is how many deliveries may be under way in all, half of them of one
	// plugin: 8,192.
	InFlight int
	// Wall is the clock that is watched for being set: time.Now.
	Wall func() time.Time
}

func (o Options) withDefaults() Options {
	o.AttemptTimeout = cmp.Or(o.AttemptTimeout, 60*time.Second)
	o.DrainGrace = cmp.Or(o.DrainGrace, 20*time.Second)
	o.FirstRecheck = cmp.Or(o.FirstRecheck, time.Minute)
	o.CallsPerPlugin = cmp.Or(o.CallsPerPlugin, 64)
	o.Fetchers = cmp.Or(o.Fetchers, 4)
	o.InFlight = cmp.Or(o.InFlight, 8192)
	o.Observer = cmp.Or[Observer](o.Observer, unobserved{})
	if o.Wall == nil {
		o.Wall = time.Now
	}
	o.Schedule = o.Schedule.withDefaults()
	return o
}
