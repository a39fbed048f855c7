package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is a directory with plugins as an operator keeps it: binaries and the lock
// that pins them. A running host may look at it at any moment: every step leaves it
// whole. Two processes must not change it at the same time.
type Folder struct{ dir string }

// OpenFolder returns a directory that exists and that not everybody may write to.
func OpenFolder(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("plugin folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("plugin folder: %w; make it, or name another with --plugin-dir", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("plugin folder: %s is no folder", dir)
	}
	if err := trusted(dir); err != nil {
		return nil, fmt.Errorf("plugin folder: %w", err)
	}
	return &Folder{dir: dir}, nil
}

// Installed is a plugin in a folder.
type Installed struct {
	Name string
	// Version that the lock tells, empty if it does not list the binary.
	Version string
	// SHA256 of the binary, empty if there is none that can be read.
	SHA256 string
	// Fault says why a host with this lock refuses it and what to do; nil if it does
	// not.
	Fault error
}

// List returns the plugins of the folder and of its lock by name. Without a lock,
// pinned is false and nothing is at fault for not being listed.
func (f *Folder) List() (plugins []Installed, pinned bool, err error) {
	lock, err := readLock(f.dir)
	if err != nil {
		return nil, false, err
	}
	c := catalog{dirs: []string{f.dir}}
	names, err := c.names()
	if err != nil {
		return nil, false, err
	}
	if lock != nil {
		for _, entry := range lock.Plugins {
			names = append(names, entry.Name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		plugins = append(plugins, judgeInstalled(c, lock, name))
	}
	return plugins, lock != nil, nil
}

func judgeInstalled(c catalog, lock *lockFile, name string) Installed {
	plugin := Installed{Name: name}
	found, err := c.find(name)
	if err != nil {
		plugin.Fault = err
		return plugin
	}
	plugin.SHA256, err = digestOf(found.path)
	if err != nil {
		plugin.Fault = err
		return plugin
	}
	plugin.Fault = lock.check(c.dirs[0], name, plugin.SHA256)
	if lock != nil {
		for _, entry := range lock.Plugins {
			if entry.Name == name && entry.SHA256 == plugin.SHA256 {
				plugin.Version = entry.Version
			}
		}
	}
	return plugin
}

// Dir is where the folder is.
func (f *Folder) Dir() string { return f.dir }

// Install puts a binary that is not installed yet into the folder, and pins it. The
// binary is started once to learn its name and version.
func (f *Folder) Install(ctx context.Context, file string) (Installed, error) {
	inspected, err := Inspect(ctx, file)
	if err != nil {
		return Installed{}, err
	}
	name := inspected.Description.GetName()
	if _, err := os.Lstat(f.path(name)); err == nil {
		return Installed{}, fmt.Errorf("install plugin: %s is there already; use \"spurline plugin upgrade %s %s%s\"",
			f.path(name), name, file, FolderFlag(f.dir))
	}
	return f.put(ctx, name, file, inspected)
}

// Upgrade puts a binary into the place of that of an installed plugin, and pins it. A
// running host takes it within seconds. The binary is started once to learn its version.
func (f *Folder) Upgrade(ctx context.Context, name, file string) (Installed, error) {
	if _, err := os.Lstat(f.path(name)); err != nil {
		return Installed{}, fmt.Errorf("upgrade plugin: %q is not installed in %s; use \"spurline plugin install %s%s\"",
			name, f.dir, file, FolderFlag(f.dir))
	}
	inspected, err := Inspect(ctx, file)
	if err != nil {
		return Installed{}, err
	}
	if given := inspected.Description.GetName(); given != name {
		return Installed{}, fmt.Errorf("upgrade plugin: %s says that it is plugin %q, not %q", file, given, name)
	}
	return f.put(ctx, name, file, inspected)
}

// put pins both the old binary and the new one, exchanges the file, and pins the new one
// alone: at no moment is what stands there not pinned.
func (f *Folder) put(ctx context.Context, name, file string, inspected Inspected) (Installed, error) {
	lock, err := f.lockOf(ctx)
	if err != nil {
		return Installed{}, err
	}
	entry := lockEntry{Name: name, Version: inspected.Description.GetVersion(), SHA256: inspected.SHA256}
	if lock.check(f.dir, name, entry.SHA256) != nil {
		lock.Plugins = append(lock.Plugins, entry)
	}
	if err := lock.write(); err != nil {
		return Installed{}, err
	}
	if err := f.copyIn(file, name, entry.SHA256); err != nil {
		return Installed{}, err
	}
	lock.Plugins = append(lock.without(name), entry)
	if err := lock.write(); err != nil {
		return Installed{}, err
	}
	return Installed{Name: name, Version: entry.Version, SHA256: entry.SHA256}, nil
}

// copyIn puts the binary in its place, if it is still the one that was inspected.
func (f *Folder) copyIn(file, name, digest string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("install plugin: %w", err)
	}
	if now, err := digestFrom(strings.NewReader(string(content))); err != nil || now != digest {
		return fmt.Errorf("install plugin: %s was changed while it was looked at; nothing was installed", file)
	}
	if err := replaceFile(f.path(name), content, 0o755); err != nil {
		return fmt.Errorf("install plugin: %w", err)
	}
	return nil
}

// lockOf returns the lock of the folder. If there is none, a new one pins what is there
// already: it would be refused otherwise.
func (f *Folder) lockOf(ctx context.Context) (*lockFile, error) {
	lock, err := readLock(f.dir)
	if err != nil || lock != nil {
		return lock, err
	}
	return f.freshLock(ctx)
}

// freshLock pins what is there now.
func (f *Folder) freshLock(ctx context.Context) (*lockFile, error) {
	lock := &lockFile{path: filepath.Join(f.dir, lockName)}
	names, err := catalog{dirs: []string{f.dir}}.names()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		entry, err := f.entryOf(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("pin plugin %q, which is in %s: %w; take it away or mend it", name, f.dir, err)
		}
		lock.Plugins = append(lock.Plugins, entry)
	}
	return lock, nil
}

