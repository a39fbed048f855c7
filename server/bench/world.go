package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/auth"
	"github.com/spurline/spurline/server/bench/remote"
	"github.com/spurline/spurline/server/store/sqlite"
)

// setup says what a world is like. Cases with equal setups share one.
type setup struct {
	Merchants int
	// Connections of each merchant, so the deliveries of each message.
	Connections int
	// Delay of the remote.
	Delay time.Duration
	// Filter of each connection.
	Filter string
	// Open lets everybody call without a token.
	Open bool
	// Terse makes the plugin say nothing about its requests.
	Terse bool
	// Paused connections are not sent to.
	Paused bool
	// GOGC of the server, if not empty.
	GOGC string
	// InMemory puts the store where a flush costs nothing.
	InMemory bool
}

// world is a running server with its plugin, the remote, and merchants that are
// connected.
type world struct {
	setup  setup
	runner *Runner
	// dir is removed with the world; dataDir is in it.
	dir, dataDir string
	server       *process
	remote       *process
	arrivals     remote.Client
	client       *grpc.ClientConn
	merchants    []string
}

// defaultGroup is the group of the connections that a setup makes.
const defaultGroup = "all"

// memoryDir is a folder in memory.
const memoryDir = "/dev/shm"

// open starts a world.
func (r *Runner) open(ctx context.Context, s setup) (_ *world, err error) {
	w := &world{setup: s, runner: r}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	parent := r.Dir
	if s.InMemory {
		parent = memoryDir
	}
	if w.dir, err = os.MkdirTemp(parent, "spurline-bench-"); err != nil {
		return nil, err
	}
	w.dataDir = filepath.Join(w.dir, "data")
	process, address, err := r.startRemote(ctx)
	if err != nil {
		return nil, err
	}
	w.remote, w.arrivals = process, remote.NewClient(address)
	if err := w.serve(ctx); err != nil {
		return nil, err
	}
	if err := w.populate(ctx); err != nil {
		return nil, err
	}
	return w, w.warm(ctx)
}

// serve starts the server and waits until its plugin takes calls.
func (w *world) serve(ctx context.Context) error {
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	tokensFile := ""
	if !w.setup.Open {
		token, entry, err := auth.NewToken("bench", auth.Admin, nil)
		if err != nil {
			return err
		}
		tokensFile = filepath.Join(w.dir, "tokens.yaml")
		if err := os.WriteFile(tokensFile, []byte("tokens:\n"+entry), 0o600); err != nil {
			return err
		}
		options = append(options, grpc.WithPerRPCCredentials(bearer(token)))
	}
	var environment []string
	if w.setup.GOGC != "" {
		environment = append(environment, "GOGC="+w.setup.GOGC)
	}
	server, address, err := w.runner.startServer(ctx, w.dataDir, tokensFile, environment)
	if err != nil {
		return err
	}
	w.server = server
	if w.client, err = grpc.NewClient(address, options...); err != nil {
		return err
	}
	return w.awaitPlugin(ctx, "bench")
}

func (w *world) awaitPlugin(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		got, err := apiv1.NewPluginServiceClient(w.client).GetPlugin(ctx, &apiv1.GetPluginRequest{Name: "plugins/" + name})
		if err != nil {
			return fmt.Errorf("wait for plugin %q: %w", name, err)
		}
		if got.GetPlugin().GetState() == apiv1.PluginState_PLUGIN_STATE_READY {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("plugin %q is %s: %w", name, got.GetPlugin().GetState(), err)
		}
	}
}

// populate makes the merchants and connections of the setup.
func (w *world) populate(ctx context.Context) error {
	query := ""
	if w.setup.Delay > 0 {
		query = "delay=" + w.setup.Delay.String()
	}
	shape := shape{
		connections: w.setup.Connections, target: w.arrivals.Target(defaultGroup, query), plugin: "bench",
		filter: w.setup.Filter, terse: w.setup.Terse, paused: w.setup.Paused,
	}
	merchants, err := w.connect(ctx, "m", w.setup.Merchants, shape)
	w.merchants = merchants
	return err
}

// warm sends an order of each merchant through the pipe, so that what server and
// plugin remember of connections is there.
func (w *world) warm(ctx context.Context) error {
	if w.setup.Paused {
		return nil
	}
	before, err := w.arrived(ctx)
	if err != nil {
		return err
	}
	l := &load{
		client: w.client, merchants: w.merchants, gate: newGate(before, math.MaxInt64),
		series:  fmt.Sprintf("warm-%d", time.Now().UnixNano()),
		callers: callers, last: int64(len(w.merchants)),
	}
	if err := l.run(ctx); err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan error, 1)
	go func() { watched <- l.gate.watch(watching, w.arrived) }()
	err = w.settle(ctx, l.gate)
	stop()
	return errors.Join(err, <-watched)
}

// whileDown stops the server, has something done to its store, and starts it again.
func (w *world) whileDown(ctx context.Context, work func(*sqlite.Store) error) error {
	if err := errors.Join(w.client.Close(), w.server.stop()); err != nil {
		return err
	}
	kept, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(w.dataDir, "spurline.db")})
	if err != nil {
		return err
	}
	if err := errors.Join(work(kept), kept.Close()); err != nil {
		return err
	}
	if err := w.serve(ctx); err != nil {
		return err
	}
	return w.warm(ctx)
}

func (w *world) close() error {
	var faults []error
	if w.client != nil {
		faults = append(faults, w.client.Close())
	}
	for _, p := range []*process{w.server, w.remote} {
		if p != nil {
			faults = append(faults, p.kill()) // What it keeps is thrown away.
		}
	}
	return errors.Join(append(faults, os.RemoveAll(w.dir))...)
}

// bearer sends a token with every call. The loopback address needs no TLS.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

// pause waits so long, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
