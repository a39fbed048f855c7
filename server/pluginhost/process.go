package pluginhost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/spurline/spurline/server/pluginhost/internal/cgroup"
)

// process is a child in a process group of its own. It lives no longer than the
// host: stdin is a pipe whose end it sees when the host dies however it dies,
// and where the kernel can it is killed with the thread that started it.
//
// All methods may be called concurrently.
type process struct {
	pid int
	// stdout and stderr are the host's ends; whoever reads them closes them.
	stdout, stderr *os.File
	// exited is closed when the child is reaped and its group is killed.
	exited chan struct{}
	// state of the exit, valid once exited is closed.
	state *os.ProcessState
	// group is the control group of the child, nil if it has none. It is removed before
	// exited is closed; starved says whether it had no memory left, and left why it could
	// not be removed.
	group   *cgroup.Group
	starved bool
	left    error

	mu    sync.Mutex
	stdin *os.File
	// over means that the group must not be signalled any more: its number may
	// belong to somebody else.
	over bool
	// attached: somebody else runs it, and it is never signalled. detached: it is not
	// used any more.
	attached, detached bool
}

// startProcess executes the binary at path without arguments, in the directory
// dir and the control group, if there is one, with exactly the environment env.
func startProcess(path, dir string, env []string, group *cgroup.Group) (*process, error) {
	var pipes pipeSet
	childIn, hostIn := pipes.open()
	hostOut, childOut := pipes.open()
	hostErr, childErr := pipes.open()
	if pipes.err != nil {
		pipes.close()
		return nil, fmt.Errorf("open pipes: %w", pipes.err)
	}
	p := &process{stdin: hostIn, stdout: hostOut, stderr: hostErr, exited: make(chan struct{}), group: group}
	attributes := childAttributes()
	if group != nil {
		release, err := group.Join(attributes)
		if err != nil {
			pipes.close()
			return nil, fmt.Errorf("join control group: %w", err)
		}
		defer release()
	}
	started := make(chan error, 1)
	go p.own(path, &os.ProcAttr{
		Dir:   dir,
		Env:   env,
		Files: []*os.File{childIn, childOut, childErr},
		Sys:   attributes,
	}, started)
	if err := <-started; err != nil {
		pipes.close()
		return nil, explainExec(path, err)
	}
	for _, end := range []*os.File{childIn, childOut, childErr} {
		_ = end.Close()
	}
	return p, nil
}

// own starts the child and waits for its end, on one thread throughout: the
// kernel sends the parent-death signal when the thread that forked is gone, not
// the process (golang/go#27505).
func (p *process) own(path string, attributes *os.ProcAttr, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	child, err := os.StartProcess(path, []string{path}, attributes)
	if err != nil {
		started <- err
		return
	}
	p.pid = child.Pid
	started <- nil
	p.state = awaitExit(child, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		// What the child forked goes with it.
		_ = syscall.Kill(-p.pid, syscall.SIGKILL)
		p.over = true
	})
	p.closeStdin()
	if p.group != nil {
		p.starved = p.group.OutOfMemory()
		p.left = p.group.Remove()
	}
	close(p.exited)
}

// signal sends a signal to the whole group.
func (p *process) signal(signal syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		_ = syscall.Kill(-p.pid, signal)
	}
}

// dumpStacks asks the child, not its group, for its stacks: a Go program prints
// them to stderr and exits.
func (p *process) dumpStacks() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		_ = syscall.Kill(p.pid, syscall.SIGQUIT)
	}
}

func (p *process) closeStdin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.stdin.Close()
}

// stop ends the group: asks by closing stdin, then by SIGTERM, each with a
// grace, then kills. It returns when the child is reaped.
func (p *process) stop(grace time.Duration) {
	if p.attached {
		p.detach()
		return
	}
	p.closeStdin()
	if p.exitsWithin(grace) {
		return
	}
	p.signal(syscall.SIGTERM)
	if p.exitsWithin(grace) {
		return
	}
	p.kill()
}

// kill ends the group at once and returns when the child is reaped.
func (p *process) kill() {
	if p.attached {
		p.detach()
		return
	}
	p.signal(syscall.SIGKILL)
	<-p.exited
}

func (p *process) gone() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

func (p *process) exitsWithin(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.exited:
		return true
	case <-timer.C:
		return false
	}
}

// ending says how the child ended, for the operator. Valid once exited is
// closed.
func (p *process) ending() string {
	if p.attached {
		return "the connection to the attached process ended"
	}
	if p.state == nil {
		return "unknown exit status"
	}
	return p.state.String()
}

// signalled says whether a signal ended the child. Valid once exited is closed.
func (p *process) signalled() bool {
	if p.state == nil {
		return false
	}
	status, ok := p.state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}

// killed says whether SIGKILL ended the child. Valid once exited is closed.
func (p *process) killed() bool {
	if !p.signalled() {
		return false
	}
	status, ok := p.state.Sys().(syscall.WaitStatus)
	return ok && status.Signal() == syscall.SIGKILL
}

// explainExec says what to do about a refused exec.
func explainExec(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) && mountedNoexec(path) {
		return refuse(fmt.Errorf("exec: permission denied: %s is on a file system mounted noexec; "+
			"plugins run from a copy in the state directory: mount it without noexec or choose another", path))
	}
	if errors.Is(err, syscall.ENOEXEC) {
		return refuse(fmt.Errorf("exec: %s is not a program for this machine (%s/%s)", path, runtime.GOOS, runtime.GOARCH))
	}
	return fmt.Errorf("exec: %w", err)
}

// pipeSet opens pipes and closes them all together if something fails.
type pipeSet struct {
	ends []*os.File
	err  error
}

func (s *pipeSet) open() (reader, writer *os.File) {
	if s.err != nil {
		return nil, nil
	}
	reader, writer, s.err = os.Pipe()
	if s.err == nil {
		s.ends = append(s.ends, reader, writer)
	}
	return reader, writer
}

func (s *pipeSet) close() {
	for _, end := range s.ends {
		_ = end.Close()
	}
}
