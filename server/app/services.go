package app

import (
	"context"
	"crypto/rand"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/auth"
	"github.com/spurline/spurline/server/config"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/deliveries"
	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/intake"
	"github.com/spurline/spurline/server/merchants"
	"github.com/spurline/spurline/server/orders"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/plugins"
	"github.com/spurline/spurline/server/seal"
	"github.com/spurline/spurline/server/telemetry"
)

// assemble makes the plugin host, the dispatcher and the API around the store.
func (a *App) assemble(_ context.Context, sealer *seal.Sealer, options Options) (err error) {
	timings := options.PluginTimings
	timings.Drain = a.config.DrainGrace
	// The calls of a process that is replaced end by themselves, whatever they do.
	timings.Handover = a.attemptTimeout() + handoverGrace
	a.host, err = pluginhost.New(pluginhost.Options{
		Dirs: a.config.PluginDirs, StateDir: a.config.DataDir, Logger: a.logger, Timings: timings,
		DisableAutoMTLS: a.config.PluginsWithoutTLS,
		MemoryLimit:     int64(a.config.PluginMemory), MemoryLimits: a.config.PluginMemoryOf,
		Cgroup: a.pluginCgroup(), Attach: a.config.DevAttach,
		Environ: append(os.Environ(), options.PluginEnvironment...),
	})
	if err != nil {
		return err
	}
	warnAboutPlugins(a.logger, a.host)
	vault := connections.NewVault(sealer)
	a.dispatcher = dispatch.New(dispatch.Options{
		Store: a.store, Plugins: a.host, Isolation: a.host.Isolation(), Vault: vault, Logger: a.logger,
		Observer: a.metrics.Observer(), Tracer: a.tracer(), FirstRecheck: connections.FirstRecheck,
		AttemptTimeout: a.attemptTimeout(), DrainGrace: a.config.DrainGrace,
		Schedule: dispatch.Schedule{
			First: a.config.RetryFirst, Longest: a.config.RetryLongest, Age: a.config.RetryAge,
		},
	})
	a.store.OnWake(a.dispatcher.Wake)
	a.store.OnChange(a.dispatcher.Changed)
	a.host.OnChange(func(ctx context.Context, change pluginhost.Change) error {
		return connections.Suits(ctx, a.store, vault, a.logger, change)
	})
	a.refresher = connections.NewRefresher(a.store)
	a.host.BeforeReady(a.pluginDescribed)
	a.host.OnReady(func(d *pluginv1.Description) { a.dispatcher.PluginReady(d.GetName()) })
	if err := a.openAPI(vault); err != nil {
		return err
	}
	return nil
}

// pluginDescribed brings what connections take up to date with the plugin's
// description, before it gets a call.
func (a *App) pluginDescribed(description *pluginv1.Description) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := a.refresher.Refresh(ctx, description); err != nil {
		a.logger.Error("connections cannot be brought up to date with their plugin",
			"plugin", description.GetName(), "error", err)
	}
}

func (a *App) pluginCgroup() string {
	switch a.config.PluginCgroup {
	case config.CgroupOff:
		return ""
	case config.CgroupAuto:
		return pluginhost.CgroupAuto
	default:
		return a.config.PluginCgroup
	}
}

// attemptTimeout leaves time to look around at a breakpoint of an attached plugin.
func (a *App) attemptTimeout() time.Duration {
	if len(a.config.DevAttach) > 0 {
		return debugTimeout
	}
	return a.config.AttemptTimeout
}

// checkTimeout is that of connections, or longer for the same reason.
func (a *App) checkTimeout() time.Duration {
	if len(a.config.DevAttach) > 0 {
		return debugTimeout
	}
	return 0
}

// debugTimeout is the time that an attached plugin has for a delivery or a check.
const debugTimeout = time.Hour

// handoverGrace is how much longer an old process of a plugin may live than an attempt.
const handoverGrace = 15 * time.Second

