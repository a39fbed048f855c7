package app_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// printedCall is a line that the demo prints to be copied.
var printedCall = regexp.MustCompile(`(?m)^make grpcurl ARGS='(.*)'$`)

// TestDemo: what "make run" starts delivers everything, and each line that it prints to
// try next runs as it stands, those that connect another merchant too.
func TestDemo(t *testing.T) {
	t.Parallel()
	grpcurl := need(t, filepath.Join("..", "..", ".tmp", "bin", "grpcurl"), "run \"make tools\"")
	shell := need(t, "sh", "install a shell")
	command := exec.CommandContext(t.Context(), filepath.Join(binaries, "spurline"), "demo")
	command.Env = append(os.Environ(), "SPURLINE_LISTEN=127.0.0.1:0")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	var log bytes.Buffer
	command.Stderr = &log
	printed, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(printed)
	for lines.Scan() && lines.Text() != "Ctrl-C ends it." {
		said.WriteString(lines.Text() + "\n")
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, printed) // Until it ends: it prints what the stand-ins get.
	}()

	if n := strings.Count(said.String(), " DELIVERED to "); n != 7 {
		t.Errorf("%d deliveries are told to have arrived, want 7", n)
	}
	calls := printedCall.FindAllStringSubmatch(said.String(), -1)
	if len(calls) != 8 {
		t.Errorf("%d lines to try next, want 8", len(calls))
	}
	for _, call := range calls {
		line := exec.CommandContext(t.Context(), shell, "-c", grpcurl+" "+call[1])
		if out, err := line.CombinedOutput(); err != nil {
			t.Errorf("%v: %s\n%s", err, call[0], out)
		}
	}

	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	<-drained
	if err := command.Wait(); err != nil {
		t.Errorf("the demo ended with %v: %s", err, &log)
	}
	if t.Failed() {
		t.Logf("it printed:\n%s", &said)
	}
}
