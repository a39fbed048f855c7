package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/spurline/spurline/server/seal"
)

func keyCommand() *cobra.Command {
	command := &cobra.Command{Use: "key", Short: "Key sets that seal the secrets of connections"}
	command.AddCommand(newKeyCommand(), rotateKeyCommand())
	return command
}

func newKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new FILE",
		Short: "Make a key set",
		Long: `New writes a key set to FILE, readable by its owner only. Configure it with
--sealing-key-file, and keep a copy in a safe place: without it, no stored secret
can be opened again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			keys, err := seal.NewKeySet()
			if err != nil {
				return err
			}
			file, err := createKeySet(args[0])
			if err != nil {
				return err
			}
			return writeKeySet(command, file, keys)
		},
	}
}

func rotateKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate OLD NEW",
		Short: "Make a key set with a new primary key and the keys of another",
		Long: `Rotate writes to NEW the keys of OLD and a new one, which seals from then on;
what the old keys sealed can still be opened. Configure NEW on every server, then
remove OLD.`,
		Args: cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, args []string) error {
			old, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("read key set: %w", err)
			}
			keys, err := seal.Rotate(old)
			if err != nil {
				return err
			}
			file, err := createKeySet(args[1])
			if err != nil {
				return err
			}
			return writeKeySet(command, file, keys)
		},
	}
}

// createKeySet makes a file for a key set. It never writes over one.
func createKeySet(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("make key set: %s exists already and is kept; choose another name, "+
			"or use \"spurline key rotate OLD NEW\" for a new key beside those that it holds", path)
	case err != nil:
		return nil, fmt.Errorf("make key set: %w", err)
	}
	return file, nil
}

func writeKeySet(command *cobra.Command, file *os.File, keys []byte) error {
	if _, err := file.Write(keys); err != nil {
		return fmt.Errorf("write key set: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write key set: %w", err)
	}
	_, err := fmt.Fprintf(command.OutOrStdout(), "key set written to %s; use it with --sealing-key-file\n", file.Name())
	return err
}
