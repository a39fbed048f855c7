package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// triedSettings are a connection as the plugins read it too, when they are run by hand.
type triedSettings struct {
	Settings map[string]string `yaml:"settings"`
	Secrets  map[string]string `yaml:"secrets"`
	Others   map[string]any    `yaml:",inline"`
}

// harnessKeys are the other keys that the file may have, so that the harness of "plugin
// check" does for this too. They are not looked at.
var harnessKeys = []string{"faulty", "tracking", "orders", "environment", "outcomes", "remote"}

// yamlLine finds the line in an error of the library, which may quote a secret besides.
var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\n  )?line (\d+):`)

// readTriedSettings reads the file. No error quotes a value.
func readTriedSettings(file string) (triedSettings, error) {
	var read triedSettings
	raw, err := os.ReadFile(file)
	if err != nil {
		return read, err
	}
	if err := yaml.Unmarshal(raw, &read); err != nil {
		at := ""
		if line := yamlLine.FindStringSubmatch(err.Error()); line != nil {
			at = "line " + line[1] + ": "
		}
		return read, fmt.Errorf("read %s: %sit is not YAML or JSON with texts under settings and secrets", file, at)
	}
	for _, key := range slices.Sorted(maps.Keys(read.Others)) {
		if !slices.Contains(harnessKeys, key) {
			return read, fmt.Errorf("read %s: there is no key %.40q; the keys are settings and secrets", file, key)
		}
	}
	return read, nil
}
