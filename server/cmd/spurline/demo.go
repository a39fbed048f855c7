package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/app"
	"github.com/spurline/spurline/server/config"
	"github.com/spurline/spurline/server/demo"
)

func demoCommand() *cobra.Command {
	once := false
	command := &cobra.Command{
		Use:   "demo",
		Short: "Show the main job with stand-ins for AfterShip and Zoho Inventory",
		Long: `Demo starts a server on a store that it throws away afterwards, and stand-ins for
AfterShip and Zoho Inventory; connects a sample merchant to both; submits an order
with three tracking numbers over gRPC; and shows each of them arrive, the order in
Zoho and the numbers in both. It stays up until Ctrl-C.`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return runDemo(command, once)
		},
	}
	config.Flags(command.Flags())
	for _, name := range notForDemo() {
		if err := command.Flags().MarkHidden(name); err != nil {
			panic(err) // The test of the commands makes each of them.
		}
	}
	command.Flags().BoolVar(&once, "once", false, "end when everything has arrived")
	return command
}

// notForDemo are the flags of settings that the demo ignores or cannot use: it is
// in a folder of its own, on loopback, with no caller but itself.
func notForDemo() []string {
	return []string{
		"config", "data-dir", "tokens-file", "tls-cert-file", "tls-key-file", "tls-client-ca-file", "sealing-key-file",
		"metrics-listen",
	}
}

// demoEnvironment leaves out the variables of what the demo cannot use.
func demoEnvironment(environ []string) []string {
	return slices.DeleteFunc(environ, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		name, ours := strings.CutPrefix(name, "SPURLINE_")
		flag := strings.ReplaceAll(strings.ToLower(name), "_", "-")
		return ours && (flag == "sealing-key" || slices.Contains(notForDemo(), flag))
	})
}

// Where the stand-ins of the demo listen if they can, and what they take. It is what
// they have if they are told nothing, so that README.md can name it.
const (
	demoAfterShip    = "127.0.0.1:8090"
	demoZoho         = "127.0.0.1:8091"
	demoKey          = "asat_stand_in_valid"
	demoOrganisation = "60001234567"
	demoClient       = "1000.STANDINCLIENT"
	demoSecret       = "stand-in-secret-0badc0ffee" //nolint:gosec // Of a stand-in.
	demoToken        = "1000.stand-in-refresh.0001" //nolint:gosec // Of a stand-in.
)

// demoConnections are those of the sample merchant. The stand-in for Zoho limits
// nothing, so that nobody has to wait for the pace of the real one.
func demoConnections(afterShip, zoho string) map[string]*apiv1.Connection {
	return map[string]*apiv1.Connection{
		"aftership": {
			Plugin: "aftership", Title: "AfterShip of the sample merchant",
			Settings: map[string]string{"base_url": afterShip}, Secrets: map[string]string{"api_key": demoKey},
		},
		"zoho": {
			Plugin: "zoho", Title: "Zoho Inventory of the sample merchant",
			Settings: map[string]string{
				"api_base_url": zoho, "organization_id": demoOrganisation, "client_id": demoClient, "calls_per_minute": "10000",
			},
			Secrets: map[string]string{"client_secret": demoSecret, "refresh_token": demoToken},
		},
	}
}

// beside is a program in the folder of another one.
func beside(executable, name string) string { return filepath.Join(filepath.Dir(executable), name) }

func runDemo(command *cobra.Command, once bool) (err error) {
	ctx, stop := context.WithCancel(command.Context())
	defer stop()
	for _, name := range notForDemo() {
		if command.Flags().Changed(name) {
			return fmt.Errorf("--%s is for \"spurline serve\"; the demo has no use for it", name)
		}
	}
	settings, err := config.Load(command.Flags(), demoEnvironment(os.Environ()))
	if err != nil {
		return err
	}
	if settings.DataDir, err = os.MkdirTemp("", "spurline-demo-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(settings.DataDir)) }()
	settings.MetricsListen = config.MetricsOff
	if !command.Flags().Changed("log-level") {
		settings.LogLevel = slog.LevelError // What is shown speaks for itself.
	}

	out := command.OutOrStdout()
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	afterShip, err := demo.StartStandIn(ctx, beside(executable, "aftershiptest"), demoAfterShip, out)
	if err != nil {
		return err
	}
	defer afterShip.Wait()
	defer stop()
	zoho, err := demo.StartStandIn(ctx, beside(executable, "zohotest"), demoZoho, out,
		"--skus", strings.Join(demo.SKUs(), ","), "--limits=false", "--reads=false")
	if err != nil {
		return err
	}
	defer zoho.Wait()
	defer stop()

	server, err := app.New(ctx, app.Options{Config: settings, Log: os.Stderr})
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w, or take a free port: SPURLINE_LISTEN=127.0.0.1:0 make run", err)
	}
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	defer func() { stop(); err = errors.Join(err, <-ended) }()

	for _, plugin := range []string{"aftership", "zoho"} {
		if err := server.AwaitPlugin(ctx, plugin); err != nil {
			return err
		}
	}
	client, err := grpc.NewClient(server.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	_, _ = fmt.Fprintf(out, "Spurline listens on %s, the stand-in for AfterShip on %s, that for Zoho Inventory on %s\n",
		server.Address(), afterShip.URL, zoho.URL)
	err = demo.Run(ctx, demo.Options{
		Client: client, Connections: demoConnections(afterShip.URL, zoho.URL), Address: server.Address(),
		Once: once, Out: out,
	})
	if err != nil || once {
		return err
	}
	<-ctx.Done()
	return nil
}
