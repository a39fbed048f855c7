package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	// spurline is the module that a plugin is written with.
	spurline = "github.com/spurline/spurline"
	// defaultGo is the least version of Go that plugins/sdk builds with.
	defaultGo = "1.26.0"
)

// module is what a go.mod says.
type module struct {
	path string
	// goVersion is that of its go line, and rest what follows that.
	goVersion, rest string
}

var moduleLines = regexp.MustCompile(`(?s)^module (\S+)\n+go (\S+)\n(.*)$`)

// knowsSpurline finds a line that requires or replaces it; what only replaces it requires
// it after "go mod tidy".
var knowsSpurline = regexp.MustCompile(`(?m)^\s*((require|replace)\s+)?` + regexp.QuoteMeta(spurline) + `\s`)

// readModule reads the go.mod of a folder; fs.ErrNotExist if it has none.
func readModule(dir string) (module, error) {
	name := filepath.Join(dir, "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		return module{}, err
	}
	// Comments may come first.
	_, after, found := strings.Cut("\n"+string(text), "\nmodule ")
	lines := moduleLines.FindStringSubmatch("module " + after)
	if !found || lines == nil {
		return module{}, fmt.Errorf("read %s: it does not begin with the module and its version of Go", name)
	}
	return module{strings.Trim(lines[1], `"`), lines[2], lines[3]}, nil
}

// replaceBy has the plugin build with a checkout. What that requires is required as it
// is there, so that nothing has to be looked up.
func (v *values) replaceBy(checkout, dir string) error {
	mod, err := readModule(checkout)
	if errors.Is(err, fs.ErrNotExist) || err == nil && mod.path != spurline {
		return fmt.Errorf("replace %s: it is no checkout of Spurline", checkout)
	}
	if err != nil {
		return fmt.Errorf("replace %s: %w", checkout, err)
	}
	if v.Replace, err = seenFrom(dir, checkout); err != nil {
		return fmt.Errorf("replace %s: %w", checkout, err)
	}
	v.GoVersion, v.Requires = mod.goVersion, strings.TrimSpace(mod.rest)+"\n"
	if v.Sums, err = os.ReadFile(filepath.Join(checkout, "go.sum")); err != nil {
		return fmt.Errorf("replace %s: %w", checkout, err)
	}
	return nil
}

// seenFrom is a path as go.mod wants it: absolute if it was, otherwise relative to the
// plugin.
func seenFrom(dir, checkout string) (string, error) {
	if filepath.IsAbs(checkout) {
		return filepath.ToSlash(filepath.Clean(checkout)), nil
	}
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(checkout)
	if err != nil {
		return "", err
	}
	relative, err := filepath.Rel(from, to)
	if err != nil {
		return "", err
	}
	return filepath.ToSlash(relative), nil
}
