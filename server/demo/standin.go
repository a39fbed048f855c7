package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
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

// address finds the base URL in the first line that the stand-in prints.
var address = regexp.MustCompile(`http://[0-9.:]+`)

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
	url := address.FindString(first)
	if err != nil || url == "" {
		_ = command.Process.Kill()
		_ = command.Wait()
		return nil, fmt.Errorf("the AfterShip stand-in did not start: %w", errors.Join(err, errors.New(first)))
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

// Wait returns when the stand-in has ended.
func (s *StandIn) Wait() {
	<-s.copied
	_ = s.command.Wait()
}
