package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spurline/spurline/server/app"
)

// TestForgottenKeySetIsTold: a data folder that was used with a key set is not
// given a development key, and nothing is written to it (promise P8).
func TestForgottenKeySetIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sealing-canary"), []byte("sealed"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := app.New(t.Context(), app.Options{Config: settings(dir), Log: &logBuffer{}})
	if err == nil || !strings.Contains(err.Error(), "configure it with --sealing-key-file") {
		t.Errorf("start: %v", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("the data folder holds %v, %v", files, err)
	}
}