func (f *Folder) entryOf(ctx context.Context, name string) (lockEntry, error) {
	if _, err := (catalog{dirs: []string{f.dir}}).find(name); err != nil {
		return lockEntry{}, err
	}
	inspected, err := Inspect(ctx, f.path(name))
	if err != nil {
		return lockEntry{}, err
	}
	return lockEntry{Name: name, Version: inspected.Description.GetVersion(), SHA256: inspected.SHA256}, nil
}

// Pin lets the lock name the binaries that are there now, of one plugin or, with an
// empty name, of all: for who trusts them. It makes the lock if there is none. Every binary
// is started once to learn its version.
func (f *Folder) Pin(ctx context.Context, name string) error {
	lock, err := readLock(f.dir)
	if err != nil {
		return err
	}
	if lock == nil || name == "" {
		if lock, err = f.freshLock(ctx); err != nil {
			return err
		}
		return lock.write()
	}
	entry, err := f.entryOf(ctx, name)
	if err != nil {
		return fmt.Errorf("pin plugin %q: %w", name, err)
	}
	lock.Plugins = append(lock.without(name), entry)
	return lock.write()
}

// Remove takes a plugin out of the folder and its lock. A running host goes on with it
// until it is told to reload.
func (f *Folder) Remove(name string) error {
	lock, err := readLock(f.dir)
	if err != nil {
		return err
	}
	err = os.Remove(f.path(name))
	listed := lock != nil && len(lock.without(name)) < len(lock.Plugins)
	if errors.Is(err, fs.ErrNotExist) {
		if !listed {
			return fmt.Errorf("remove plugin: %q is not installed in %s", name, f.dir)
		}
	} else if err != nil {
		return fmt.Errorf("remove plugin: %w", err)
	}
	if !listed {
		return nil
	}
	lock.Plugins = lock.without(name)
	return lock.write()
}

func (f *Folder) path(name string) string { return filepath.Join(f.dir, binaryPrefix+name) }
