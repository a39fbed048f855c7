package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// process is a program that runs beside the load.
type process struct {
	*exec.Cmd
	exited chan struct{}
}

func (p *process) pid() int { return p.Process.Pid }

// startProcess starts a program and returns what await makes of one of its lines:
// await is called with each until it says that this was the one. All lines go to
// the log file too.
func startProcess(
	ctx context.Context, command *exec.Cmd, stream func(*exec.Cmd) (io.ReadCloser, error), logFile string,
	await func(line string) (string, bool),
) (*process, string, error) {
	lines, err := stream(command)
	if err != nil {
		return nil, "", err
	}
	log, err := os.Create(logFile)
	if err != nil {
		return nil, "", err
	}
	if err := command.Start(); err != nil {
		return nil, "", errors.Join(fmt.Errorf("start %s: %w", command.Path, err), log.Close())
	}
	p := &process{Cmd: command, exited: make(chan struct{})}
	found := make(chan string, 1)
	go func() {
		defer close(p.exited)
		scanner := bufio.NewScanner(lines)
		scanner.Buffer(nil, 1<<20)
		for waiting := true; scanner.Scan(); {
			_, _ = fmt.Fprintln(log, scanner.Text())
			if what, ok := await(scanner.Text()); ok && waiting {
				waiting = false
				found <- what
			}
		}
		_ = p.Wait()
		_ = log.Close()
	}()
	select {
	case what := <-found:
		return p, what, nil
	case <-p.exited:
		return nil, "", fmt.Errorf("%s ended at its start, see %s", filepath.Base(command.Path), logFile)
	case <-ctx.Done():
		return nil, "", errors.Join(ctx.Err(), p.kill())
	}
}

// stop asks the process to end and waits until it has.
func (p *process) stop() error {
	if err := p.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.exited
	return nil
}

// kill ends it as a power cut would.
func (p *process) kill() error {
	if err := p.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.exited
	return nil
}

// startServer starts the server on a free port and returns its address.
func (r *Runner) startServer(
	ctx context.Context, dataDir, tokensFile string, environment []string,
) (*process, string, error) {
	program := "spurline"
	if r.CPUProfile != "" {
		program = "spurline-bench-server"
	}
	args := []string{
		"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0",
		"--data-dir", dataDir, "--plugin-dir", r.Binaries, "--log-format", "json",
	}
	if tokensFile != "" {
		args = append(args, "--tokens-file", tokensFile)
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(r.Binaries, program), args...)
	command.Env = append(append(os.Environ(), "BENCH_PROFILE="+r.CPUProfile), environment...)
	return startProcess(ctx, command, (*exec.Cmd).StderrPipe, filepath.Join(r.Dir, "server.log"),
		func(line string) (string, bool) {
			var said struct{ Msg, Address string }
			err := json.Unmarshal([]byte(line), &said)
			return said.Address, err == nil && said.Msg == "serving"
		})
}

// startRemote starts the remote and returns its address.
func (r *Runner) startRemote(ctx context.Context) (*process, string, error) {
	command := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(r.Binaries, "spurline-bench"), "remote")
	command.Stderr = os.Stderr
	return startProcess(ctx, command, (*exec.Cmd).StdoutPipe, filepath.Join(r.Dir, "remote.log"),
		func(line string) (string, bool) { return strings.TrimSpace(line), true })
}
