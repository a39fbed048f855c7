//go:build unix

// Command spurline-bench-server is "spurline serve" that writes a CPU profile: from
// SIGUSR1 to SIGUSR2, to the file that BENCH_PROFILE names. It is apart so
// that the program that is shipped has no such door.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/spurline/spurline/server/app"
	"github.com/spurline/spurline/server/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "spurline-bench-server:", err)
		os.Exit(1) //nolint:gocritic // The process ends, and nothing else is to be released.
	}
}

func serve(ctx context.Context) error {
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	config.Flags(flags)
	if err := flags.Parse(os.Args[2:]); err != nil { // The first argument is "serve".
		return err
	}
	settings, err := config.Load(flags, os.Environ())
	if err != nil {
		return err
	}
	server, err := app.New(ctx, app.Options{Config: settings, Log: os.Stderr})
	if err != nil {
		return err
	}
	profiled := make(chan error, 1)
	go func() { profiled <- profile(ctx, os.Getenv("BENCH_PROFILE")) }()
	err = server.Run(ctx)
	if wrong := <-profiled; err == nil {
		err = wrong
	}
	return err
}

// profile writes one profile and returns when it is written, or ctx ends.
func profile(ctx context.Context, path string) error {
	begin, end := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(begin, syscall.SIGUSR1)
	signal.Notify(end, syscall.SIGUSR2)
	select {
	case <-ctx.Done():
		return nil
	case <-begin:
	}
	file, err := os.Create(path) //nolint:gosec // G703: who runs the benchmark says where the profile goes.
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-end:
	}
	pprof.StopCPUProfile()
	return file.Close()
}
