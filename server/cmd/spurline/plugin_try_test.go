package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asSpurline makes the test's program the command itself.
const asSpurline = "SPURLINE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asSpurline) != "" {
		os.Exit(run())
	}
	os.Exit(m.Run())
}

// tried is a plugin of the rogues' gallery with settings that work, and a folder for what
// is temporary.
type tried struct{ gallery, program, settings, temp string }

func newTried(t *testing.T) tried {
	t.Helper()
	dir := t.TempDir()
	at := tried{gallery: filepath.Join(dir, "rogues"), settings: filepath.Join(dir, "settings.yaml")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", at.gallery, "./plugins/sdk/conformance/rogues")
	build.Dir = filepath.Join("..", "..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	remote := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(remote.Close)
	text := "settings: {base_url: \"" + remote.URL + "\"}\nsecrets: {api_key: canary-4711}\n"
	if err := os.WriteFile(at.settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

// as is the plugin with that vice.
func (at tried) as(t *testing.T, vice string) tried {
	t.Helper()
	at.program = filepath.Join(t.TempDir(), "spurline-plugin-"+vice)
	if err := os.Symlink(at.gallery, at.program); err != nil {
		t.Fatal(err)
	}
	at.makeTemp(t)
	return at
}

func (at *tried) makeTemp(t *testing.T) {
	t.Helper()
	var err error
	if at.temp, err = os.MkdirTemp("", "spurline-t-"); err != nil { // Paths of sockets are short.
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(at.temp) })
}

// command is "plugin try".
func (at tried) command(t *testing.T) *exec.Cmd {
	t.Helper()
	return at.spurline(t, "plugin", "try", at.program, "--settings", at.settings)
}

// spurline is a command in a process of its own, killed when it takes too long.
func (at tried) spurline(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, os.Args[0], args...)
	command.Env = append(os.Environ(), asSpurline+"=1", "TMPDIR="+at.temp)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return command
}

// wantNothingLeft wants no temporary file and no process of the command, which has ended.
func (at tried) wantNothingLeft(t *testing.T) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(at.temp, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all { // Its plugins have the folder in their environment.
		if environ, err := os.ReadFile(file); err == nil && strings.Contains(string(environ), "TMPDIR="+at.temp) {
			t.Errorf("process %s outlives it", filepath.Base(filepath.Dir(file)))
		}
	}
}

// TestTryTellsABreakdown: the first send says what the plugin panicked with, or how its
// process ended, and try ends soon with a last line that says so.
func TestTryTellsABreakdown(t *testing.T) {
	t.Parallel()
	gallery := newTried(t)
	for vice, test := range map[string]struct {
		says []string
		last string
	}{
		"panicker": {
			[]string{"PLUGIN_PANIC", "The plugin panicked: no courier for 1Z999AA10123456784 with [secret]", "honest.go:"},
			"3 of 3 deliveries did not arrive, as the plugin panicked: mend that and try again",
		},
		"crasher": {
			[]string{"the plugin's process crashed: exit status 2", "panic: no courier", "honest.go:"},
			"3 of 3 deliveries did not arrive, as the plugin's process ended: mend that and try again",
		},
		"quitter": {
			[]string{"the plugin's process crashed: exit status 3", "quits"},
			"3 of 3 deliveries did not arrive, as the plugin's process ended: mend that and try again",
		},
		"hang": {
			[]string{"UNKNOWN NO_ANSWER_IN_TIME"},
			"3 of 3 deliveries did not arrive, as the plugin did not answer in time: mend that and try again",
		},
		"wrong-ids": {
			[]string{"UNKNOWN RESULT_MISSING"},
			"3 of 3 deliveries did not arrive, as the plugin gave no result: mend that and try again",
		},
		"check-panicker": {
			[]string{"the plugin panicked in CheckConnection: no account with [secret]", "honest.go:"},
			"the plugin panicked in CheckConnection: mend that and try again",
		},
		"check-quitter": {
			[]string{"the plugin's process crashed: exit status 3", "quits"},
			"the plugin's process ended: mend that and try again",
		},
		"crash-loop": { // It does not start.
			[]string{"the plugin's process crashed: exit status 7", "panic: no luck today"}, "--log shows more of it",
		},
	} {
		t.Run(vice, func(t *testing.T) {
			t.Parallel()
			at := gallery.as(t, vice)
			command := at.command(t)
			command.Args = append(command.Args, "--attempt-timeout", "2s")
			said, err := command.CombinedOutput()
			var ended *exec.ExitError
			if !errors.As(err, &ended) || ended.ExitCode() != 1 {
				t.Errorf("ended with %v", err)
			}
			for _, part := range test.says {
				if !strings.Contains(string(said), part) {
					t.Errorf("it does not say %q", part)
				}
			}
			if !strings.HasSuffix(strings.TrimSpace(string(said)), test.last) {
				t.Errorf("the last line is not %q", test.last)
			}
			if strings.Count(string(said), "[running]") > 1 || strings.Contains(string(said), "canary") ||
				strings.Contains(string(said), `"plugin log"`) ||
				strings.Contains(string(said), "  again") && vice == "panicker" {
				t.Error("it says too much")
			}
			if t.Failed() {
				t.Logf("%s", said)
			}
			at.wantNothingLeft(t)
		})
	}
}

// TestTryLeavesNothing: whatever ends it early, its folder and the plugin's processes go.
func TestTryLeavesNothing(t *testing.T) {
	t.Parallel()
	gallery := newTried(t)
	for name, signal := range map[string]syscall.Signal{
		"interrupted": syscall.SIGINT, "terminated": syscall.SIGTERM, "hung up": syscall.SIGHUP, "nobody reads": 0,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := gallery.as(t, "hang")
			command := at.command(t)
			var said strings.Builder
			command.Stderr = &said
			out, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			if signal == 0 { // As "| head -0": the first line that it writes finds nobody.
				_ = out.Close()
			} else {
				lines := bufio.NewReader(out)
				for line := ""; !strings.Contains(line, "submitted"); {
					if line, err = lines.ReadString('\n'); err != nil {
						t.Fatal(err)
					}
				}
				if err := command.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, lines)
			}
			err = command.Wait()
			var ended *exec.ExitError
			if !errors.As(err, &ended) || ended.ExitCode() != 1 {
				t.Errorf("ended with %v", err)
			}
			want := "interrupted before everything had arrived"
			if signal == 0 {
				want = "nobody reads what it shows"
			}
			if !strings.HasSuffix(strings.TrimSpace(said.String()), want) {
				t.Errorf("it says %q, want %q", said.String(), want)
			}
			at.wantNothingLeft(t)
		})
	}
}
