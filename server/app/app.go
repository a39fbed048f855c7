package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"

	"github.com/spurline/spurline/server/config"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store/sqlite"
	"github.com/spurline/spurline/server/telemetry"
	"github.com/spurline/spurline/server/telemetry/metrics"
	"github.com/spurline/spurline/server/telemetry/spans"
)

// Options of a server.
type Options struct {
	Config config.Config
	// Log gets the log lines.
	Log io.Writer
	// Timings of the plugin supervisor; zero values are its defaults.
	PluginTimings pluginhost.Timings
	// PluginEnvironment are further variables that plugins may see as if they were in the
	// environment of the process.
	PluginEnvironment []string
}

// App is a server. It runs once.
type App struct {
	config     config.Config
	logger     *slog.Logger
	store      *sqlite.Store
	host       *pluginhost.Host
	dispatcher *dispatch.Dispatcher
	// connections tests paused ones again.
	connections *connections.Service
	// refresher keeps what connections take in step with their plugins.
	refresher *connections.Refresher
	api       *grpc.Server
	health    *telemetry.Health
	// draining is closed when no more is to be accepted.
	draining chan struct{}
	listener net.Listener
	metrics  *metrics.Metrics
	// spans records traces, nil if nobody takes them.
	spans *spans.Recorder
	// scrapes is where metrics are served, nil if nowhere.
	scrapes net.Listener
}

// New opens the store, finds the plugins, and listens. What it opened is released
// by Run, or by itself if it fails.
func New(ctx context.Context, options Options) (_ *App, err error) {
	logger := telemetry.NewLogger(options.Log, telemetry.LogOptions{
		Level: options.Config.LogLevel, Format: string(options.Config.LogFormat),
	})
	a := &App{config: options.Config, logger: logger, draining: make(chan struct{}), metrics: metrics.New()}
	opened := &cleanup{}
	defer func() {
		if err != nil {
			err = errors.Join(err, opened.run())
		}
	}()

	for _, name := range a.config.UnknownEnvironment {
		a.logger.WarnContext(ctx, "environment variable is no setting; is it misspelt?", "variable", name)
	}
	if err := os.MkdirAll(a.config.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	sealer, err := a.openSealer()
	if err != nil {
		return nil, err
	}
	a.store, err = sqlite.Open(ctx, sqlite.Options{
		Path: a.config.DatabaseFile(), Logger: a.logger,
		BacklogLimit: a.config.BacklogLimit, BacklogShare: a.config.BacklogShare, Committed: a.metrics.Committed,
		RetryLongest: a.config.RetryLongest,
	})
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	opened.add(a.store.Close)
	if err := a.openSpans(ctx); err != nil {
		return nil, err
	}
	opened.add(func() error { a.closeSpans(ctx); return nil })
	if err := a.assemble(ctx, sealer, options); err != nil {
		return nil, err
	}
	a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w; choose another address with --listen", err)
	}
	opened.add(a.listener.Close)
	if err := a.openMetrics(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// Address is where the API listens.
func (a *App) Address() string { return a.listener.Addr().String() }

// AwaitPlugin waits until a plugin takes calls.
func (a *App) AwaitPlugin(ctx context.Context, plugin string) error {
	if err := a.host.AwaitReady(ctx, plugin); err != nil {
		return fmt.Errorf("plugin %q: %w", plugin, err)
	}
	return nil
}

// Run serves until ctx ends or the store fails, then stops in the order in which
// data flows: intake, dispatch, plugins, store. It returns nil if ctx ended and
// everything was drained.
func (a *App) Run(ctx context.Context) error {
	collectLess()
	serving, stopServing := context.WithCancelCause(ctx)
	defer stopServing(nil)
	plugins := start(ctx, a.host.Run, stopServing)
	dispatching := start(ctx, a.dispatcher.Run, stopServing)
	rechecking := start(ctx, a.connections.Recheck, stopServing)
	scraping := start(ctx, a.serveMetrics, stopServing)
	api := make(chan struct{})
	go func() {
		defer close(api)
		if err := a.api.Serve(a.listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			stopServing(fmt.Errorf("serve: %w", err))
		}
	}()
	over := make(chan struct{})
	storeEnd := make(chan error, 1)
	go func() { storeEnd <- attendStore(a.store, over, stopServing) }()
	a.health.Serving()
	a.logger.InfoContext(ctx, "serving", "address", a.Address(), "data_dir", a.config.DataDir,
		"metrics", a.MetricsAddress())

	<-serving.Done()
	a.logger.InfoContext(ctx, "draining", "grace", a.config.DrainGrace.String())
	a.health.Drain()
	close(a.draining)
	a.stopAPI()
	<-api
	rechecking.stop()
	dispatching.stop()
	plugins.stop()
	a.closeSpans(ctx)
	scraping.stop()
	close(over)
	failed := <-storeEnd
	closed := a.store.Close()
	a.logger.InfoContext(ctx, "stopped")
	switch {
	case failed != nil:
		return failed
	case ctx.Err() == nil: // Nobody asked it to stop.
		return errors.Join(context.Cause(serving), closed)
	}
	return closed
}

// failing is a store that may take nothing any more.
type failing interface {
	Failed() <-chan error
	Close() error
}

// attendStore ends the server when the store fails, also in the middle of the
// drain, until over. It closes the store at once: what waits to be written down
// must not wait for a store that never takes it.
func attendStore(kept failing, over <-chan struct{}, end context.CancelCauseFunc) error {
	select {
	case <-over:
		return nil
	case err := <-kept.Failed():
		err = fmt.Errorf("the store failed and the process ends: %w", err)
		end(err)
		return errors.Join(err, kept.Close())
	}
}

// stopAPI lets calls under way end, for as long as the drain grace.
func (a *App) stopAPI() {
	grace := time.AfterFunc(a.config.DrainGrace, a.api.Stop)
	defer grace.Stop()
	a.api.GracefulStop()
}

// part is a part of the server that runs on its own.
type part struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// start runs a part until it is stopped. Its context does not end with the
// server's: parts stop one after the other. A part that fails ends the server.
func start(ctx context.Context, run func(context.Context) error, fail context.CancelCauseFunc) part {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := part{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		if err := run(ctx); err != nil {
			fail(err)
		}
	}()
	return p
}

func (p part) stop() {
	p.cancel()
	<-p.done
}

// cleanup releases in reverse order what was opened.
type cleanup struct{ steps []func() error }

func (c *cleanup) add(step func() error) { c.steps = append(c.steps, step) }

func (c *cleanup) run() error {
	var faults []error
	for i := len(c.steps) - 1; i >= 0; i-- {
		faults = append(faults, c.steps[i]())
	}
	return errors.Join(faults...)
}
