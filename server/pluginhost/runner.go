package pluginhost

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin/runner"

	"github.com/spurline/spurline/server/pluginhost/internal/cgroup"
)

const (
	// mostHandshake bytes may precede the end of the handshake line.
	mostHandshake = 16 << 10
	// afterExit is how long the pipes are read after the process is gone, in
	// case a child that left the group holds them open.
	afterExit = time.Second
)

// pluginRunner is one process of a plugin as go-plugin wants to see it. It
// hands that library the handshake line and nothing else: stderr and the rest of
// stdout go to the log pump.
type pluginRunner struct {
	binary binary
	env    []string
	mtls   bool
	logger *slog.Logger
	lines  *lineLog
	// memory is how much the process may have in bytes, 0 for no limit. Set before the
	// start. oomKills is what the kernel counted before it.
	memory, oomKills int64
	// groups is where the process gets a control group, nil if there are none. name is
	// that of the plugin. Set before the start.
	groups *cgroup.Tree
	name   string
	// dir is where the process runs, socketDir where it listens. Set before the
	// start.
	dir, socketDir string

	handshake       *io.PipeReader
	handshakeWriter *io.PipeWriter

	// done is closed when the process is gone and all it wrote is read.
	done chan struct{}

	mu      sync.Mutex
	process *process
	pump    *logPump
	// line is the handshake line, empty until it came.
	line    string
	aborted bool
}

var _ runner.Runner = (*pluginRunner)(nil)

func newRunner(b binary, env []string, mtls bool, logger *slog.Logger, lines *lineLog) *pluginRunner {
	r := &pluginRunner{
		binary: b, env: env, mtls: mtls, logger: logger, lines: lines,
		done: make(chan struct{}), pump: newLogPump(logger, lines, 0),
	}
	r.handshake, r.handshakeWriter = io.Pipe()
	return r
}

// prepare is go-plugin's RunnerFunc. Of the command it only wants the variables
// of the handshake.
func (r *pluginRunner) prepare(_ hclog.Logger, command *exec.Cmd, socketDir string) (runner.Runner, error) {
	r.env = append(r.env, command.Env...)
	r.socketDir = socketDir
	return r, nil
}

// Start verifies the binary and executes it.
func (r *pluginRunner) Start(context.Context) error {
	if err := r.binary.verify(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.aborted {
		return errors.New("start was given up")
	}
	r.oomKills = oomKills()
	process, err := r.execute(append(r.env, memoryEnvironment(r.memory)...))
	if err != nil {
		return err
	}
	r.process = process
	r.pump = newLogPump(r.logger.With("pid", process.pid), r.lines, process.pid)
	go r.read(process, r.pump)
	return nil
}

// execute starts the process in a control group of its own, or without one.
func (r *pluginRunner) execute(env []string) (*process, error) {
	var ungrouped error
	if r.groups != nil {
		process, err := r.executeInGroup(env)
		if err == nil {
			return process, nil
		}
		ungrouped = err
	}
	process, err := startProcess(r.binary.path, r.dir, env, nil)
	if err != nil {
		return nil, err // What is wrong with the binary itself is so in a group too.
	}
	if ungrouped != nil {
		r.logger.Warn("plugin gets no control group of its own", "error", ungrouped)
	}
	if err := capMemory(process.pid, r.memory); err != nil {
		// The limit is watched all the same.
		r.logger.Warn("memory of plugin is not capped by the kernel", "error", err)
	}
	return process, nil
}

func (r *pluginRunner) executeInGroup(env []string) (*process, error) {
	group, err := r.groups.New(r.name, r.memory)
	if err != nil {
		return nil, err
	}
	process, err := startProcess(r.binary.path, r.dir, env, group)
	if err != nil {
		return nil, errors.Join(err, group.Remove())
	}
	return process, nil
}

// read drains both streams to their end.
func (r *pluginRunner) read(process *process, pump *logPump) {
	var readers sync.WaitGroup
	readers.Go(func() { r.readStdout(process, pump) })
	readers.Go(func() { drain(process.stderr, pump, "stderr") })
	drained := make(chan struct{})
	go func() {
		readers.Wait()
		close(drained)
	}()

	<-process.exited
	if process.left != nil {
		r.logger.Warn("control group of a plugin is left; the next start of the server tries again", "error", process.left)
	}
	timer := time.NewTimer(afterExit)
	defer timer.Stop()
	select {
	case <-drained:
	case <-timer.C:
	}
	_ = process.stdout.Close()
	_ = process.stderr.Close()
	<-drained
	pump.finish()
	close(r.done)
}

// readStdout passes the first line on as the handshake and logs what follows,
// for as long as the process lives: a pipe that nobody reads stops its writer.
func (r *pluginRunner) readStdout(process *process, pump *logPump) {
	reader := bufio.NewReaderSize(process.stdout, mostHandshake)
	line, err := reader.ReadSlice('\n')
	if err != nil && len(line) < mostHandshake {
		// The end came first. Let the exit status be known before the start fails.
		process.exitsWithin(afterExit)
	}
	r.passHandshake(string(line))
	drain(reader, pump, "stdout")
}

// passHandshake hands the line to go-plugin, without what it must not see: a
// certificate that was not asked for makes version 1.8.0 dereference nil.
func (r *pluginRunner) passHandshake(line string) {
	fields := strings.Split(strings.TrimSpace(line), "|")
	if !r.mtls && len(fields) > 5 {
		fields = fields[:5]
	}
	line = strings.Join(fields, "|")
	r.mu.Lock()
	r.line = line
	r.mu.Unlock()
	if line != "" {
		_, _ = io.WriteString(r.handshakeWriter, line+"\n")
	}
	_ = r.handshakeWriter.Close()
}

func drain(reader io.Reader, pump *logPump, stream string) {
	lines := &lineWriter{take: func(line []byte) { pump.take(stream, line) }}
	_, _ = io.Copy(lines, reader)
	lines.flush()
}

// shakenHands returns the handshake line, and whether it carried a certificate.
func (r *pluginRunner) shakenHands() (line string, certificate bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fields := strings.Split(r.line, "|")
	return r.line, len(fields) > 5 && len(fields[5]) > 50
}

// current returns the process, nil before it started.
func (r *pluginRunner) current() *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.process
}

