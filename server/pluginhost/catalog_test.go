package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCatalogNames(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	for _, file := range []string{
		"spurline-plugin-zoho", "spurline-plugin-a-1", "spurline", "spurline-plugin-", "README.md",
		"spurline-plugin-Upper", "spurline-plugin-x.sha256",
	} {
		write(t, filepath.Join(first, file), "x", 0o755)
	}
	write(t, filepath.Join(second, "spurline-plugin-zoho"), "x", 0o755)
	if err := os.Mkdir(filepath.Join(second, "spurline-plugin-dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	names, err := catalog{dirs: []string{first, second}}.names()
	if got := strings.Join(names, " "); err != nil || got != "a-1 zoho" {
		t.Errorf("names = %s, %v", got, err)
	}
	if _, err := (catalog{dirs: []string{first, filepath.Join(first, "absent")}}).names(); err == nil {
		t.Error("absent directory was taken")
	}
}

func TestCatalogNamesDirectoryOnce(t *testing.T) {
	t.Parallel()
	c, err := newCatalog([]string{"/a/b", "/a/./b/", "/a/c/../b", "/a"})
	if err != nil || strings.Join(c.dirs, " ") != "/a/b /a" {
		t.Errorf("dirs = %q, %v", c.dirs, err)
	}
}

func TestCatalogFind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		make func(t *testing.T, first, second string)
		want string
	}{
		{name: "plain", make: func(t *testing.T, first, _ string) {
			t.Helper()
			write(t, filepath.Join(first, "spurline-plugin-p"), "x", 0o755)
		}},
		{name: "link", make: func(t *testing.T, first, second string) {
			t.Helper()
			target := write(t, filepath.Join(second, "elsewhere"), "x", 0o755)
			if err := os.Symlink(target, filepath.Join(first, "spurline-plugin-p")); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "none", make: func(*testing.T, string, string) {}, want: "no binary spurline-plugin-p in "},
		{name: "twice", make: func(t *testing.T, first, second string) {
			t.Helper()
			write(t, filepath.Join(first, "spurline-plugin-p"), "x", 0o755)
			write(t, filepath.Join(second, "spurline-plugin-p"), "x", 0o755)
		}, want: "found more than once"},
		{name: "not executable", make: func(t *testing.T, first, _ string) {
			t.Helper()
			write(t, filepath.Join(first, "spurline-plugin-p"), "x", 0o644)
		}, want: "is not an executable file (mode -rw-r--r--)"},
		{name: "world-writable", make: func(t *testing.T, first, _ string) {
			t.Helper()
			write(t, filepath.Join(first, "spurline-plugin-p"), "x", 0o777)
		}, want: "is world-writable"},
		{name: "world-writable directory", make: func(t *testing.T, first, _ string) {
			t.Helper()
			write(t, filepath.Join(first, "spurline-plugin-p"), "x", 0o755)
			if err := os.Chmod(first, 0o777); err != nil {
				t.Fatal(err)
			}
		}, want: "is world-writable"},
		{name: "link into a world-writable directory", make: func(t *testing.T, first, second string) {
			t.Helper()
			target := write(t, filepath.Join(second, "elsewhere"), "x", 0o755)
			if err := os.Symlink(target, filepath.Join(first, "spurline-plugin-p")); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(second, 0o777); err != nil {
				t.Fatal(err)
			}
		}, want: "is world-writable"},
		{name: "bad lock", make: func(t *testing.T, first, _ string) {
			t.Helper()
			write(t, filepath.Join(first, "spurline-plugin-p"), "x", 0o755)
			write(t, filepath.Join(first, lockName), `{"plugins":[{"name":"p","sha256":"12"}]}`, 0o644)
		}, want: "sha256 is not 64 lower-case hexadecimal digits"},
		{name: "world-writable lock", make: func(t *testing.T, first, _ string) {
			t.Helper()
			write(t, filepath.Join(first, "spurline-plugin-p"), "x", 0o755)
			write(t, filepath.Join(first, lockName), `{}`, 0o666)
		}, want: "is world-writable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			first, second := t.TempDir(), t.TempDir()
			test.make(t, first, second)
			_, err := catalog{dirs: []string{first, second}}.find("p")
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || !errors.Is(err, ErrRefused) {
				t.Errorf("err = %v, want refusal with %q", err, test.want)
			}
		})
	}
}

// What must not run is quarantined with the reason; the others run.
func TestRefusedPluginsDoNotStopOthers(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good", "good-2"})
	if err := os.Chmod(filepath.Join(b.dir, binaryPrefix+"good"), 0o777); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	b.ready(t, "good-2")
	err := b.AwaitReady(deadline(t), "good")
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "world-writable") {
		t.Errorf("err = %v", err)
	}
	if status, _ := b.Plugin("good"); status.State != Quarantined || status.Starts != 0 {
		t.Errorf("status = %+v", status)
	}
}

// An operator's repair is seen at the next try.
func TestRepairLeavesQuarantine(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"}, func(o *Options) { o.Timings.Quarantine = 10e6 })
	path := filepath.Join(b.dir, binaryPrefix+"good")
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	b.await(t, func(s Status) bool { return s.State == Quarantined })
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	b.await(t, func(s Status) bool { return s.State == Ready })
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Timings: Timings{Start: -1, BackoffFirst: 2, BackoffMost: 1}})
	for _, part := range []string{"dirs", "state dir", "start is negative", "most backoff"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("err = %v, want %q", err, part)
		}
	}
	if _, err := New(Options{Dirs: []string{"/nowhere"}, StateDir: t.TempDir()}); err == nil {
		t.Error("absent directory was taken")
	}
}
