package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func lockFor(t *testing.T, b *bundle, name, digest string) {
	t.Helper()
	write(t, filepath.Join(b.dir, lockName),
		fmt.Sprintf(`{"plugins": [{"name": %q, "version": "1.0.0", "sha256": %q}]}`, name, digest), 0o644)
}

func TestLock(t *testing.T) {
	t.Parallel()
	digest, err := digestOf(testBinary)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		plugin string
		digest string
		want   string
	}{
		{name: "match", plugin: "good", digest: digest},
		{
			name: "mismatch", plugin: "good", digest: strings.Repeat("a", 64),
			want: "binary has sha256 " + digest,
		},
		{name: "not listed", plugin: "other", digest: digest, want: `does not list plugin "good"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := prepare(t, []string{"good"})
			lockFor(t, b, test.plugin, test.digest)
			b.start(t)
			err := b.AwaitReady(deadline(t), "good")
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want %q", err, test.want)
			}
			if copies, _ := filepath.Glob(filepath.Join(b.state, "plugins", "*", "*")); len(copies) > 0 {
				t.Errorf("refused binary was copied to %v", copies)
			}
		})
	}
}

func TestExecFromOwnCopy(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	status := b.ready(t, "good")
	copied := filepath.Join(b.state, "plugins", status.SHA256, binaryPrefix+"good")
	if executable, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", status.PID)); err == nil && executable != copied {
		t.Errorf("executes %s, not %s", executable, copied)
	}
	info, err := os.Stat(copied)
	if err != nil || info.Mode().Perm() != 0o500 {
		t.Errorf("copy = %v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Dir(copied)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory of copy = %v, %v", info, err)
	}
}

// A binary exchanged in the middle of a run is not what the next start executes.
func TestExchangedBinaryWaitsForNextRun(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	before := b.ready(t, "good")
	exchange(t, filepath.Join(b.dir, binaryPrefix+"good"))
	_ = syscall.Kill(before.PID, syscall.SIGKILL)
	after := b.await(t, func(s Status) bool { return s.State == Ready && s.Starts == 2 })
	if after.SHA256 != before.SHA256 {
		t.Error("the exchanged binary was executed")
	}
}

// A damaged copy is made anew from the operator's binary, but only if that is
// still the one that was pinned.
func TestDamagedCopy(t *testing.T) {
	t.Parallel()
	for name, exchanged := range map[string]bool{"binary unchanged": false, "binary exchanged": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, []string{"good"})
			before := b.ready(t, "good")
			exchange(t, filepath.Join(b.state, "plugins", before.SHA256, binaryPrefix+"good"))
			if exchanged {
				exchange(t, filepath.Join(b.dir, binaryPrefix+"good"))
			}
			_ = syscall.Kill(before.PID, syscall.SIGKILL)
			after := b.await(t, func(s Status) bool {
				return s.State == Quarantined || s.State == Ready && s.Starts == 2
			})
			if refused := after.State == Quarantined; refused != exchanged {
				t.Errorf("after = %s: %s", after.State, after.Reason)
			}
		})
	}
}

// exchange replaces a file by a rename, as installers do.
func exchange(t *testing.T, path string) {
	t.Helper()
	other := write(t, path+".new", "#!/bin/false\n", 0o755)
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
}

func TestOldCopiesAreRemoved(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"})
	old := filepath.Join(b.state, "plugins", strings.Repeat("b", 64))
	if err := os.MkdirAll(old, 0o700); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	status := b.ready(t, "good")
	b.stop()
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("old copy is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(b.state, "plugins", status.SHA256)); err != nil {
		t.Error(err)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" // Of "x".
	for _, test := range []struct {
		name, content string
		mode          os.FileMode
		link          bool
		want          string
	}{
		{name: "intact", content: "x", mode: 0o500},
		{name: "content", content: "y", mode: 0o500, want: "has sha256"},
		{name: "mode", content: "x", mode: 0o755, want: "not 0500"},
		{name: "link", content: "x", mode: 0o500, link: true, want: "too many levels"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, filepath.Join(t.TempDir(), "p"), test.content, test.mode)
			if test.link {
				if err := os.Symlink(path, path+"-link"); err != nil {
					t.Fatal(err)
				}
				path += "-link"
			}
			err := binary{path: path, digest: digest}.verify()
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("err = %v, want %q", err, test.want)
			}
		})
	}
}
