package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/app"
	"github.com/spurline/spurline/server/config"
	"github.com/spurline/spurline/server/demo"
)

func pluginTryCommand() *cobra.Command {
	var settings string
	var showLog bool
	var timeout time.Duration
	command := &cobra.Command{
		Use:   "try PROGRAM --settings FILE",
		Short: "Bring a sample order and shipment to a plugin's extra interface",
		Long: `Try starts a server on a store that it throws away afterwards, with the plugin and
nothing else; connects a sample merchant with the settings and secrets in FILE; submits
an order with three tracking numbers; and shows what is sent and answered until
everything has arrived. What the plugin panicked with, or how its process ended, is
shown too, and not tried again for long; nor is a delivery that it does not answer.

It writes at the extra interface, so let that be a stand-in or a test account.`,
		Example: `  spurline plugin try bin/spurline-plugin-acme --settings sample/settings.yaml

  # sample/settings.yaml
  settings: {base_url: "http://127.0.0.1:8099"}
  secrets: {api_key: acme-key}`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if err := tryPlugin(command, args[0], triedHow{settings, showLog, timeout}); err != nil {
				return fmt.Errorf("try %s: %w", args[0], err)
			}
			return nil
		},
	}
	command.Flags().StringVar(&settings, "settings", "", "`file` in YAML or JSON with the keys settings and secrets")
	command.Flags().BoolVar(&showLog, "log", false, "show the log of server and plugin too")
	command.Flags().DurationVar(&timeout, "attempt-timeout", tryTimeout, "`time` that the plugin has for one delivery")
	if err := command.MarkFlagRequired("settings"); err != nil {
		panic(err) // The flag is declared above.
	}
	return command
}

// tryTimeout is how long a plugin has for one delivery, unless it is told otherwise: its
// author waits for it.
const tryTimeout = 15 * time.Second

// triedHow are the flags.
type triedHow struct {
	settingsFile   string
	showLog        bool
	attemptTimeout time.Duration
}

// startTimeout is how long a plugin has to start and describe itself.
const startTimeout = 30 * time.Second

func tryPlugin(command *cobra.Command, program string, how triedHow) (err error) {
	if how.attemptTimeout <= 0 {
		return fmt.Errorf("--attempt-timeout is %s; it has to be more than 0", how.attemptTimeout)
	}
	name, found := strings.CutPrefix(filepath.Base(program), "spurline-plugin-")
	if !found {
		return errors.New("the program of a plugin is named spurline-plugin-NAME")
	}
	program, err = filepath.Abs(program)
	if err != nil {
		return err
	}
	if _, err := os.Stat(program); err != nil {
		return err
	}
	connection, err := readTriedSettings(how.settingsFile)
	if err != nil {
		return err
	}
	// Until all is cleaned up they end nothing at once, however often they come.
	ctx, stop := signal.NotifyContext(command.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// Nor does an output that nobody reads: the error of the write does. The signal alone
	// may also be of the socket of a plugin that ended.
	pipes := make(chan os.Signal, 1)
	signal.Notify(pipes, syscall.SIGPIPE)
	defer signal.Stop(pipes)
	out := &heard{to: command.OutOrStdout(), stop: stop}
	defer func() { err = out.reason(ctx, err) }()
	dir, err := os.MkdirTemp("", "spurline-try-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	plugins := filepath.Join(dir, "plugins")
	if err := os.Mkdir(plugins, 0o700); err != nil {
		return err
	}
	if err := os.Symlink(program, filepath.Join(plugins, filepath.Base(program))); err != nil {
		return err
	}
	options := config.Defaults()
	options.DataDir, options.PluginDirs = filepath.Join(dir, "data"), []string{plugins}
	options.Listen, options.MetricsListen = "127.0.0.1:0", config.MetricsOff
	options.DrainGrace, options.AttemptTimeout = tryGrace, how.attemptTimeout
	log := io.Discard // What is shown speaks for itself.
	if how.showLog {
		options.LogLevel, log = slog.LevelDebug, command.ErrOrStderr()
	}
	// Whoever tries a plugin is its author, and what it is sent are samples.
	environment := []string{pluginv1.VariablePrefix(name) + pluginv1.ShowPanics + "=true"}
	server := app.Options{Config: options, Log: log, PluginEnvironment: environment}
	return withServer(ctx, server, demo.TryOptions{
		Plugin: name, Settings: connection.Settings, Secrets: connection.Secrets, Out: out,
	})
}

// tryGrace is how long a call under way may take when it is over.
const tryGrace = 2 * time.Second

// heard is an output that ends the work when nobody reads it any more. It is safe for
// concurrent use.
type heard struct {
	to     io.Writer
	stop   context.CancelFunc
	closed atomic.Bool
}

// Write implements io.Writer.
func (h *heard) Write(p []byte) (int, error) {
	n, err := h.to.Write(p)
	if err != nil {
		h.closed.Store(true)
		h.stop()
	}
	return n, err
}

// reason is the error of work that was ended early, in the words of who did it.
func (h *heard) reason(ctx context.Context, err error) error {
	switch {
	case h.closed.Load():
		return errors.New("nobody reads what it shows")
	case err != nil && ctx.Err() != nil:
		return errors.New("interrupted before everything had arrived")
	default:
		return err
	}
}

// withServer runs a server while the plugin is tried with it.
func withServer(ctx context.Context, options app.Options, trial demo.TryOptions) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server, err := app.New(ctx, options)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	defer func() { stop(); err = errors.Join(err, <-ended) }()
	client, err := grpc.NewClient(server.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	trial.Client = client
	ready, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := server.AwaitPlugin(ready, trial.Plugin); err != nil {
		_, failed := demo.ShowCrash(ctx, trial)
		return errors.Join(fmt.Errorf("%w; --log shows more of it", err), failed)
	}
	return demo.Try(ctx, trial)
}
