package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// plugin builds the aftership plugin into a folder that is no plugin folder.
func plugin(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aftership-linux")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path,
		"../../../plugins/aftership/cmd/spurline-plugin-aftership")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

func spurline(ctx context.Context, args ...string) (string, error) {
	command := root() //nolint:contextcheck // It gets ctx when it is executed.
	var out bytes.Buffer
	command.SetOut(&out)
	command.SetErr(&out)
	command.SetArgs(args)
	err := command.ExecuteContext(ctx)
	return out.String(), err
}

// An operator installs, looks at, upgrades and removes a plugin, and is told what to do
// when something is wrong.
func TestPluginCommands(t *testing.T) {
	t.Parallel()
	built, dir := plugin(t), t.TempDir()
	installed := filepath.Join(dir, "spurline-plugin-aftership")
	for _, step := range []struct {
		args string
		// do comes before.
		do   func() error
		want string
		fail bool
	}{
		{args: "verify", want: "no plugins.lock", fail: true},
		{args: "install " + built, want: "installed aftership "},
		{args: "install " + built, want: "spurline plugin upgrade aftership", fail: true},
		{args: "list", want: "pinned"},
		{args: "verify", want: "1 plugins are those that are pinned"},
		{args: "upgrade aftership " + built, want: "upgraded aftership "},
		{args: "upgrade zoho " + built, want: "spurline plugin install", fail: true},
		{
			args: "verify", want: `pin it with "spurline plugin pin aftership --plugin-dir `, fail: true,
			do: func() error { return appendTo(installed, "x") },
		},
		{args: "list", want: "REFUSED"},
		{args: "pin aftership", want: "pinned"},
		{args: "verify", want: "1 plugins"},
		{
			args: "verify", want: "chmod o-w", fail: true,
			do: func() error { return os.Chmod(installed, 0o757) }, //nolint:gosec // That is what is refused.
		},
		{args: "remove aftership", want: "ReloadPlugins"},
		{args: "remove aftership", want: "not installed", fail: true},
		{args: "install", want: "accepts 1 arg", fail: true},
	} {
		if step.do != nil {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
		}
		args := append([]string{"plugin"}, strings.Fields(step.args)...)
		out, err := spurline(t.Context(), append(args, "--plugin-dir", dir)...)
		if err != nil {
			out += err.Error()
		}
		if (err != nil) != step.fail || !strings.Contains(out, step.want) {
			t.Errorf("%s = %q, %v, want %q", step.args, out, err, step.want)
		}
	}
}

func appendTo(path, text string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(content, text...), 0o755) //nolint:gosec // It is executed.
}
