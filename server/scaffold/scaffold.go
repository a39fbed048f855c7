package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The contracts that a plugin can have.
const (
	Tracking = "tracking"
	Orders   = "orders"
)

// Options of a new plugin.
type Options struct {
	// Name of the plugin, "[a-z0-9-]".
	Name string
	// Module is the path of the module that the plugin becomes. If it is empty and Dir
	// is in a module, the plugin is a package of that one; otherwise it becomes
	// example.com/spurline-plugin-NAME.
	Module string
	// Dir is where the plugin goes; empty means the name, in the current folder. It
	// must not exist, or be empty.
	Dir string
	// Contracts are Tracking, Orders or both.
	Contracts []string
	// Version of Spurline that the plugin is written for, "v1.2.3"; anything else is a
	// development build, which nobody can fetch.
	Version string
	// Replace is a checkout of Spurline to build with in place of a release.
	Replace string
}

// Plugin is what was written.
type Plugin struct {
	// Dir is where, and Files what, relative to it.
	Dir   string
	Files []string
	// Package is the name and Module the import path of its Go package.
	Package, Module string
	// OwnModule says that it is a module of its own.
	OwnModule bool
	// Next are the commands to run next, and before them what has to be done by hand.
	Next []string
}

// New writes a plugin. All that is wrong with the options is in the error; then, and
// when a file cannot be written, nothing is left of it.
func New(options Options) (Plugin, error) {
	v, dir, err := plan(options)
	if err != nil {
		return Plugin{}, err
	}
	written := Plugin{Dir: dir, Package: v.Package, Module: v.Module, OwnModule: v.OwnModule, Next: v.next(dir)}
	contents := map[string][]byte{}
	for _, f := range v.files() {
		if !f.when {
			continue
		}
		if contents[f.to], err = v.render(f); err != nil {
			return Plugin{}, err
		}
		written.Files = append(written.Files, f.to)
	}
	if len(v.Sums) > 0 {
		written.Files = append(written.Files, "go.sum")
		contents["go.sum"] = v.Sums
	}
	return written, write(dir, written.Files, contents)
}

// next is what its author does first.
func (v values) next(dir string) []string {
	program := "bin/spurline-plugin-" + v.Name
	try := "spurline plugin try " + program + " --settings " + v.In() + "sample/settings.yaml"
	standIn := "bin/" + v.Package + "test &"
	switch {
	case !v.OwnModule:
		in := "./" + v.Place + "/..."
		return append(v.require(), "go test "+in, "go build -o bin/ "+in, standIn, try)
	case v.Replace != "":
		return []string{"cd " + dir, "make test build", standIn, try}
	case v.Development:
		return []string{
			"# name a checkout of Spurline in " + dir + "/go.mod, as --replace does: " +
				"this spurline is a development build",
			"cd " + dir, "go mod tidy", "make test build", standIn, try,
		}
	default:
		return []string{"cd " + dir, "go mod tidy", "make test build", standIn, try}
	}
}

// require has the module that the plugin is in know Spurline, if it does not yet.
func (v values) require() []string {
	switch {
	case v.Known:
		return nil
	case v.Development:
		return []string{
			"# name a checkout of Spurline in the place of ../spurline: this spurline is a development build",
			"go mod edit -replace " + spurline + "=../spurline", "go mod tidy",
		}
	default:
		return []string{"go get " + spurline + "@" + v.Version, "go mod tidy"}
	}
}

var released = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-(alpha|beta|rc)[0-9.]*)?$`)

// plan turns options into what the templates need.
func plan(o Options) (v values, dir string, err error) {
	faults := []error{checkName(o.Name), checkContracts(o.Contracts)}
	if o.Module != "" {
		faults = append(faults, checkModule(o.Module))
	}
	if err := errors.Join(faults...); err != nil {
		return v, "", err
	}
	if dir = o.Dir; dir == "" {
		dir = o.Name
	}
	if err := checkFree(dir); err != nil {
		return v, "", err
	}
	v = values{
		Name: o.Name, Title: title(o.Name), Package: packageName(o.Name), Module: o.Module, OwnModule: true,
		Upper:    strings.ToUpper(strings.ReplaceAll(o.Name, "-", "_")),
		Tracking: slices.Contains(o.Contracts, Tracking), Orders: slices.Contains(o.Contracts, Orders),
		GoVersion: defaultGo, Version: o.Version, Development: !released.MatchString(o.Version),
	}
	if v.Development {
		v.Version = "v0.0.0"
	}
	if o.Module == "" {
		if err := v.placeIn(dir); err != nil {
			return v, "", err
		}
	}
	switch {
	case o.Replace != "" && !v.OwnModule:
		return v, "", fmt.Errorf("replace %s: %s is in the module of %s, whose go.mod says what replaces Spurline: "+
			"leave --replace out and use go mod edit -replace there",
			o.Replace, dir, strings.TrimSuffix(v.Module, "/"+v.Place))
	case o.Replace != "":
		err = v.replaceBy(o.Replace, dir)
	}
	return v, dir, err
}

func checkContracts(contracts []string) error {
	if len(contracts) == 0 {
		return fmt.Errorf("contracts: name %s, %s or both", Tracking, Orders)
	}
	for _, contract := range contracts {
		if contract != Tracking && contract != Orders {
			return fmt.Errorf("contracts: %q is none; there are %s and %s", contract, Tracking, Orders)
		}
	}
	return nil
}

// checkFree refuses a place where something is.
func checkFree(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at %s: %w", dir, err)
	case len(entries) > 0:
		return fmt.Errorf("%s exists and is not empty; it is left as it is: choose another --dir", dir)
	}
	return nil
}

// placeIn makes the plugin a package of the module that the folder is in, if any.
func (v *values) placeIn(dir string) error {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	for root := filepath.Dir(absolute); ; root = filepath.Dir(root) {
		mod, err := readModule(root)
		if errors.Is(err, fs.ErrNotExist) {
			if filepath.Dir(root) == root {
				break
			}
			continue
		}
		if err != nil {
			return err
		}
		place, err := filepath.Rel(root, absolute)
		if err != nil {
			return fmt.Errorf("look at %s: %w", dir, err)
		}
		v.OwnModule, v.Place = false, filepath.ToSlash(place)
		v.Module, v.Known = path.Join(mod.path, v.Place), mod.path == spurline || knowsSpurline.MatchString(mod.rest)
		return nil
	}
	v.Module = "example.com/spurline-plugin-" + v.Name
	return nil
}

// write makes the files. If one cannot be made, none is left.
func write(dir string, names []string, contents map[string][]byte) (err error) {
	_, missing := os.Stat(dir)
	defer func() {
		if err == nil {
			return
		}
		if missing != nil {
			err = errors.Join(err, os.RemoveAll(dir))
			return
		}
		for _, name := range names {
			_ = os.RemoveAll(filepath.Join(dir, strings.SplitN(name, "/", 2)[0]))
		}
	}()
	for _, name := range names {
		target := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil { //nolint:gosec // Sources are for all.
			return fmt.Errorf("write plugin: %w", err)
		}
		if err := os.WriteFile(target, contents[name], 0o644); err != nil { //nolint:gosec // Sources are for all.
			return fmt.Errorf("write plugin: %w", err)
		}
	}
	return nil
}
