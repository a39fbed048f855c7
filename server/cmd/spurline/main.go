// Command spurline serves the API, and has what an operator needs beside it:
// keys, tokens, and the proto files. It is flags and signals; the work is done in
// the packages that it calls.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // A second signal ends it at once: every end is survived.
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "spurline:", err)
		return 1
	}
	return 0
}

func root() *cobra.Command {
	command := &cobra.Command{
		Use:   "spurline",
		Short: "Copies every merchant's orders and tracking to their extra interfaces",
		Long: `Spurline takes orders and shipment tracking from internal services over gRPC,
keeps them durably, and brings a copy to the extra interfaces of each merchant,
such as AfterShip. Each extra interface is a plugin in a process of its own.

Try "spurline demo" first; "spurline serve" is the real thing.`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	command.AddCommand(serveCommand(), demoCommand(), keyCommand(), tokenCommand(), protoCommand(), pluginCommand())
	command.SetFlagErrorFunc(func(command *cobra.Command, err error) error {
		return fmt.Errorf("%w; see \"%s --help\"", err, command.CommandPath())
	})
	return command
}

// noArguments is for commands that have flags only.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q; see \"%s --help\"", args[0], command.CommandPath())
	}
	return nil
}

// version is what the module was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
