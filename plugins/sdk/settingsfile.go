package sdk

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"

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

// harnessKeys are the other keys that a file may have, so that the harness of "spurline
// plugin check" does for this too. They are not looked at.
var harnessKeys = []string{"faulty", "tracking", "orders", "environment", "outcomes", "remote"}

// yamlLine finds the line in an error of the library, which may quote a value besides.
var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\n  )?line (\d+):`)

// place is the name of a file with the line of an error, if that has one.
func place(name string, err error) string {
	if line := yamlLine.FindStringSubmatch(err.Error()); line != nil {
		return name + ", line " + line[1] + ","
	}
	return name
}

// readConnection reads settings and secrets. No error quotes a value.
func (s streams) readConnection(name string) (*pluginv1.Connection, error) {
	raw, err := s.readFile(name)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	var file struct {
		Settings map[string]string `yaml:"settings"`
		Secrets  map[string]string `yaml:"secrets"`
		Others   map[string]any    `yaml:",inline"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("settings: %s is not YAML or JSON with texts under settings and secrets", place(name, err))
	}
	if file.Settings == nil && file.Secrets == nil {
		return nil, errors.New(`settings: there is neither the key "settings" nor "secrets"`)
	}
	for _, key := range slices.Sorted(maps.Keys(file.Others)) {
		if !slices.Contains(harnessKeys, key) {
			return nil, fmt.Errorf("settings: %s: there is no key %.40q; the keys are settings and secrets", name, key)
		}
	}
	return &pluginv1.Connection{
		Uid: "by-hand", Generation: 1, MerchantId: "by-hand", Settings: file.Settings, Secrets: file.Secrets,
	}, nil
}
