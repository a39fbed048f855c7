package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"strings"
	"text/template"
)

//go:embed template
var sources embed.FS

// values are what the templates know.
type values struct {
	Name, Title, Package, Module, Upper string
	// Place is the folder under that of the module; empty for a module of its own.
	Place                  string
	Tracking, Orders       bool
	OwnModule, Development bool
	// Known says that the module that the plugin is put into has Spurline already.
	Known              bool
	GoVersion, Version string
	// Replace is the checkout that stands in for the released module, if any,
	// Requires what that requires, and Sums its go.sum.
	Replace, Requires string
	Sums              []byte
}

// Both says that the plugin has both contracts.
func (v values) Both() bool { return v.Tracking && v.Orders }

// House says that the plugin is in Spurline's own module, where its imports stand
// with the others of it.
func (v values) House() bool { return strings.HasPrefix(v.Module, spurline+"/") }

// In is what goes before the names of its files in commands.
func (v values) In() string {
	if v.Place == "" {
		return ""
	}
	return v.Place + "/"
}

// file is one of the files of a plugin.
type file struct {
	from, to string
	when     bool
}

func (v values) files() []file {
	standIn := v.Package + "test"
	return []file{
		{"go.mod", "go.mod", v.OwnModule},
		{"Makefile", "Makefile", v.OwnModule},
		{"gitignore", ".gitignore", v.OwnModule},
		{"README.md", "README.md", true},
		{"plugin.go", "plugin.go", true},
		{"settings.go", "settings.go", true},
		{"client.go", "client.go", true},
		{"tracking.go", "tracking.go", v.Tracking},
		{"order.go", "order.go", v.Orders},
		{"check.go", "check.go", true},
		{"plugin_test.go", "plugin_test.go", true},
		{"outcome_test.go", "outcome_test.go", true},
		{"check_test.go", "check_test.go", true},
		{"canary_test.go", "canary_test.go", true},
		{"testdata/tracking.txt", "testdata/requests/tracking.txt", v.Tracking},
		{"testdata/order.txt", "testdata/requests/order.txt", v.Orders},
		{"sample/settings.yaml", "sample/settings.yaml", true},
		{"sample/tracking.json", "sample/tracking.json", v.Tracking},
		{"sample/order.json", "sample/order.json", v.Orders},
		{"harness.yaml", "harness.yaml", true},
		{"cmd/plugin/main.go", "cmd/spurline-plugin-" + v.Name + "/main.go", true},
		{"standin/standin.go", standIn + "/standin.go", true},
		{"standin/cmd/main.go", standIn + "/cmd/" + standIn + "/main.go", true},
	}
}

// render returns the content of a file, formatted as gofmt has it.
func (v values) render(f file) ([]byte, error) {
	source, err := sources.ReadFile("template/" + f.from + ".tmpl")
	if err != nil {
		return nil, err
	}
	parsed, err := template.New(f.from).Option("missingkey=error").Parse(string(source))
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := parsed.Execute(&text, v); err != nil {
		return nil, err
	}
	if !strings.HasSuffix(f.to, ".go") {
		return text.Bytes(), nil
	}
	formatted, err := format.Source(text.Bytes())
	if err != nil {
		return nil, fmt.Errorf("format %s: %w", f.to, err)
	}
	return formatted, nil
}
