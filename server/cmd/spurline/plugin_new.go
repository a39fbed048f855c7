package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spurline/spurline/server/scaffold"
)

func pluginNewCommand() *cobra.Command {
	var options scaffold.Options
	command := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a plugin to begin with",
		Long: `New writes a whole plugin, with tests, a stand-in for its extra interface and a
README, for an API that was made up for it. It builds, and passes its tests; change
it into what it should be.

In a folder of a Go module it becomes a package of that module, elsewhere a module
of its own. Nothing that exists is written over.`,
		Example: `  spurline plugin new acme
  spurline plugin new acme --module example.com/acme/spurline-plugin --contracts tracking,orders
  spurline plugin new acme --replace ../spurline     # with a checkout of Spurline`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			options.Name, options.Version = args[0], version()
			written, err := scaffold.New(options)
			if err != nil {
				return fmt.Errorf("new plugin: %w", err)
			}
			return showNewPlugin(command.OutOrStdout(), written)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.Module, "module", "", "`path` of the module it becomes")
	flags.StringVar(&options.Dir, "dir", "", "`folder` to make for it (default: its name)")
	flags.StringVar(&options.Replace, "replace", "", "`folder` of a checkout of Spurline to build with")
	flags.StringSliceVar(&options.Contracts, "contracts", []string{scaffold.Tracking},
		"what it takes: `tracking`, orders, or both with a comma")
	return command
}

func showNewPlugin(out io.Writer, written scaffold.Plugin) error {
	_, err := fmt.Fprintf(out, "%s has a plugin in the package %s, README.md says where to go on.\n\nNext:\n\n  %s\n",
		written.Dir, written.Module, strings.Join(written.Next, "\n  "))
	return err
}
