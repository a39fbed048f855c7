package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spurline/spurline/server/schema"
)

func protoCommand() *cobra.Command {
	command := &cobra.Command{Use: "proto", Short: "Proto files of the API and of the plugin contract"}
	command.AddCommand(&cobra.Command{
		Use:   "export DIR",
		Short: "Write self-contained proto files and a descriptor set",
		Long: `Export writes every proto file, those of third parties included, and a descriptor
set "spurline.binpb" below DIR: all that a client or a plugin in another language
is made from.`,
		Example: `  spurline proto export ./proto
  protoc -I ./proto --python_out=. spurline/api/v1/intake_service.proto`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if err := schema.Export(args[0]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(command.OutOrStdout(), "proto files are in %s\n", args[0])
			return err
		},
	})
	return command
}
