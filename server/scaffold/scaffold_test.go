package scaffold_test

import (
	"bytes"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spurline/spurline/server/scaffold"
)

// TestNewPluginWorks renders plugins outside of this module, and does with them what
// their authors do first. It fetches nothing.
func TestNewPluginWorks(t *testing.T) {
	t.Parallel()
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		contracts []string
	}{
		{"acme", []string{scaffold.Tracking}},
		{"acme-eu", []string{scaffold.Orders}},
		{"3pl", []string{scaffold.Tracking, scaffold.Orders}},
		{"sdk", []string{scaffold.Tracking}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "new", test.name)
			written, err := scaffold.New(scaffold.Options{
				Name: test.name, Dir: dir, Contracts: test.contracts, Version: "(devel)", Replace: checkout,
			})
			if err != nil || !written.OwnModule || slices.Contains(written.Next, "go mod tidy") {
				t.Fatalf("%+v, %v", written, err)
			}
			if got := files(t, dir); !slices.Equal(got, slices.Sorted(slices.Values(written.Files))) {
				t.Errorf("said %q, wrote %q", written.Files, got)
			}
			checkFormat(t, dir, written.Files)
			run(t, dir, "go", "vet", "./...")
			run(t, dir, "go", "test", "-shuffle=on", "./...")
			run(t, dir, "go", "build", "-o", "bin/", "./cmd/...")
			for _, contract := range test.contracts {
				sample := map[string]string{scaffold.Tracking: "tracking", scaffold.Orders: "order"}[contract]
				shown := run(t, dir, "bin/spurline-plugin-"+test.name, "preview", "--settings", "sample/settings.yaml",
					"--"+sample, "sample/"+sample+".json")
				if !strings.HasPrefix(shown, "POST http://127.0.0.1:8099/") || !strings.Contains(shown, `"source":"amazon"`) {
					t.Errorf("the preview is %s", shown)
				}
			}
			described := run(t, dir, "bin/spurline-plugin-"+test.name, "--describe")
			for _, contract := range []string{scaffold.Tracking, scaffold.Orders} {
				name := map[string]string{
					scaffold.Tracking: "CONTRACT_TRACKING_FORWARD", scaffold.Orders: "CONTRACT_ORDER_COPY",
				}[contract]
				if strings.Contains(described, name) != slices.Contains(test.contracts, contract) {
					t.Errorf("wanted %q, got\n%s", test.contracts, described)
				}
			}
		})
	}
}

// TestNewPluginThatSendsNothing: its tests say what is wrong, each of them, and none breaks
// off the others.
func TestNewPluginThatSendsNothing(t *testing.T) {
	t.Parallel()
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "acme")
	if _, err := scaffold.New(scaffold.Options{
		Name: "acme", Dir: dir, Contracts: []string{scaffold.Tracking, scaffold.Orders}, Replace: checkout,
	}); err != nil {
		t.Fatal(err)
	}
	const sends = "return c.deliver(ctx, r)"
	replace(t, filepath.Join(dir, "tracking.go"), sends, `panic("no courier for " + r.path)`)
	replace(t, filepath.Join(dir, "order.go"), sends, `return sdk.Skipped("NOT_NOW", r.path)`)
	command := inFolder(t, dir, "go", "test", "./...")
	out, err := command.CombinedOutput()
	if err == nil {
		t.Fatalf("the tests pass:\n%s", out)
	}
	for _, says := range []string{
		"--- FAIL: TestGoldenTracking", "--- FAIL: TestPreviewOfTracking", "--- FAIL: TestPreviewOfOrder",
		"the delivery sent none", "NOT_NOW", "no courier for /parcels; at ", "(tracking.go:",
	} {
		if !strings.Contains(string(out), says) {
			t.Errorf("no %q", says)
		}
	}
	if strings.Contains(string(out), "goroutine ") {
		t.Error("they panic")
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}

// replace changes a text that must be in the file.
func replace(t *testing.T, name, old, text string) {
	t.Helper()
	before, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(before), old) {
		t.Fatalf("%q is not in %s: %v", old, name, err)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(before), old, text, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// checkFormat is gofmt -l, which is not everywhere where go is.
func checkFormat(t *testing.T, dir string, names []string) {
	t.Helper()
	for _, name := range names {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if formatted, err := format.Source(text); err != nil || !bytes.Equal(formatted, text) {
			t.Errorf("%s is not formatted: %v", name, err)
		}
	}
}

func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	if strings.Contains(program, "/") {
		program = filepath.Join(dir, program)
	}
	out, err := inFolder(t, dir, program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", filepath.Base(program), args, err, out)
	}
	return string(out)
}

// inFolder is a command that has no vendor folder or workspace of the caller, and nothing
// from the network.
func inFolder(t *testing.T, dir, program string, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off")
	return command
}

// files are those below the folder, sorted.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func TestNewPluginInAModule(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	writeModule(t, root, "require github.com/spurline/spurline v1.4.0\n")
	dir := filepath.Join(root, "plugins", "acme")
	written, err := scaffold.New(scaffold.Options{Name: "acme", Dir: dir, Contracts: []string{scaffold.Tracking}})
	if err != nil || written.OwnModule || written.Next[0] != "go test ./plugins/acme/..." ||
		written.Module != "example.com/ours/plugins/acme" {
		t.Fatalf("%+v, %v", written, err)
	}
	if slices.Contains(files(t, dir), "go.mod") {
		t.Error("it is a module within a module")
	}
	main, err := os.ReadFile(filepath.Join(dir, "cmd", "spurline-plugin-acme", "main.go"))
	if err != nil || !strings.Contains(string(main), `"example.com/ours/plugins/acme"`) {
		t.Errorf("%s, %v", main, err)
	}
}

