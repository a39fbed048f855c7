package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// binaryPrefix begins the name of every plugin's binary.
const binaryPrefix = pluginv1.BinaryPrefix

// catalog finds the binaries of plugins in the directories of the operator. It
// reads the directories anew at every question, so that what the operator mends
// is seen at the next start.
type catalog struct {
	dirs []string
	// state has the lock of directories without one of their own.
	state string
}

// newCatalog searches each directory once, however often it is named.
func newCatalog(dirs []string) (catalog, error) {
	var c catalog
	for _, dir := range dirs {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return catalog{}, fmt.Errorf("plugin directory: %w", err)
		}
		if !slices.Contains(c.dirs, dir) {
			c.dirs = append(c.dirs, dir)
		}
	}
	return c, nil
}

// candidate is a binary that may be admitted.
type candidate struct {
	// path of the binary with symbolic links resolved; folder is where it was found.
	path, folder string
	// lock of the directory it was found in, or else of the state directory; nil if
	// there is none.
	lock *lockFile
}

// names returns the names of all plugins, sorted. A directory that cannot be
// read is an error: what is in it would silently be missing.
func (c catalog) names() ([]string, error) {
	var names []string
	for _, dir := range c.dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("read plugin directory: %w", err)
		}
		for _, entry := range entries {
			name, found := strings.CutPrefix(entry.Name(), binaryPrefix)
			if found && pluginv1.ValidName(name) && !entry.IsDir() {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// stamp changes with a plugin's binary and with the lock beside it; empty if there
// is no binary.
func (c catalog) stamp(name string) string {
	var stamp strings.Builder
	for _, dir := range c.dirs {
		binary, err := os.Stat(filepath.Join(dir, binaryPrefix+name))
		if err != nil {
			continue
		}
		writeStamp(&stamp, binary)
		for _, folder := range []string{dir, c.state} {
			if lock, err := os.Stat(filepath.Join(folder, lockName)); folder != "" && err == nil {
				writeStamp(&stamp, lock)
			}
		}
	}
	return stamp.String()
}

func writeStamp(stamp *strings.Builder, info os.FileInfo) {
	inode := uint64(0)
	if system, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = system.Ino
	}
	fmt.Fprintf(stamp, "%d %d %d %s|", inode, info.ModTime().UnixNano(), info.Size(), info.Mode())
}

// find returns the one binary of a plugin. None, two, or one that others may
// write are refused.
func (c catalog) find(name string) (candidate, error) {
	var found []string
	for _, dir := range c.dirs {
		path := filepath.Join(dir, binaryPrefix+name)
		if _, err := os.Lstat(path); err == nil {
			found = append(found, path)
		}
	}
	switch len(found) {
	case 0:
		return candidate{}, refuse(fmt.Errorf("no binary %s%s in %s",
			binaryPrefix, name, strings.Join(c.dirs, ", ")))
	case 1:
	default:
		return candidate{}, refuse(fmt.Errorf("found more than once: %s; remove all but one",
			strings.Join(found, ", ")))
	}
	path, err := filepath.EvalSymlinks(found[0])
	if err != nil {
		return candidate{}, refuse(fmt.Errorf("resolve binary: %w", err))
	}
	if err := trusted(filepath.Dir(found[0]), filepath.Dir(path), path); err != nil {
		return candidate{}, refuse(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return candidate{}, refuse(fmt.Errorf("read binary: %w", err))
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return candidate{}, refuse(fmt.Errorf("%s is not an executable file (mode %s); chmod 0755 it",
			path, info.Mode()))
	}
	lock, err := c.lock(filepath.Dir(found[0]))
	if err != nil {
		return candidate{}, refuse(err)
	}
	return candidate{path: path, folder: filepath.Dir(found[0]), lock: lock}, nil
}

// lock returns the lock that holds for a directory, nil if there is none.
func (c catalog) lock(dir string) (*lockFile, error) {
	lock, err := readLock(dir)
	if err != nil || lock != nil || c.state == "" {
		return lock, err
	}
	return readLock(c.state)
}

// trusted refuses what every user of the machine may change.
func trusted(paths ...string) error {
	var faults []error
	for _, path := range slices.Compact(paths) {
		info, err := os.Stat(path)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if info.Mode().Perm()&0o002 != 0 {
			faults = append(faults, fmt.Errorf("%s is world-writable (mode %s), so anybody could replace the plugin; "+
				"chmod o-w it", path, info.Mode()))
		}
	}
	return errors.Join(faults...)
}