// synced returns a writer for what comes over go-plugin's stdio stream: that
// library diverts os.Stdout and os.Stderr of the plugin into it.
func (r *pluginRunner) synced(stream string) io.Writer {
	return &syncedWriter{
		runner: r, lines: lineWriter{take: func(line []byte) { r.log().take(stream, line) }},
	}
}

// syncedWriter takes what comes over go-plugin's stdio stream, and after the end of the
// process only a little of it: of a flood that library has megabytes that were not read.
type syncedWriter struct {
	runner *pluginRunner
	lines  lineWriter
}

// Write implements io.Writer. It never fails.
func (w *syncedWriter) Write(data []byte) (int, error) {
	if !w.runner.log().room(len(data)) {
		return len(data), nil
	}
	return w.lines.Write(data)
}

func (r *pluginRunner) log() *logPump {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pump
}

// abort kills the process now, or keeps it from being started. It does not wait.
func (r *pluginRunner) abort() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.aborted = true
	if r.process != nil {
		r.process.signal(syscall.SIGKILL)
	}
}

// Wait waits until the process is gone and all it wrote is read.
func (r *pluginRunner) Wait(context.Context) error {
	<-r.done
	return nil
}

// Kill ends the process and its group at once. go-plugin calls it when a start
// fails; all other ends go through instance.
func (r *pluginRunner) Kill(context.Context) error {
	if process := r.current(); process != nil {
		process.kill()
	}
	return nil
}

// Stdout yields the handshake line.
func (r *pluginRunner) Stdout() io.ReadCloser { return r.handshake }

// Stderr yields nothing: go-plugin panics on some lines.
func (r *pluginRunner) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name returns the file name of the binary.
func (r *pluginRunner) Name() string { return filepath.Base(r.binary.path) }

// ID returns the process id, empty before the start.
func (r *pluginRunner) ID() string {
	if process := r.current(); process != nil {
		return strconv.Itoa(process.pid)
	}
	return ""
}

// Diagnose adds nothing: the crash report has the log.
func (r *pluginRunner) Diagnose(context.Context) string { return "" }

// PluginToHost accepts only a socket in the directory made for it, so that a
// plugin cannot point the host somewhere else.
func (r *pluginRunner) PluginToHost(network, address string) (string, string, error) {
	if network != "unix" || filepath.Dir(filepath.Clean(address)) != r.socketDir {
		return "", "", fmt.Errorf("plugin listens on %s %q, not on a unix socket in PLUGIN_UNIX_SOCKET_DIR",
			network, cut(clean([]byte(address)), 200))
	}
	return network, address, nil
}

// HostToPlugin is of no use without a broker.
func (r *pluginRunner) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
