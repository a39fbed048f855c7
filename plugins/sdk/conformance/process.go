package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// passed are the variables that a process gets from ours, as from a host.
var passed = []string{"PATH", "HOME", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"}

// launch says how a process is started. The zero value is as a host does that is
// told not to use one-time TLS.
type launch struct {
	// alone leaves the cookie out.
	alone bool
	// identity asks for one-time TLS.
	identity *identity
	// versions are the protocol versions offered, "1" if empty.
	versions string
}

// process is a child in a process group of its own, with a clean environment, a pipe
// as stdin, and directories of its own.
type process struct {
	suite  *suite
	launch launch
	cmd    *exec.Cmd
	stdin  io.Closer
	dir    string

	stdout, stderr *output
	// stdio is what comes over the connection instead, see listen.
	stdio     *output
	listening sync.WaitGroup
	first     chan string
	// exited is closed when the process is reaped and its output read.
	exited chan struct{}

	handshake  handshake
	startedIn  time.Duration
	conn       *grpc.ClientConn
	deliveries atomic.Int64

	mu sync.Mutex
	// call is the method that was called last.
	call string
	// caught are the panics that the kit told of, unasked how the process ended if nobody
	// asked it to.
	caught  []Breakdown
	unasked string
	// asked says that it is told to end, so that it does is no breakdown.
	asked bool
}

// spawn starts a process and waits for nothing.
func (s *suite) spawn(l launch) (*process, error) {
	// Paths of unix sockets are short, so this one is too.
	dir := filepath.Join(s.dir, strconv.FormatInt(s.spawned.Add(1), 10))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a directory for the process: %w", err)
	}
	p := &process{suite: s, launch: l, dir: dir, first: make(chan string, 1), exited: make(chan struct{})}
	p.stdout = &output{take: s.observed.logLine, first: p.first}
	p.stderr = &output{take: p.note}
	p.stdio = &output{take: s.observed.logLine}
	p.cmd = exec.Command(s.binary) //nolint:noctx // It is ended step by step.
	p.cmd.Dir = filepath.Join(dir, "empty")
	p.cmd.Env = p.environment()
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// What a child of it that outlives it writes is of no interest.
	p.cmd.WaitDelay = time.Second
	err := os.Mkdir(p.cmd.Dir, 0o700)
	if err == nil {
		p.stdin, err = p.cmd.StdinPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("start %s: %w", filepath.Base(s.binary), err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait()
	}()
	return p, nil
}

func (p *process) environment() []string {
	// Whoever checks a plugin is its author, and what it is sent are samples.
	env := []string{"TMPDIR=" + p.dir, pluginv1.VariablePrefix(p.suite.name) + pluginv1.ShowPanics + "=true"}
	for _, name := range passed {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range p.suite.harness.Environment {
		env = append(env, name+"="+value)
	}
	if p.launch.alone {
		return env
	}
	versions := p.launch.versions
	if versions == "" {
		versions = "1"
	}
	env = append(env,
		pluginv1.HandshakeCookieKey+"="+pluginv1.HandshakeCookieValue,
		"PLUGIN_PROTOCOL_VERSIONS="+versions,
		"PLUGIN_UNIX_SOCKET_DIR="+p.dir,
		"PLUGIN_MIN_PORT=10000", "PLUGIN_MAX_PORT=25000",
	)
	if p.launch.identity != nil {
		env = append(env, "PLUGIN_CLIENT_CERT="+p.launch.identity.pem)
	}
	return env
}

// start starts a process, shakes hands and connects. If it fails, nothing is left, and the
// process is returned if there was one, for what it told.
func (s *suite) start(ctx context.Context, l launch) (*process, error) {
	p, err := s.spawn(l)
	if err != nil {
		return nil, err
	}
	err = p.shakeHands(ctx)
	if err == nil {
		p.conn, err = p.dial(l.identity, p.handshake.certificate)
	}
	if err != nil {
		p.end()
		return p, p.withTail(err)
	}
	p.listen() //nolint:contextcheck // It listens for as long as the process lives.
	return p, nil
}

// shakeHands waits for the handshake line and reads it.
func (p *process) shakeHands(ctx context.Context) error {
	begun := time.Now()
	timer := time.NewTimer(p.suite.startWithin)
	defer timer.Stop()
	var line string
	select {
	case line = <-p.first:
	case <-p.exited:
		select {
		case line = <-p.first:
		default:
			p.died()
			return fmt.Errorf("it ended before its handshake: %s", p.cmd.ProcessState)
		}
	case <-timer.C:
		return fmt.Errorf("no handshake line on stdout within %s", p.suite.startWithin)
	case <-ctx.Done():
		return ctx.Err()
	}
	p.startedIn = time.Since(begun)
	var err error
	p.handshake, err = readHandshake(line, p.dir)
	return err
}

// withTail adds what the process wrote last, unless a secret may be in it.
func (p *process) withTail(err error) error {
	lines := p.stderr.last()
	if len(lines) == 0 || len(p.suite.observed.noted(&p.suite.observed.leaks)) > 0 {
		return err
	}
	return fmt.Errorf("%w; it wrote: %s", err, strings.Join(lines, " | "))
}

// end ends the process and its group, and returns when it is reaped. What it wrote
// is judged.
func (p *process) end() {
	if p.gone() && p.cmd.ProcessState.ExitCode() > 0 {
		p.died()
	}
	p.kill()
	if p.conn != nil {
		_ = p.conn.Close()
	}
	p.listening.Wait()
	_ = p.stdin.Close()
	written := p.stdout.finish() + p.stderr.finish() + p.stdio.finish()
	p.suite.observed.logged(written, int(p.deliveries.Load()))
	_ = os.RemoveAll(p.dir)
}

// kill kills the group, as -9 does, and returns when the process is reaped.
func (p *process) kill() {
	_ = syscall.Kill(-p.pid(), syscall.SIGKILL)
	<-p.exited
	_ = syscall.Kill(-p.pid(), syscall.SIGKILL) // What it forked in between.
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) gone() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// exitsWithin says whether the process ends in time.
func (p *process) exitsWithin(ctx context.Context, within time.Duration) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.exited:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// survived is nil while the process lives.
func (p *process) survived() error {
	if p.gone() {
		p.died()
		return p.withTail(fmt.Errorf("the process ended: %s", p.cmd.ProcessState))
	}
	return nil
}

var errTimeout = errors.New("no answer in time")