// Limits of the transport. Clients that ping eagerly are not sent away, and
// balancers get to spread calls again after half an hour.
const (
	keepaliveTime     = 45 * time.Second
	keepaliveTimeout  = 15 * time.Second
	keepaliveMinimum  = 10 * time.Second
	connectionAge     = 30 * time.Minute
	connectionGrace   = 5 * time.Minute
	concurrentStreams = 1000
	// keptStacks calls at a time run on goroutines that live on. Reading an order
	// needs more stack than a goroutine starts with, and growing it anew for each
	// call took 7 % of the server's CPU at full load.
	keptStacks = 256
	// streamWindow bytes of a call and connWindow of a caller may be on their way before
	// they are read.
	streamWindow = 1 << 20
	connWindow   = 4 << 20
)

func (a *App) openAPI(vault *connections.Vault) error {
	guard, transport, err := a.openGuard()
	if err != nil {
		return err
	}
	a.api = grpc.NewServer(append(a.interceptors(guard),
		grpc.Creds(transport),
		grpc.MaxRecvMsgSize(a.config.MaxMessageBytes),
		grpc.MaxConcurrentStreams(concurrentStreams),
		grpc.NumStreamWorkers(keptStacks),
		// Windows that adapt measure each caller's connection with a ping for every message.
		grpc.StaticStreamWindowSize(streamWindow),
		grpc.StaticConnWindowSize(connWindow),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: keepaliveTime, Timeout: keepaliveTimeout,
			MaxConnectionAge: connectionAge, MaxConnectionAgeGrace: connectionGrace,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime: keepaliveMinimum, PermitWithoutStream: true,
		}),
	)...)
	a.register(vault)
	if a.config.Reflection {
		reflection.Register(a.api)
	}
	a.health = telemetry.NewHealth(a.api)
	return nil
}

func (a *App) register(vault *connections.Vault) {
	// Tokens of pages end with the process: a list is begun again after a restart.
	pages := paging.New([]byte(rand.Text()))
	visible := func(ctx context.Context, merchantID string) bool {
		return auth.CheckMerchant(ctx, merchantID) == nil
	}
	apiv1.RegisterIntakeServiceServer(a.api, intake.New(intake.Options{
		Store: a.store, Logger: a.logger, Authorize: auth.CheckMerchant, Draining: a.draining,
	}))
	apiv1.RegisterMerchantServiceServer(a.api, merchants.New(merchants.Options{
		Store: a.store, Pages: pages, Logger: a.logger, Visible: visible,
	}))
	a.connections = connections.New(connections.Options{
		Store: a.store, Plugins: a.host, Vault: vault, Pages: pages, Logger: a.logger, Visible: visible,
		Wrote: a.refresher.Wrote, CheckTimeout: a.checkTimeout(),
	})
	apiv1.RegisterConnectionServiceServer(a.api, a.connections)
	apiv1.RegisterOrderServiceServer(a.api, orders.New(orders.Options{
		Store: a.store, Plugins: a.host, Pages: pages, Logger: a.logger, Visible: visible,
		UnderWay: a.dispatcher.UnderWay, Outage: a.outage, Full: func() bool { return a.store.Room() != nil },
	}))
	apiv1.RegisterDeliveryServiceServer(a.api, deliveries.New(deliveries.Options{
		Store: a.store, Plugins: a.host, Composer: dispatch.Composer{}, Vault: vault, Pages: pages, Logger: a.logger,
	}))
	apiv1.RegisterPluginServiceServer(a.api, plugins.New(plugins.Options{
		Host: a.host, Pages: pages, Draining: a.draining,
	}))
}

// outage is what dispatch knows of the extra interface of a connection.
func (a *App) outage(connection int64) (orders.Outage, bool) {
	known, ok := a.dispatcher.Outage(connection)
	return orders.Outage(known), ok
}

// openGuard returns who may call and how they reach the server.
func (a *App) openGuard() (*auth.Guard, credentials.TransportCredentials, error) {
	guard := auth.AllowAll()
	if a.config.TokensFile != "" {
		loaded, err := auth.Load(a.config.TokensFile)
		if err != nil {
			return nil, nil, err
		}
		guard = loaded
	}
	transport, err := auth.ServerCredentials(auth.TLS{
		CertFile: a.config.TLSCertFile, KeyFile: a.config.TLSKeyFile, ClientCAFile: a.config.TLSClientCAFile,
	})
	return guard, transport, err
}
