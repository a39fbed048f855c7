package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spurline/spurline/server/seal"
)

// openSealer opens the configured key set and makes sure that it is one that
// opens what this data folder holds: a wrong key set is found at the start, not
// at the first delivery (promise P8).
func (a *App) openSealer() (*seal.Sealer, error) {
	file := filepath.Join(a.config.DataDir, "sealing-canary")
	if err := a.checkKeyIsConfigured(file); err != nil {
		return nil, err
	}
	if err := checkWritable(a.config.DataDir); err != nil {
		return nil, err
	}
	sealer, err := seal.Open(seal.Source{
		KeySet:          a.config.SealingKey.Reveal(),
		File:            a.config.SealingKeyFile,
		DevelopmentFile: a.config.DevelopmentKeyFile(),
	}, a.logger)
	if err != nil {
		return nil, err
	}
	canary, err := os.ReadFile(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if canary, err = sealer.Canary(); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, canary, 0o600); err != nil {
			return nil, fmt.Errorf("write to the data folder: %w", err)
		}
		return sealer, nil
	case err != nil:
		return nil, fmt.Errorf("read the data folder: %w", err)
	}
	if err := sealer.CheckCanary(canary); err != nil {
		return nil, fmt.Errorf("the configured sealing key set does not open what %s holds: %w; configure the key "+
			"set that this data folder was used with, or one made from it with \"spurline key rotate\"",
			a.config.DataDir, err)
	}
	return sealer, nil
}

// checkKeyIsConfigured fails if a data folder that was used with a key set of its
// operator is opened with none: making a development key would hide the mistake.
func (a *App) checkKeyIsConfigured(canary string) error {
	if a.config.SealingKey != "" || a.config.SealingKeyFile != "" {
		return nil
	}
	if _, err := os.Stat(canary); err != nil {
		return nil //nolint:nilerr // The folder is new, or the next step tells what is wrong with it.
	}
	if _, err := os.Lstat(a.config.DevelopmentKeyFile()); errors.Is(err, os.ErrNotExist) {
		return errors.New("no sealing key set is configured, but this data folder was used with one; " +
			"configure it with --sealing-key-file")
	}
	return nil
}

// checkWritable fails unless files can be made in the data folder.
func checkWritable(dir string) error {
	probe, err := os.CreateTemp(dir, ".writable-*")
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("the data folder %s is not writable for user id %d: %w", dir, os.Getuid(), errors.Unwrap(err))
	}
	if err != nil {
		return fmt.Errorf("write to the data folder %s: %w", dir, errors.Unwrap(err))
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
