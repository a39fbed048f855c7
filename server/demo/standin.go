package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// StandIn is a running stand-in for AfterShip.
type StandIn struct {
	// URL is its base URL.
	URL     string
	command *exec.Cmd
	copied  chan struct{}
}

// listening begins the first line that the stand-in prints.
const listening = "listening on "

// StartStandIn starts the stand-in program, which takes the key, and copies what
// it prints to out: a line for each tracking that it received. It ends with ctx.
func StartStandIn(ctx context.Context, program, key string, out io.Writer) (*StandIn, error) {
	command := exec.CommandContext(ctx, program, "--listen", "127.0.0.1:0", "--key", key)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 5 * time.Second
	command.Stderr = os.Stderr
	printed, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the AfterShip stand-in: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start the AfterShip stand-in: %w; build it with \"make build\"", err)
	}
	lines := bufio.NewReader(printed)
	first, err := lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(first, listening) {
		_ = command.Process.Kill()
		_ = command.Wait()
		return nil, fmt.Errorf("the AfterShip stand-in did not start: %w", errors.Join(err, errors.New(first)))
	}
	s := &StandIn{
		URL:     strings.TrimSpace(strings.TrimPrefix(first, listening)),
		command: command, copied: make(chan struct{}),
	}
	go func() {
		defer close(s.copied)
		_, _ = io.Copy(out, lines)
	}()
	return s, nil
}

// Wait returns when the stand-in has ended.
func (s *StandIn) Wait() {
	<-s.copied
	_ = s.command.Wait()
}
