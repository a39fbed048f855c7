package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// spurlineRun runs a command of spurline in this process.
func spurlineRun(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command := root()
	command.SetArgs(args)
	command.SetOut(&out)
	command.SetErr(&out)
	err := command.ExecuteContext(t.Context())
	return out.String(), err
}

// TestFromNewToDelivered is the way of an author: a new plugin, built, tried by hand,
// and delivering under a server. It fetches nothing.
func TestFromNewToDelivered(t *testing.T) {
	t.Parallel()
	checkout, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "acme")
	said, err := spurlineRun(t, "plugin", "new", "acme", "--dir", dir, "--replace", checkout,
		"--contracts", "tracking,orders")
	if err != nil || !strings.Contains(said, "make test") {
		t.Fatalf("%v\n%s", err, said)
	}
	program := func(name string, args ...string) *exec.Cmd {
		command := exec.CommandContext(t.Context(), name, args...)
		command.Dir, command.Env = dir, append(os.Environ(), "GOPROXY=off", "GOWORK=off")
		return command
	}
	build := program("go", "build", "-o", "bin/", "./cmd/...", "./acmetest/cmd/...")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	standIn := program(filepath.Join(dir, "bin", "acmetest"), "--listen", "127.0.0.1:0")
	printed, err := standIn.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := standIn.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = standIn.Process.Kill(), standIn.Wait() })
	first, err := bufio.NewReader(printed).ReadString('\n')
	address := regexp.MustCompile(`http://\S+`).FindString(first)
	if err != nil || address == "" {
		t.Fatalf("the stand-in says %q, %v", first, err)
	}
	plugin := filepath.Join(dir, "bin", "spurline-plugin-acme")
	settings := func(key string) string {
		file := filepath.Join(t.TempDir(), "settings.yaml")
		text := "settings: {base_url: \"" + address + "\"}\nsecrets: {api_key: " + key + "}\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	said, err = spurlineRun(t, "plugin", "try", plugin, "--settings", settings("acme-key"))
	if err != nil || !strings.Contains(said, "all 4 arrived") ||
		!strings.Contains(said, "order 112-4567890-1234567: DELIVERED r-") ||
		!strings.Contains(said, "tracking 1Z999AA10123456784: DELIVERED r-") {
		t.Errorf("%v\n%s", err, said)
	}
	said, err = spurlineRun(t, "plugin", "try", plugin, "--settings", settings("canary-4711"))
	if err == nil || !strings.Contains(said, `fault of "api_key": CREDENTIALS_REFUSED`) ||
		strings.Contains(said, "canary") {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestTryRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good.yaml": "settings: {}\n", "bad.yaml": "secrets: canary-4711\n", "spurline-plugin-x": "no program",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, test := range []struct{ name, program, settings, says string }{
		{"another name", at("good.yaml"), at("good.yaml"), "named spurline-plugin-NAME"},
		{"no program", at("spurline-plugin-y"), at("good.yaml"), "spurline-plugin-y"},
		{"no settings", at("spurline-plugin-x"), at("none.yaml"), "none.yaml"},
		{"bad settings", at("spurline-plugin-x"), at("bad.yaml"), "not YAML or JSON"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			said, err := spurlineRun(t, "plugin", "try", test.program, "--settings", test.settings)
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(said+err.Error(), "canary") {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}
