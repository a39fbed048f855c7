package sdk_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestByHandEnds: Ctrl-C ends a verb though the plugin's code hangs, and a second one ends
// it at once.
func TestByHandEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary := filepath.Join(dir, "spurline-plugin-printing")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./internal/printing")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	record := filepath.Join(dir, "tracking.json")
	if err := os.WriteFile(record, []byte(`{"orderId": "A-1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"check", "preview --tracking " + record} {
		for name, signals := range map[string][]os.Signal{
			"interrupted": {syscall.SIGINT}, "terminated": {syscall.SIGTERM}, "interrupted again": nil,
		} {
			t.Run(verb[:5]+" "+name, func(t *testing.T) {
				t.Parallel()
				command := exec.CommandContext(t.Context(), binary, strings.Fields(verb)...)
				command.Stdin = strings.NewReader("secrets: {api_key: hang}")
				said, err := command.StderrPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := command.Start(); err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewScanner(said)
				for lines.Scan() && lines.Text() != "hangs" {
				}
				for _, signal := range signals {
					if err := command.Process.Signal(signal); err != nil {
						t.Fatal(err)
					}
				}
				stop := make(chan struct{})
				if signals == nil {
					go interrupt(command.Process, stop)
				}
				last := ""
				for lines.Scan() {
					last = lines.Text()
				}
				err = command.Wait()
				close(stop)
				ended, ok := errors.AsType[*exec.ExitError](err)
				if !ok {
					t.Fatalf("ended with %v", err)
				}
				status, ok := ended.Sys().(syscall.WaitStatus)
				if signals == nil {
					if !ok || !status.Signaled() || status.Signal() != syscall.SIGINT {
						t.Errorf("ended with %v: %q", err, last)
					}
				} else if ended.ExitCode() != 1 || !strings.HasSuffix(last, "interrupted before it was done") {
					t.Errorf("ended with %v: %q", err, last)
				}
			})
		}
	}
}

// interrupt does so again and again, as somebody does who wants it to end.
func interrupt(process *os.Process, stop <-chan struct{}) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for process.Signal(syscall.SIGINT) == nil {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
	}
}
