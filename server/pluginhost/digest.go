package pluginhost

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// depot holds the host's own copies of binaries, <root>/<sha256>/<name>, and
// nothing is executed but these: what was checked and what runs are the same
// file, whatever happens to the operator's.
type depot struct{ root string }

// binary is a copy in the depot.
type binary struct {
	path   string
	digest string
	// locked says that a plugins.lock names it.
	locked bool
}

// open makes the directory of the depot, closed to other users.
func (d depot) open() error {
	if err := ownDirectory(d.root); err != nil {
		return fmt.Errorf("prepare directory for copies of plugins: %w", err)
	}
	return nil
}

// admit copies the binary at source into the depot, if check accepts its
// digest. A copy that is there already and intact is used as it is.
func (d depot) admit(source, name string, check func(digest string) error) (binary, error) {
	digest, err := digestOf(source)
	if err != nil {
		return binary{}, fmt.Errorf("read plugin binary: %w", err)
	}
	if err := check(digest); err != nil {
		return binary{}, err
	}
	b := binary{path: filepath.Join(d.root, digest, binaryPrefix+name), digest: digest}
	if b.verify() == nil {
		return b, nil
	}
	if err := ownDirectory(filepath.Dir(b.path)); err != nil {
		return binary{}, fmt.Errorf("copy plugin binary: %w", err)
	}
	if err := copyExecutable(source, b.path); err != nil {
		return binary{}, fmt.Errorf("copy plugin binary: %w", err)
	}
	// The source may have changed since it was hashed.
	if err := b.verify(); err != nil {
		_ = os.Remove(b.path)
		return binary{}, err
	}
	return b, nil
}

// verify reads the copy through one open file and compares its digest. It also
// checks that the path still leads to that very file.
func (b binary) verify() error {
	file, err := os.OpenFile(b.path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return fmt.Errorf("verify copy of plugin: %w", err)
	}
	defer func() { _ = file.Close() }()
	opened, err := file.Stat()
	if err != nil {
		return fmt.Errorf("verify copy of plugin: %w", err)
	}
	if !opened.Mode().IsRegular() || opened.Mode().Perm() != 0o500 {
		return fmt.Errorf("verify copy of plugin: %s has mode %s, not 0500", b.path, opened.Mode())
	}
	digest, err := digestFrom(file)
	if err != nil {
		return fmt.Errorf("verify copy of plugin: %w", err)
	}
	if digest != b.digest {
		return fmt.Errorf("verify copy of plugin: %s has sha256 %s, not %s", b.path, digest, b.digest)
	}
	now, err := os.Lstat(b.path)
	if err != nil || !os.SameFile(opened, now) {
		return fmt.Errorf("verify copy of plugin: %s was replaced while it was read", b.path)
	}
	return nil
}

// drop removes a copy that nothing is started from any more. A process of it may still run.
func (d depot) drop(b binary) {
	if filepath.Dir(filepath.Dir(b.path)) != d.root {
		return // There is no copy of an attached plugin.
	}
	_ = os.Remove(b.path)
	_ = os.Remove(filepath.Dir(b.path)) // Unless another plugin has the same binary.
}

// prune removes the copies of other digests than these.
func (d depot) prune(keep map[string]bool) error {
	entries, err := os.ReadDir(d.root)
	if err != nil {
		return fmt.Errorf("remove old copies of plugins: %w", err)
	}
	for _, entry := range entries {
		if keep[entry.Name()] || !digestPattern.MatchString(entry.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(d.root, entry.Name())); err != nil {
			return fmt.Errorf("remove old copies of plugins: %w", err)
		}
	}
	return nil
}

// copyExecutable writes target in one step, mode 0500.
func copyExecutable(source, target string) (err error) {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	// A process forked while the copy is open for writing would hold it open,
	// and executing it would fail with "text file busy" (golang/go#22315).
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	out, err := os.CreateTemp(filepath.Dir(target), ".incoming-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(out.Name())
		}
	}()
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Chmod(0o500)
	}
	if closing := out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(out.Name(), target)
}

func digestOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	return digestFrom(file)
}

func digestFrom(reader io.Reader) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, reader); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// ownDirectory makes a directory that only the host's user can enter.
func ownDirectory(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return os.Chmod(path, 0o700) //nolint:gosec // A directory that cannot be entered is of no use.
}
