package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/spurline/spurline/server/app"
	"github.com/spurline/spurline/server/config"
	"github.com/spurline/spurline/server/demo"
)

func pluginTryCommand() *cobra.Command {
	var settings string
	var showLog bool
	command := &cobra.Command{
		Use:   "try PROGRAM --settings FILE",
		Short: "Bring a sample order and shipment to a plugin's extra interface",
		Long: `Try starts a server on a store that it throws away afterwards, with the plugin and
nothing else; connects a sample merchant with the settings and secrets in FILE; submits
an order with three tracking numbers; and shows what is sent and answered until
everything has arrived.

It writes at the extra interface, so let that be a stand-in or a test account.`,
		Example: `  spurline plugin try bin/spurline-plugin-acme --settings sample/settings.yaml

  # sample/settings.yaml
  settings: {base_url: "http://127.0.0.1:8099"}
  secrets: {api_key: acme-key}`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if err := tryPlugin(command, args[0], settings, showLog); err != nil {
				return fmt.Errorf("try %s: %w", args[0], err)
			}
			return nil
		},
	}
	command.Flags().StringVar(&settings, "settings", "", "`file` in YAML or JSON with the keys settings and secrets")
	command.Flags().BoolVar(&showLog, "log", false, "show the log of server and plugin too")
	if err := command.MarkFlagRequired("settings"); err != nil {
		panic(err) // The flag is declared above.
	}
	return command
}

// startTimeout is how long a plugin has to start and describe itself.
const startTimeout = 30 * time.Second

// triedSettings are a connection as the plugins read it too, when they are run by hand.
type triedSettings struct {
	Settings map[string]string `yaml:"settings"`
	Secrets  map[string]string `yaml:"secrets"`
}

func readTriedSettings(file string) (triedSettings, error) {
	var read triedSettings
	raw, err := os.ReadFile(file)
	if err != nil {
		return read, err
	}
	if yaml.Unmarshal(raw, &read) != nil { // Its error may quote a secret.
		return read, fmt.Errorf("read %s: it is not YAML or JSON with texts under settings and secrets", file)
	}
	return read, nil
}

func tryPlugin(command *cobra.Command, program, settingsFile string, showLog bool) (err error) {
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
	connection, err := readTriedSettings(settingsFile)
	if err != nil {
		return err
	}
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
	options.LogLevel = slog.LevelError // What is shown speaks for itself.
	if showLog {
		options.LogLevel = slog.LevelDebug
	}
	return withServer(command, options, name, func(ctx context.Context, client *grpc.ClientConn) error {
		return demo.Try(ctx, demo.TryOptions{
			Client: client, Plugin: name, Settings: connection.Settings, Secrets: connection.Secrets,
			Out: command.OutOrStdout(),
		})
	})
}

// withServer runs a server while the function does its work with it.
func withServer(
	command *cobra.Command, options config.Config, plugin string, work func(context.Context, *grpc.ClientConn) error,
) (err error) {
	ctx, stop := context.WithCancel(command.Context())
	defer stop()
	server, err := app.New(ctx, app.Options{Config: options, Log: command.ErrOrStderr()})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	defer func() { stop(); err = errors.Join(err, <-ended) }()
	ready, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := server.AwaitPlugin(ready, plugin); err != nil {
		return fmt.Errorf("%w; --log shows why it does not start", err)
	}
	client, err := grpc.NewClient(server.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	return work(ctx, client)
}
