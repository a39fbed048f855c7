package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/auth"
	"github.com/spurline/spurline/server/bench/remote"
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
}

// world is a running server with its plugin, the remote, and merchants that are
// connected.
type world struct {
	setup     setup
	runner    *Runner
	dir       string
	server    *process
	remote    *process
	arrivals  remote.Client
	client    *grpc.ClientConn
	merchants []string
}

// defaultGroup is the group of the connections that a setup makes.
const defaultGroup = "all"

// open starts a world.
func (r *Runner) open(ctx context.Context, s setup) (_ *world, err error) {
	w := &world{setup: s, runner: r}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = os.MkdirTemp(r.Dir, "world-"); err != nil {
		return nil, err
	}
	process, address, err := r.startRemote(ctx)
	if err != nil {
		return nil, err
	}
	w.remote, w.arrivals = process, remote.NewClient(address)
	if err := w.serve(ctx); err != nil {
		return nil, err
	}
	return w, w.populate(ctx)
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
	server, address, err := w.runner.startServer(ctx, filepath.Join(w.dir, "data"), tokensFile)
	if err != nil {
		return err
	}
	w.server = server
	if w.client, err = grpc.NewClient(address, options...); err != nil {
		return err
	}
	return w.awaitPlugin(ctx)
}

func (w *world) awaitPlugin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		got, err := apiv1.NewPluginServiceClient(w.client).GetPlugin(ctx, &apiv1.GetPluginRequest{Name: "plugins/bench"})
		if err != nil {
			return fmt.Errorf("wait for the plugin: %w", err)
		}
		if got.GetPlugin().GetState() == apiv1.PluginState_PLUGIN_STATE_READY {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("the plugin is %s: %w", got.GetPlugin().GetState(), err)
		}
	}
}

// populate makes the merchants and connections of the setup.
func (w *world) populate(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(64)
	query := ""
	if w.setup.Delay > 0 {
		query = "delay=" + w.setup.Delay.String()
	}
	for i := range w.setup.Merchants {
		id := fmt.Sprintf("m-%d", i)
		w.merchants = append(w.merchants, "merchants/"+id)
		group.Go(func() error {
			return w.connect(ctx, id, w.setup.Connections, w.arrivals.Target(defaultGroup, query))
		})
	}
	return group.Wait()
}

// connect makes a merchant with so many connections that deliver to an address.
func (w *world) connect(ctx context.Context, id string, connections int, target string) error {
	_, err := apiv1.NewMerchantServiceClient(w.client).CreateMerchant(ctx, &apiv1.CreateMerchantRequest{MerchantId: id})
	if err != nil {
		return fmt.Errorf("create merchant: %w", err)
	}
	for i := range connections {
		_, err := apiv1.NewConnectionServiceClient(w.client).CreateConnection(ctx, &apiv1.CreateConnectionRequest{
			Parent: "merchants/" + id, ConnectionId: fmt.Sprintf("c-%d", i),
			Connection: &apiv1.Connection{
				Plugin: "bench", Settings: map[string]string{"url": target},
				Secrets: map[string]string{"api_key": "key-of-" + id}, Filter: w.setup.Filter,
			},
		})
		if err != nil {
			return fmt.Errorf("create connection: %w", err)
		}
	}
	return nil
}

func (w *world) close() error {
	var faults []error
	if w.client != nil {
		faults = append(faults, w.client.Close())
	}
	for _, p := range []*process{w.server, w.remote} {
		if p != nil {
			faults = append(faults, p.stop())
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
