package connections

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/store"
)

// Store is what the service needs of a store.
type Store interface {
	lookup.Store
	CreateConnection(ctx context.Context, connection store.Connection) (store.Connection, error)
	EditConnection(ctx context.Context, edit store.ConnectionEdit) (store.Connection, int64, error)
	SetConnectionState(ctx context.Context, change store.StateChange) (bool, error)
	SetCheckResult(ctx context.Context, result store.CheckResult) error
	DeleteConnection(ctx context.Context, key, version int64, force bool, now time.Time) (int64, error)
	ConnectionByKey(ctx context.Context, key int64) (store.Connection, error)
	Connections(ctx context.Context, merchantKey int64, page store.Page) ([]store.Connection, error)
	RetryFailed(ctx context.Context, connection int64, reason string, limit int, now time.Time) (int64, error)
	ConnectionTotals(ctx context.Context, key int64) (store.Totals, error)
	DueRechecks(ctx context.Context, plugin string, now time.Time, limit int) ([]store.Connection, time.Time, error)
	PlanRecheck(ctx context.Context, recheck store.Recheck) error
	StartProbing(ctx context.Context, key, generation int64, now time.Time) (bool, error)
}

// Plugins is what the service needs of the plugin host.
type Plugins interface {
	lookup.Plugins
	// CheckConnection needs a deadline. Its errors are those of pluginhost.
	CheckConnection(ctx context.Context, plugin string, request *pluginv1.CheckConnectionRequest) (
		*pluginv1.CheckConnectionResponse, error)
	// CheckSettings needs a deadline. Its errors are those of pluginhost.
	CheckSettings(ctx context.Context, plugin string, request *pluginv1.CheckSettingsRequest) (
		*pluginv1.CheckSettingsResponse, error)
}

// Options of a Service.
type Options struct {
	Store   Store
	Plugins Plugins
	Vault   *Vault
	Pages   *paging.Tokens
	Logger  *slog.Logger
	// Visible says whether the caller may see a merchant, for lists over all
	// merchants. Nil shows all.
	Visible func(ctx context.Context, merchantID string) bool
	// Wrote is told of each connection after it was created or edited; may be nil. See
	// Refresher.Wrote.
	Wrote func(store.Connection)
	// CheckTimeout is how long a test of a connection may take: 30 s.
	CheckTimeout time.Duration
	// SettingsTimeout is how long a plugin may take to judge settings before they are
	// stored: 2 s. Settings that it does not judge in time are stored unjudged.
	SettingsTimeout time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Service is the ConnectionService. Its methods may be called concurrently.
type Service struct {
	apiv1.UnimplementedConnectionServiceServer
	options Options
	find    *lookup.Finder
}

// New returns a service.
func New(options Options) *Service {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Wrote == nil {
		options.Wrote = func(store.Connection) {}
	}
	if options.CheckTimeout == 0 {
		options.CheckTimeout = 30 * time.Second
	}
	if options.SettingsTimeout == 0 {
		options.SettingsTimeout = 2 * time.Second
	}
	return &Service{options: options, find: lookup.New(options.Store, options.Logger)}
}

// now is the time as it is kept, so that an answer shows what a read will.
func (s *Service) now() time.Time { return s.options.Now().Truncate(time.Microsecond) }

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
