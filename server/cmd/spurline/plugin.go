package main

import (
	"github.com/spf13/cobra"
)

func pluginCommand() *cobra.Command {
	command := &cobra.Command{Use: "plugin", Short: "Plugins, each an extra interface in a process of its own"}
	command.AddCommand(pluginNewCommand(), pluginCheckCommand(), pluginTryCommand())
	command.AddCommand(pluginFolderCommands()...)
	return command
}
