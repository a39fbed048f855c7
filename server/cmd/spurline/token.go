package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spurline/spurline/server/auth"
)

func tokenCommand() *cobra.Command {
	command := &cobra.Command{Use: "token", Short: "Tokens of the services and people that call the API"}
	var name, role string
	var merchants []string
	make := &cobra.Command{
		Use:   "new",
		Short: "Make a token",
		Long: `New prints a token, once, and the entry for the file that --tokens-file names. The
entry has the token's hash only.

Roles: SUBMITTER submits orders and shipments; READER reads; OPERATOR does
everything but create and delete merchants; ADMIN does everything.`,
		Example: `  spurline token new --name oms --role SUBMITTER
  spurline token new --name acme-support --role READER --merchant acme`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			token, entry, err := auth.NewToken(name, auth.Role(strings.ToUpper(role)), merchants)
			if err != nil {
				return err
			}
			item := "  " + strings.ReplaceAll(strings.TrimSpace(entry), "\n", "\n  ")
			_, err = fmt.Fprintf(command.OutOrStdout(), "token, shown only now: %s\n\nput this under \"tokens:\" in the "+
				"tokens file:\n\n%s\n", token, item)
			return err
		},
	}
	make.Flags().StringVar(&name, "name", "", "`name` that logs and errors show")
	make.Flags().StringVar(&role, "role", "", "`role`: SUBMITTER, READER, OPERATOR or ADMIN")
	make.Flags().StringSliceVar(&merchants, "merchant", nil, "`id` of the only merchant it is for; may be repeated")
	for _, flag := range []string{"name", "role"} {
		if err := make.MarkFlagRequired(flag); err != nil {
			panic(err) // The flag is declared three lines above.
		}
	}
	command.AddCommand(make)
	return command
}