func writeModule(t *testing.T, root, rest string) {
	t.Helper()
	text := "// Ours.\nmodule example.com/ours\n\ngo 1.26.0\n\n" + rest
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestNewPluginInAModuleThatDoesNotKnowSpurline: what its author does first makes it known.
func TestNewPluginInAModuleThatDoesNotKnowSpurline(t *testing.T) {
	t.Parallel()
	const replace, tested = "go mod edit -replace github.com/spurline/spurline=../spurline", "go test ./acme/..."
	for _, test := range []struct {
		name, version, rest string
		next                []string
	}{
		{"development", "(devel)", "", []string{replace, "go mod tidy", tested}},
		{"release", "v1.4.0", "", []string{"go get github.com/spurline/spurline@v1.4.0", "go mod tidy", tested}},
		{
			"only told of", "v1.4.0", "// github.com/spurline/spurline is none of ours.\nrequire example.com/x v1.0.0\n",
			[]string{"go get github.com/spurline/spurline@v1.4.0", "go mod tidy", tested},
		},
		{"in a block", "(devel)", "require (\n\tgithub.com/spurline/spurline v1.4.0\n)\n", []string{tested}},
		{"replaced", "(devel)", "replace github.com/spurline/spurline => ../spurline\n", []string{tested}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			writeModule(t, root, test.rest)
			options := scaffold.Options{
				Name: "acme", Dir: filepath.Join(root, "acme"), Version: test.version, Contracts: []string{scaffold.Tracking},
			}
			written, err := scaffold.New(options)
			if err != nil {
				t.Fatal(err)
			}
			var commands []string
			for _, line := range written.Next {
				if !strings.HasPrefix(line, "#") {
					commands = append(commands, line)
				}
			}
			if !slices.Equal(commands[:len(test.next)], test.next) {
				t.Errorf("next is %q", commands)
			}
			options.Dir, options.Replace = filepath.Join(root, "other"), "../.."
			if _, err := scaffold.New(options); err == nil || !strings.Contains(err.Error(), "go mod edit -replace") {
				t.Errorf("with --replace: %v", err)
			}
		})
	}
}

func TestModuleFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, version string
		first         string
		has, hasNot   string
	}{
		{"release", "v1.4.0", "cd ", "require github.com/spurline/spurline v1.4.0\n", "replace"},
		{"candidate", "v1.4.0-rc.1", "cd ", "require github.com/spurline/spurline v1.4.0-rc.1\n", "replace"},
		{"development", "(devel)", "# name a checkout", "// replace github.com/spurline/spurline => ", "\nreplace"},
		{"commit", "v0.0.0-20261125143000-09525c6abcde+dirty", "# name a checkout", "// replace github.com/", "\nreplace"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "acme")
			written, err := scaffold.New(scaffold.Options{
				Name: "acme", Dir: dir, Module: "example.com/x", Version: test.version, Contracts: []string{scaffold.Tracking},
			})
			if err != nil || !strings.HasPrefix(written.Next[0], test.first) || !slices.Contains(written.Next, "go mod tidy") {
				t.Fatalf("%+v, %v", written, err)
			}
			if strings.HasPrefix(test.first, "#") != strings.Contains(written.Next[0], "--replace") {
				t.Errorf("says %q first", written.Next[0])
			}
			text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
			if err != nil || !strings.Contains(string(text), test.has) || strings.Contains(string(text), test.hasNot) {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
}

// TestBadOptions: all that is wrong is told, and nothing is written.
func TestBadOptions(t *testing.T) {
	t.Parallel()
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.MkdirAll(filepath.Join(taken, "mine"), 0o700); err != nil {
		t.Fatal(err)
	}
	one := []string{scaffold.Tracking}
	for _, test := range []struct {
		name    string
		options scaffold.Options
		says    []string
	}{
		{"no name", scaffold.Options{Contracts: one}, []string{`name ""`}},
		{"upper case", scaffold.Options{Name: "Acme", Contracts: one}, []string{"lower-case"}},
		{"a path", scaffold.Options{Name: "../acme", Contracts: one}, []string{"lower-case"}},
		{"dash at the end", scaffold.Options{Name: "acme-", Contracts: one}, []string{"lower-case"}},
		{"long", scaffold.Options{Name: strings.Repeat("a", 41), Contracts: one}, []string{"40 characters"}},
		{"no contract", scaffold.Options{Name: "acme"}, []string{"tracking, orders or both"}},
		{
			"several faults",
			scaffold.Options{Name: "a b", Module: "a b", Contracts: []string{"refunds"}},
			[]string{`name "a b"`, `module "a b"`, `"refunds" is none`},
		},
		{"major version", scaffold.Options{Name: "x", Module: "example.com/v2", Contracts: one}, []string{"major version"}},
		{"taken", scaffold.Options{Name: "acme", Dir: taken, Contracts: one}, []string{"not empty", "--dir"}},
		{"a file", scaffold.Options{Name: "acme", Dir: "scaffold_test.go", Contracts: one}, []string{"scaffold_test.go"}},
		{"no checkout", scaffold.Options{Name: "acme", Replace: taken, Contracts: one}, []string{"no checkout of Spurline"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if test.options.Dir == "" {
				test.options.Dir = filepath.Join(root, "new")
			}
			_, err := scaffold.New(test.options)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range test.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if left := append(files(t, root), files(t, taken)...); len(left) > 0 {
				t.Errorf("left %q", left)
			}
		})
	}
}
