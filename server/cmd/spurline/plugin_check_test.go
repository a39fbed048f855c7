package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func check(t *testing.T, args ...string) (string, error) {
	t.Helper()
	command := root()
	var out bytes.Buffer
	command.SetOut(&out)
	command.SetArgs(append([]string{"plugin", "check"}, args...))
	err := command.ExecuteContext(t.Context())
	return out.String(), err
}

// A program that is no plugin is told so, with a report in both forms.
func TestPluginCheckOfNoPlugin(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "spurline-plugin-none")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho hello\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := check(t, program)
	if err == nil || !strings.Contains(err.Error(), "does not conform") ||
		!strings.Contains(text, "FAILED       handshake") || !strings.Contains(text, `"hello"`) ||
		!strings.Contains(text, "Nothing was delivered") {
		t.Errorf("%v\n%s", err, text)
	}
	text, err = check(t, "--json", program)
	var report struct {
		Conforms bool
		Checks   []struct{ Name, Status string }
	}
	if decoding := json.Unmarshal([]byte(text), &report); err == nil || decoding != nil || report.Conforms ||
		report.Checks[1].Name != "handshake" || report.Checks[1].Status != "failed" || report.Checks[2].Status != "not_run" {
		t.Errorf("%v, %v\n%s", err, decoding, text)
	}
}

// TestPluginCheckLeavesNothing: whatever ends it early, its one folder and the plugin's
// processes go.
func TestPluginCheckLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			at := tried{program: filepath.Join(t.TempDir(), "spurline-plugin-slow")}
			at.makeTemp(t)
			begun := at.program + ".begun"
			if err := syscall.Mkfifo(begun, 0o600); err != nil {
				t.Fatal(err)
			}
			text := "#!/bin/sh\necho begun > " + begun + "\nexec sleep 60\n"
			if err := os.WriteFile(at.program, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
			command := at.spurline(t, "plugin", "check", at.program)
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.ReadFile(begun); err != nil { // It waits for the program.
				t.Fatal(err)
			}
			made, err := filepath.Glob(filepath.Join(at.temp, "*"))
			if err != nil || len(made) != 1 || !strings.HasPrefix(filepath.Base(made[0]), "spurline-check-") {
				t.Errorf("its folders are %q, %v", made, err)
			}
			if err := command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			err = command.Wait()
			if ended, ok := errors.AsType[*exec.ExitError](err); !ok || ended.ExitCode() != 1 {
				t.Errorf("ended with %v", err)
			}
			at.wantNothingLeft(t)
		})
	}
}

func TestPluginCheckRefusesHarness(t *testing.T) {
	t.Parallel()
	harness := filepath.Join(t.TempDir(), "harness.yaml")
	if err := os.WriteFile(harness, []byte("setings: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := check(t, "--harness", harness, "program"); err == nil || !strings.Contains(err.Error(), "setings") {
		t.Errorf("misspelt harness: %v", err)
	}
	if _, err := check(t, "--harness", harness+"-absent", "program"); err == nil {
		t.Error("an absent harness is none")
	}
}
