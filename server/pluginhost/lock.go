package pluginhost

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// lockName is the file beside the binaries that pins them:
//
//	{"plugins": [{"name": "aftership", "version": "1.2.0", "sha256": "9f86d0…"}]}
//
// A name may occur more than once, for example for several machines.
const lockName = "plugins.lock"

var digestPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

type lockFile struct {
	path string

	Plugins []lockEntry `json:"plugins"`
}

type lockEntry struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

// readLock returns the lock of a plugin directory, nil if it has none.
func readLock(dir string) (*lockFile, error) {
	path := filepath.Join(dir, lockName)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read plugin lock: %w", err)
	}
	if err := trusted(path); err != nil {
		return nil, err
	}
	lock := &lockFile{path: path}
	if err := json.Unmarshal(raw, lock); err != nil {
		return nil, fmt.Errorf("decode %s: %w", path, err)
	}
	for i, entry := range lock.Plugins {
		if !pluginv1.ValidName(entry.Name) {
			return nil, fmt.Errorf("decode %s: plugins[%d]: name %q is not a plugin's name", path, i, entry.Name)
		}
		if !digestPattern.MatchString(entry.SHA256) {
			return nil, fmt.Errorf("decode %s: plugins[%d] (%s): sha256 is not 64 lower-case hexadecimal digits",
				path, i, entry.Name)
		}
	}
	return lock, nil
}

// check refuses a binary in the folder that the lock does not name. A nil lock names all.
func (l *lockFile) check(folder, name, digest string) error {
	if l == nil {
		return nil
	}
	var pinned []string
	for _, entry := range l.Plugins {
		if entry.Name != name {
			continue
		}
		if entry.SHA256 == digest {
			return nil
		}
		pinned = append(pinned, fmt.Sprintf("%s (version %s)", entry.SHA256, entry.Version))
	}
	if len(pinned) == 0 {
		return refuse(fmt.Errorf("%s does not list plugin %q; if you trust the binary, pin it with "+
			"\"%s\", or add it with sha256 %s", l.path, name, pinCommand(folder, name), digest))
	}
	return refuse(fmt.Errorf("binary has sha256 %s but %s pins %v; install the pinned version, or if you trust this "+
		"binary pin it with \"%s\"", digest, l.path, pinned, pinCommand(folder, name)))
}

// without returns the entries of other plugins.
func (l *lockFile) without(name string) []lockEntry {
	return slices.DeleteFunc(slices.Clone(l.Plugins), func(e lockEntry) bool { return e.Name == name })
}

// write puts the lock in the place of the one before, in one step.
func (l *lockFile) write() (err error) {
	slices.SortFunc(l.Plugins, func(a, b lockEntry) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.SHA256, b.SHA256))
	})
	if l.Plugins == nil {
		l.Plugins = []lockEntry{} // An empty lock refuses all; null would read as a mistake.
	}
	raw, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", l.path, err)
	}
	if err := replaceFile(l.path, append(raw, '\n'), 0o644); err != nil {
		return fmt.Errorf("write plugin lock: %w", err)
	}
	return nil
}

// replaceFile writes a file in one step that outlasts a power cut.
func replaceFile(path string, content []byte, mode fs.FileMode) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".incoming-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(content)
	if err == nil {
		err = file.Chmod(mode)
	}
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
