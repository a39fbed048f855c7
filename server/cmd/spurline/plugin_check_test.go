package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
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
