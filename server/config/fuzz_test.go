package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzFile feeds arbitrary configuration files: each is read or refused with
// faults that name the file, and none stops the program.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"", "listen: 127.0.0.1:1\n", "plugin_dir: [a, b]\n", "a: &a [*a]", "? [x]\n: y\n", "1: 2", "listen: !!binary x",
		"<<: {listen: 127.0.0.1:1}", "---\n---\n", "drain_grace: 2001-01-01", "\xff\xfe", "a.b: 1", ".: {.: 1}",
	} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "spurline.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := load(t, []string{"--config", path}, nil)
		if err == nil && got.Listen == "" {
			t.Error("accepted without an address")
		}
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Error("refused without a word")
		}
	})
}
