package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// StandIn is a running stand-in for an extra interface.
type StandIn struct {
	// URL is its base URL.
	URL     string
	command *exec.Cmd
	copied  chan struct{}
}

// baseURL finds it in the first line that the stand-in prints.
var baseURL = regexp.MustCompile(`http://[0-9.:]+`)

// StartStandIn starts a stand-in program with arguments, and copies what it prints to
// out: a line for each call. It listens on the address, or on any port of loopback if
// that is taken, and ends with ctx.
func StartStandIn(
	ctx context.Context, program, address string, out io.Writer, arguments ...string,
) (*StandIn, error) {
	name := filepath.Base(program)
	if !free(ctx, address) {
		address = "127.0.0.1:0"
	}
	command := exec.CommandContext(ctx, program, append([]string{"--listen", address}, arguments...)...)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 5 * time.Second
	command.Stderr = os.Stderr
	printed, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w; build it with \"make build\"", name, err)
	}
	lines := bufio.NewReader(printed)
	first, err := lines.ReadString('\n')
	url := baseURL.FindString(first)
	if err != nil || url == "" {
		_ = command.Process.Kill()
		_ = command.Wait()
		return nil, fmt.Errorf("%s did not start: %w", name, errors.Join(err, errors.New(first)))
	}
	s := &StandIn{
		URL: url, command: command, copied: make(chan struct{}),
	}
	go func() {
		defer close(s.copied)
		_, _ = io.Copy(out, lines)
	}()
	return s, nil
}

// free says whether one can listen on an address.
func free(ctx context.Context, address string) bool {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	return err == nil && listener.Close() == nil
}

// Wait returns when the stand-in has ended.
func (s *StandIn) Wait() {
	<-s.copied
	_ = s.command.Wait()
}
