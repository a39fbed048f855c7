package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spurline/spurline/server/seal"
)

// openSealer opens the configured key set and makes sure that it is one that
// opens what this data folder holds: a wrong key set is found at the start, not
// at the first delivery (promise P8).
func (a *App) openSealer() (*seal.Sealer, error) {
	sealer, err := seal.Open(seal.Source{
		KeySet:          a.config.SealingKey.Reveal(),
		File:            a.config.SealingKeyFile,
		DevelopmentFile: a.config.DevelopmentKeyFile(),
	}, a.logger)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(a.config.DataDir, "sealing-canary")
	canary, err := os.ReadFile(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if canary, err = sealer.Canary(); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, canary, 0o600); err != nil {
			return nil, fmt.Errorf("write sealing canary: %w", err)
		}
		return sealer, nil
	case err != nil:
		return nil, fmt.Errorf("read sealing canary: %w", err)
	}
	if err := sealer.CheckCanary(canary); err != nil {
		return nil, fmt.Errorf("the configured sealing key set does not open what %s holds: %w; configure the key "+
			"set that this data folder was used with, or one made from it with \"spurline key rotate\"",
			a.config.DataDir, err)
	}
	return sealer, nil
}
