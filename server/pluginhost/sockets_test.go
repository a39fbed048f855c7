package pluginhost

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestSocketsOfAKilledHost: the next host removes what one that was killed left
// (promise P7), and nothing that a note names by mistake.
func TestSocketsOfAKilledHost(t *testing.T) {
	t.Parallel()
	d := depot{root: t.TempDir()}
	killed, err := d.makeSockets()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(killed.base, "socket"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	next, err := d.makeSockets()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(killed.base); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of the killed host is still there: %v", err)
	}
	if err := next.remove(); err != nil {
		t.Error(err)
	}
	for _, left := range []string{next.base, next.note} {
		if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", left, err)
		}
	}

	others := t.TempDir()
	if err := os.WriteFile(next.note, []byte(others), 0o600); err != nil {
		t.Fatal(err)
	}
	last, err := d.makeSockets()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(others); err != nil {
		t.Errorf("a folder of somebody else is gone: %v", err)
	}
	if err := last.remove(); err != nil {
		t.Error(err)
	}
}
