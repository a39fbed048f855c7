package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/spurline/spurline/server/app"
	"github.com/spurline/spurline/server/config"
)

func serveCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "serve",
		Short: "Serve the API and dispatch deliveries until SIGTERM",
		Long: `Serve takes orders and tracking, and brings them to extra interfaces, until
SIGTERM or Ctrl-C; then it drains: calls and attempts under way end first.

Every setting may be a flag, an environment variable (SPURLINE_ and the flag's
name in upper case with "_" for "-"), or a key of the YAML file that --config
names; a flag wins over the environment, that over the file.`,
		Example: `  spurline serve
  spurline serve --data-dir /var/lib/spurline --plugin-dir /usr/lib/spurline
  SPURLINE_LOG_LEVEL=debug spurline serve --config /etc/spurline.yaml`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			settings, err := config.Load(command.Flags(), os.Environ())
			if err != nil {
				return err
			}
			server, err := app.New(command.Context(), app.Options{Config: settings, Log: os.Stderr})
			if err != nil {
				return err
			}
			return server.Run(command.Context())
		},
	}
	config.Flags(command.Flags())
	return command
}
