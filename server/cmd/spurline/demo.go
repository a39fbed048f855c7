package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

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
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return runDemo(command, once)
		},
	}
	config.Flags(command.Flags())
	command.Flags().BoolVar(&once, "once", false, "end when everything has arrived")
	return command
}

func runDemo(command *cobra.Command, once bool) (err error) {
	ctx, stop := context.WithCancel(command.Context())
	defer stop()
	settings, err := config.Load(command.Flags(), os.Environ())
	if err != nil {
		return err
	}
	if settings.DataDir, err = os.MkdirTemp("", "spurline-demo-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(settings.DataDir)) }()
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
		Client: client, AfterShip: standIn.URL, Key: key, Address: server.Address(), Out: out,
	})
	if err != nil || once {
		return err
	}
	<-ctx.Done()
	return nil
}
