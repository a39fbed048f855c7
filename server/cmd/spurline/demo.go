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

	"github.com/spurline/spurline/server/app"
	"github.com/spurline/spurline/server/config"
	"github.com/spurline/spurline/server/demo"
)

func demoCommand() *cobra.Command {
	once := false
	command := &cobra.Command{
		Use:   "demo",
		Short: "Show the main job with a stand-in for AfterShip",
		Long: `Demo starts a server on a store that it throws away afterwards, and a stand-in for
AfterShip; connects a sample merchant; submits an order with three tracking
numbers over gRPC; and shows each of them arrive. It stays up until Ctrl-C.`,
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
	const key = "demo-key"
	standIn, err := demo.StartStandIn(ctx, filepath.Join(filepath.Dir(executable), "aftershiptest"), key, out)
	if err != nil {
		return err
	}
	defer standIn.Wait()
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

	if err := server.AwaitPlugin(ctx, "aftership"); err != nil {
		return err
	}
	client, err := grpc.NewClient(server.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	_, _ = fmt.Fprintf(out, "Spurline listens on %s, the AfterShip stand-in on %s\n", server.Address(), standIn.URL)
	err = demo.Run(ctx, demo.Options{
		Client: client, AfterShip: standIn.URL, Key: key, Address: server.Address(), Once: once, Out: out,
	})
	if err != nil || once {
		return err
	}
	<-ctx.Done()
	return nil
}
