package nodehook_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spurline/spurline/plugins/sdk/conformance"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
)

const howToGet = "the Node plugin cannot be built: have node and run npm ci --prefix plugins/nodehook --ignore-scripts"

// needNode skips the test without node or the modules, and fails it in CI.
func needNode(t *testing.T) {
	t.Helper()
	_, missing := exec.LookPath("node")
	if missing == nil {
		_, missing = os.Stat("node_modules")
	}
	switch {
	case missing == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("%s: %v", howToGet, missing)
	default:
		t.Skip(howToGet)
	}
}

// build makes the plugin from an export of the protos alone.
func build(t *testing.T) string {
	t.Helper()
	exported := t.TempDir()
	program := filepath.Join(t.TempDir(), "spurline-plugin-nodehook")
	for _, command := range []*exec.Cmd{
		exec.CommandContext(t.Context(), "go", "run", "../../server/cmd/spurline", "proto", "export", exported),
		exec.CommandContext(t.Context(), "node", "build.mjs", exported, program),
	} {
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	return program
}

// TestConformance: what a plugin is does not depend on its language.
func TestConformance(t *testing.T) {
	t.Parallel()
	needNode(t)
	file, err := os.Open("harness.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	harness, err := conformance.ReadHarness(file)
	if err != nil {
		t.Fatal(err)
	}
	report := plugintest.Conform(t, build(t), harness)
	var unclaimed []string
	for _, check := range report.Checks {
		if check.Status == conformance.NotClaimed {
			unclaimed = append(unclaimed, check.Name)
		}
	}
	if want := []string{"one-time-tls", "preview"}; !slices.Equal(unclaimed, want) {
		t.Errorf("not claimed: %v, want %v", unclaimed, want)
	}
}
