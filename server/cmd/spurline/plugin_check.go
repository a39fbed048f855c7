package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/spurline/spurline/plugins/sdk/conformance"
)

func pluginCheckCommand() *cobra.Command {
	var harness string
	var asJSON bool
	command := &cobra.Command{
		Use:   "check PROGRAM",
		Short: "Find out whether a program is a plugin",
		Long: `Check starts the program many times and does what the server does, and what the
world does to it: it calls it with all kinds of settings and records, fails as its
extra interface, kills it in the middle of a delivery. It speaks only the handshake
and gRPC, so it does not matter what the program is written in.

The harness says what check cannot know: settings that work, sample records, and
which setting takes the address of the extra interface, so that check can stand in
for it. Without that nothing is delivered, and most checks are not claimed.

It ends with status 0 if no check failed, and with 1 otherwise.`,
		Example: `  spurline plugin check ./spurline-plugin-acme
  spurline plugin check ./spurline-plugin-acme --harness acme.yaml --json

  # acme.yaml
  settings: {region: eu}
  secrets: {api_key: canary-4711}
  tracking:                       # a TrackingRecord; {n} is a number of its own
    - {order_id: "A-{n}", parcel: {tracking_number: "1Z{n}"}}
  faulty:                         # settings that cannot work, and the one at fault
    - {name: no such region, settings: {region: xx}, field: region}
  outcomes: {400: RETRY}          # where a refusal means something else than in HTTP
  environment: {SPURLINE_PLUGIN_ACME_DEVELOPMENT: "true"}
  remote:
    setting: base_url             # takes the address that check serves
    key_header: Idempotency-Key   # or key_field: where the remote sees a repeat
    answers:                      # all else is answered 200 with {}
      - {method: POST, path: /orders, status: 201, body: '{"id": "r-1"}'}
    refusal: {body: '{"code": {status}}'}`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			h, err := readHarness(harness)
			if err != nil {
				return err
			}
			// Until all is cleaned up they end nothing at once, however often they come.
			ctx, stop := signal.NotifyContext(command.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			report, err := conformance.Run(ctx, args[0], h)
			if err != nil {
				return fmt.Errorf("check %s: %w", args[0], err)
			}
			return showReport(command.OutOrStdout(), report, asJSON)
		},
	}
	command.Flags().StringVar(&harness, "harness", "", "`file` in YAML with what check cannot know of the plugin")
	command.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return command
}

func readHarness(path string) (conformance.Harness, error) {
	if path == "" {
		return conformance.Harness{}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return conformance.Harness{}, err
	}
	defer func() { _ = file.Close() }()
	h, err := conformance.ReadHarness(file)
	if err != nil {
		return conformance.Harness{}, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

func showReport(to io.Writer, report conformance.Report, asJSON bool) error {
	show := report.WriteText
	if asJSON {
		show = report.WriteJSON
	}
	if err := show(to); err != nil {
		return err
	}
	if !report.Conforms() {
		return errors.New("the program does not conform")
	}
	return nil
}
