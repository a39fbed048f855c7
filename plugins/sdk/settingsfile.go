package sdk

import (
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// mostFile is the most bytes of a file that a verb reads.
const mostFile = 4 << 20

// settingsFlag declares the flag of the file with settings and secrets.
func (a *arguments) settingsFlag() *string {
	return a.String("settings", "-", "`FILE` with the keys settings and secrets, in YAML or JSON; - is standard input")
}

// readFile reads a file up to mostFile; "-" is standard input.
func (s streams) readFile(name string) ([]byte, error) {
	from := s.stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	raw, err := io.ReadAll(io.LimitReader(from, mostFile+1))
	if err == nil && len(raw) > mostFile {
		return nil, fmt.Errorf("read %s: it is larger than %d MiB", name, mostFile>>20)
	}
	return raw, err
}

// readConnection reads settings and secrets. Other keys are not looked at, so that
// the harness of "spurline plugin check" does for this too. No error quotes a value.
func (s streams) readConnection(name string) (*pluginv1.Connection, error) {
	raw, err := s.readFile(name)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	var file struct {
		Settings map[string]string `yaml:"settings"`
		Secrets  map[string]string `yaml:"secrets"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("settings: %s is not YAML or JSON with texts under settings and secrets", name)
	}
	if file.Settings == nil && file.Secrets == nil {
		return nil, errors.New(`settings: there is neither the key "settings" nor "secrets"`)
	}
	return &pluginv1.Connection{
		Uid: "by-hand", Generation: 1, MerchantId: "by-hand", Settings: file.Settings, Secrets: file.Secrets,
	}, nil
}
