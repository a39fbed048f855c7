package pluginhost

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// mostSocketBase bytes of a path leave room for what is added to it: the
// smallest limit of a unix socket's path is 103 bytes.
const mostSocketBase = 103 - len("/1234567890/plugin-dir1234567890/plugin1234567890")

const (
	// socketPrefix begins the name of each directory for sockets.
	socketPrefix = "spurline-"
	// socketNote is the file of the depot that names the directory of this run.
	socketNote = "sockets"
)

// sockets is the directory for the sockets of one run. It stands where temporary
// files do, since the paths of unix sockets are short. A host that is killed cannot
// remove it, so its path is noted, and the next host with the same state directory
// removes it.
type sockets struct{ base, note string }

// makeSockets makes the directory, mode 0700, and removes that of a run that was
// killed.
func (d depot) makeSockets() (sockets, error) {
	s := sockets{note: filepath.Join(d.root, socketNote)}
	if err := s.removeNoted(); err != nil {
		return sockets{}, err
	}
	// The note comes first: a host that is killed in between leaves nothing either.
	s.base = filepath.Join(os.TempDir(), socketPrefix+rand.Text()[:10])
	if len(s.base) > mostSocketBase {
		return sockets{}, fmt.Errorf(
			"directory for sockets: path %s is too long for a unix socket; set a shorter TMPDIR", s.base)
	}
	if err := os.WriteFile(s.note, []byte(s.base), 0o600); err != nil {
		return sockets{}, fmt.Errorf("note directory for sockets: %w", err)
	}
	if err := os.Mkdir(s.base, 0o700); err != nil {
		return sockets{}, fmt.Errorf("make directory for sockets: %w", err)
	}
	return s, nil
}

// removeNoted removes the directory that an earlier run noted and could not remove.
// A note that names anything else is not believed.
func (s sockets) removeNoted() error {
	noted, err := os.ReadFile(s.note)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read note of the directory for sockets: %w", err)
	}
	left := string(noted)
	if !filepath.IsAbs(left) || !strings.HasPrefix(filepath.Base(left), socketPrefix) {
		return nil
	}
	if err := os.RemoveAll(left); err != nil { //nolint:gosec // The note is ours, and its shape was checked.
		return fmt.Errorf("remove directory for sockets of a run that was killed: %w", err)
	}
	return nil
}

// remove removes the directory and its note.
func (s sockets) remove() error {
	if err := errors.Join(os.RemoveAll(s.base), os.Remove(s.note)); err != nil {
		return fmt.Errorf("remove directory for sockets: %w", err)
	}
	return nil
}
