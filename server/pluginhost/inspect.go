package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Inspected is what is known of a binary that was started once.
type Inspected struct {
	// Description as the plugin gave it, held against the contract.
	Description *pluginv1.Description
	// SHA256 of the binary, hexadecimal.
	SHA256 string
}

// Inspect starts the binary at path from a copy in a temporary directory, asks it for
// its description and ends it. It is how a plugin's name and version are found out
// before it is installed: whoever calls it trusts the binary. A binary that cannot do
// the one-time TLS of the handshake is started without.
func Inspect(ctx context.Context, path string) (inspected Inspected, err error) {
	dir, err := os.MkdirTemp("", socketPrefix)
	if err != nil {
		return Inspected{}, fmt.Errorf("inspect plugin: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copies := depot{root: filepath.Join(dir, "c")}
	if err := copies.open(); err != nil {
		return Inspected{}, fmt.Errorf("inspect plugin: %w", err)
	}
	name := "candidate"
	if given, ok := strings.CutPrefix(filepath.Base(path), binaryPrefix); ok {
		name = given
	}
	b, err := copies.admit(path, name, func(string) error { return nil })
	if err != nil {
		return Inspected{}, fmt.Errorf("inspect plugin: %w", err)
	}
	description, err := inspect(ctx, name, b, dir, true)
	if errors.Is(err, ErrRefused) {
		description, err = inspect(ctx, name, b, dir, false)
	}
	if err != nil {
		return Inspected{}, fmt.Errorf("inspect plugin: start: %s is no Spurline plugin, or cannot start as one: %w; "+
			"a plugin's program is called %sNAME, and \"spurline plugin check %s\" tells what it lacks",
			path, err, binaryPrefix, path)
	}
	return Inspected{Description: description, SHA256: b.digest}, nil
}

func inspect(ctx context.Context, name string, b binary, base string, mtls bool) (*pluginv1.Description, error) {
	timings := Timings{}.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, timings.Start)
	defer cancel()
	l := launch{
		runner: newRunner(b, allowed(name, os.Environ()), mtls, slog.New(slog.DiscardHandler), newLineLog()),
		base:   base, mtls: mtls, timings: timings,
	}
	i, err := l.start(ctx)
	if err != nil {
		return nil, err
	}
	i.close(timings.Kill)
	return i.description, nil
}
