package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/spurline/spurline/server/pluginhost"
)

// pluginFolderCommands keep a folder of plugins and the lock that pins them.
func pluginFolderCommands() []*cobra.Command {
	return []*cobra.Command{
		pluginInstallCommand(), pluginUpgradeCommand(), pluginRemoveCommand(), pluginListCommand(),
		pluginVerifyCommand(), pluginPinCommand(),
	}
}

// inFolder makes a command that works on the folder of --plugin-dir.
func inFolder(
	command *cobra.Command, run func(command *cobra.Command, folder *pluginhost.Folder, args []string) error,
) *cobra.Command {
	dir := command.Flags().String("plugin-dir", defaultPluginDir(),
		"`folder` with the plugins and their plugins.lock (env SPURLINE_PLUGIN_DIR)")
	command.RunE = func(command *cobra.Command, args []string) error {
		folder, err := pluginhost.OpenFolder(*dir)
		if err != nil {
			return err
		}
		return run(command, folder, args)
	}
	return command
}

// defaultPluginDir is where "spurline serve" looks if it is told nothing.
func defaultPluginDir() string {
	if dir := os.Getenv("SPURLINE_PLUGIN_DIR"); dir != "" {
		return dir
	}
	executable, err := os.Executable()
	if err != nil {
		return "."
	}
	return filepath.Dir(executable)
}

func pluginInstallCommand() *cobra.Command {
	return inFolder(&cobra.Command{
		Use:   "install FILE",
		Short: "Put a plugin into the plugin folder and pin it",
		Long: `Install starts FILE once to learn its name and version, copies it into the plugin
folder, and pins it: plugins.lock there names its version and sha256, and the server
executes nothing else. Install only what you trust.

A folder without a lock gets one, which pins the plugins that are there too. A server
that runs takes the plugin within seconds.`,
		Example: `  spurline plugin install ./spurline-plugin-acme --plugin-dir /usr/lib/spurline`,
		Args:    cobra.ExactArgs(1),
	}, func(command *cobra.Command, folder *pluginhost.Folder, args []string) error {
		installed, err := folder.Install(command.Context(), args[0])
		if err != nil {
			return err
		}
		return tellInstalled(command, "installed", installed)
	})
}

func pluginUpgradeCommand() *cobra.Command {
	return inFolder(&cobra.Command{
		Use:   "upgrade NAME FILE",
		Short: "Put another version of a plugin into the plugin folder and pin it",
		Long: `Upgrade starts FILE once to learn its version, puts it into the place of the plugin's
binary, and pins it. A server that runs starts it beside the old process within seconds,
holds the settings of every connection against what it asks for, lets it take the calls,
and goes back if it crashes again and again. What came of it is in
PluginService/GetPlugin; PluginService/UpgradePlugin does it now and answers with it.`,
		Example: `  spurline plugin upgrade acme ./spurline-plugin-acme`,
		Args:    cobra.ExactArgs(2),
	}, func(command *cobra.Command, folder *pluginhost.Folder, args []string) error {
		installed, err := folder.Upgrade(command.Context(), args[0], args[1])
		if err != nil {
			return err
		}
		return tellInstalled(command, "upgraded", installed)
	})
}

func tellInstalled(command *cobra.Command, what string, installed pluginhost.Installed) error {
	_, err := fmt.Fprintf(command.OutOrStdout(), "%s %s %s, pinned as sha256 %s\n",
		what, installed.Name, installed.Version, installed.SHA256)
	return err
}

func pluginRemoveCommand() *cobra.Command {
	return inFolder(&cobra.Command{
		Use:   "remove NAME",
		Short: "Take a plugin out of the plugin folder and its lock",
		Long: `Remove deletes the plugin's binary and its entry in plugins.lock. A server that runs
goes on with it until PluginService/ReloadPlugins or its next start; deliveries of its
connections wait then.`,
		Args: cobra.ExactArgs(1),
	}, func(command *cobra.Command, folder *pluginhost.Folder, args []string) error {
		if err := folder.Remove(args[0]); err != nil {
			return err
		}
		_, err := fmt.Fprintf(command.OutOrStdout(), "removed %s; a server that runs goes on with it until "+
			"PluginService/ReloadPlugins\n", args[0])
		return err
	})
}

func pluginListCommand() *cobra.Command {
	return inFolder(&cobra.Command{
		Use: "list", Short: "List the plugins of the plugin folder", Args: noArguments,
	}, func(command *cobra.Command, folder *pluginhost.Folder, _ []string) error {
		plugins, pinned, err := folder.List()
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(command.OutOrStdout(), 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "NAME\tVERSION\tSHA256\tSTATE")
		for _, plugin := range plugins {
			state := "pinned"
			switch {
			case plugin.Fault != nil:
				state = "REFUSED, see \"spurline plugin verify" + pluginhost.FolderFlag(folder.Dir()) + "\""
			case !pinned:
				state = "not pinned"
			}
			_, _ = fmt.Fprintf(table, "%s\t%s\t%.16s\t%s\n", plugin.Name, orDash(plugin.Version), orDash(plugin.SHA256), state)
		}
		return table.Flush()
	})
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func pluginVerifyCommand() *cobra.Command {
	return inFolder(&cobra.Command{
		Use:   "verify",
		Short: "Check that every plugin of the folder is the one that is pinned",
		Long: `Verify reads every binary of the plugin folder and holds it against plugins.lock, as
the server does before it executes one. It names every fault with what to do, and ends
with status 1 if there is one, or if there is no lock.`,
		Args: noArguments,
	}, func(command *cobra.Command, folder *pluginhost.Folder, _ []string) error {
		plugins, pinned, err := folder.List()
		if err != nil {
			return err
		}
		if !pinned {
			return errors.New("verify plugins: the folder has no plugins.lock, so the server executes whatever is in it; " +
				"make one with \"spurline plugin pin" + pluginhost.FolderFlag(folder.Dir()) + "\"")
		}
		var faults []error
		for _, plugin := range plugins {
			if plugin.Fault != nil {
				faults = append(faults, fmt.Errorf("%s: %w", plugin.Name, plugin.Fault))
			}
		}
		if len(faults) > 0 {
			return errors.Join(faults...)
		}
		_, err = fmt.Fprintf(command.OutOrStdout(), "%d plugins are those that are pinned\n", len(plugins))
		return err
	})
}

func pluginPinCommand() *cobra.Command {
	return inFolder(&cobra.Command{
		Use:   "pin [NAME]",
		Short: "Pin the plugins that are in the plugin folder now",
		Long: `Pin writes the version and sha256 of the binary that is there now into plugins.lock,
of one plugin or of all. It starts each once to learn its version. Pin only what you
trust.`,
		Args: cobra.MaximumNArgs(1),
	}, func(command *cobra.Command, folder *pluginhost.Folder, args []string) error {
		name := ""
		if len(args) > 0 {
			name = args[0]
		}
		if err := folder.Pin(command.Context(), name); err != nil {
			return err
		}
		_, err := fmt.Fprintln(command.OutOrStdout(), "pinned")
		return err
	})
}
