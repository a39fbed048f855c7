package pluginhost

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Options are what a Host needs. Dirs and StateDir are required; for everything
// else the zero value means the default.
type Options struct {
	// Dirs are searched for binaries named spurline-plugin-<name>, and for a
	// plugins.lock that pins them. StateDir may have the lock instead.
	Dirs []string
	// StateDir gets a directory "plugins" for the host's own copies of the
	// binaries. It must be writable and on a file system that allows execution.
	StateDir string
	// Logger gets state changes of plugins and the lines they log. Default:
	// nothing is logged.
	Logger *slog.Logger
	// DisableAutoMTLS names plugins that cannot do the one-time TLS of the
	// handshake. Their socket is still in a directory that only the host's user
	// can enter.
	DisableAutoMTLS []string
	// Environ is the environment of which plugins get the allowed part. Default:
	// that of the process.
	Environ []string
	// MemoryLimit is how many bytes a plugin's process may have, MemoryLimits that of
	// single plugins by name; 0 for no limit. A Go plugin's runtime is told to stay 10 %
	// below it; a process that has more is ended at the next health check, and the kernel
	// gives it no more than 512 MiB above it meanwhile.
	MemoryLimit  int64
	MemoryLimits map[string]int64
	// Cgroup is where each process of a plugin gets a control group of its own (Linux,
	// version 2), in which the kernel keeps it and all that it forks within its limit, and
	// nothing stays behind: the folder of a delegated group, for one host at a time, or
	// CgroupAuto. Where CgroupAuto finds none, the log tells why. Default: none.
	Cgroup string
	// Attach names plugins that somebody else runs, in a debugger for example, and where
	// each is: a handshake line of go-plugin, an absolute path
	// of a unix socket, or host:port on loopback. They are not started, watched or killed,
	// nothing of them is pinned, and there is no limit on them. For development.
	Attach map[string]string
	// Timings are the durations and counts of the supervisor.
	Timings Timings

	// observe is called with every state change, from the goroutine that owns
	// the plugin. For tests.
	observe func(Status)
}

// Timings are how long the supervisor waits for what. The zero value of a field
// means its default.
type Timings struct {
	// Start is the time from exec to a valid description. Default 10 s.
	Start time.Duration
	// Kill is the time between closing stdin, SIGTERM and SIGKILL, each.
	// Default 2 s.
	Kill time.Duration
	// Drain is how long running calls may go on once the host stops. Default
	// 30 s.
	Drain time.Duration
	// Handover is how long running calls may go on in a process that another has
	// taken over from, or whose plugin was removed. Default 2 min.
	Handover time.Duration
	// HealthInterval is the time between health checks. Default 5 s.
	HealthInterval time.Duration
	// HealthTimeout is how long a health check may take. Default 2 s.
	HealthTimeout time.Duration
	// HealthMisses is how many checks in a row must fail before the process
	// counts as hung. Default 3.
	HealthMisses int
	// BackoffFirst and BackoffMost bound the wait before a restart. Defaults
	// 250 ms and 60 s.
	BackoffFirst, BackoffMost time.Duration
	// Stable is how long a process must be ready for its past to be forgotten.
	// Default 60 s.
	Stable time.Duration
	// CrashBudget crashes within CrashWindow lead to quarantine. Defaults 5 and
	// 10 min.
	CrashBudget int
	CrashWindow time.Duration
	// Quarantine is the wait in quarantine before one more start is tried.
	// Default 10 min.
	Quarantine time.Duration
	// IsolationIdle is how long an isolation process without a call is kept.
	// Default 1 min.
	IsolationIdle time.Duration
	// Poll is the time between two looks at the files of plugins. A file that was
	// the same at two looks and another before is taken. Default 2 s.
	Poll time.Duration
}

func (t Timings) withDefaults() Timings {
	return Timings{
		Start:          cmp.Or(t.Start, 10*time.Second),
		Kill:           cmp.Or(t.Kill, 2*time.Second),
		Drain:          cmp.Or(t.Drain, 30*time.Second),
		Handover:       cmp.Or(t.Handover, 2*time.Minute),
		HealthInterval: cmp.Or(t.HealthInterval, 5*time.Second),
		HealthTimeout:  cmp.Or(t.HealthTimeout, 2*time.Second),
		HealthMisses:   cmp.Or(t.HealthMisses, 3),
		BackoffFirst:   cmp.Or(t.BackoffFirst, 250*time.Millisecond),
		BackoffMost:    cmp.Or(t.BackoffMost, time.Minute),
		Stable:         cmp.Or(t.Stable, time.Minute),
		CrashBudget:    cmp.Or(t.CrashBudget, 5),
		CrashWindow:    cmp.Or(t.CrashWindow, 10*time.Minute),
		Quarantine:     cmp.Or(t.Quarantine, 10*time.Minute),
		IsolationIdle:  cmp.Or(t.IsolationIdle, time.Minute),
		Poll:           cmp.Or(t.Poll, 2*time.Second),
	}
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.observe == nil {
		o.observe = func(Status) {}
	}
	o.Timings = o.Timings.withDefaults()
	return o
}

func (o Options) validate() error {
	var faults []error
	if len(o.Dirs) == 0 {
		faults = append(faults, errors.New("dirs: at least one plugin directory is needed"))
	}
	if o.StateDir == "" {
		faults = append(faults, errors.New("state dir: a writable directory is needed for copies of the plugins"))
	}
	if o.MemoryLimit < 0 {
		faults = append(faults, errors.New("memory limit: is negative"))
	}
	for name, limit := range o.MemoryLimits {
		if limit < 0 {
			faults = append(faults, fmt.Errorf("memory limit of %s: is negative", name))
		}
	}
	if o.Cgroup != "" && o.Cgroup != CgroupAuto && !filepath.IsAbs(o.Cgroup) {
		faults = append(faults, fmt.Errorf("cgroup: %q is not an absolute path", o.Cgroup))
	}
	for name, at := range o.Attach {
		if !pluginv1.ValidName(name) {
			faults = append(faults, fmt.Errorf("attach: %q is not a plugin's name", name))
		}
		if _, _, err := parseAttachment(at); err != nil {
			faults = append(faults, fmt.Errorf("attach %s: %w", name, err))
		}
	}
	t := o.Timings
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"start", t.Start},
		{"kill", t.Kill},
		{"drain", t.Drain},
		{"handover", t.Handover},
		{"health interval", t.HealthInterval},
		{"health timeout", t.HealthTimeout},
		{"first backoff", t.BackoffFirst},
		{"most backoff", t.BackoffMost},
		{"stable", t.Stable},
		{"crash window", t.CrashWindow},
		{"quarantine", t.Quarantine},
		{"isolation idle", t.IsolationIdle},
		{"poll", t.Poll},
	} {
		if d.value < 0 {
			faults = append(faults, fmt.Errorf("timings: %s is negative", d.name))
		}
	}
	if t.BackoffMost < t.BackoffFirst {
		faults = append(faults, errors.New("timings: most backoff is shorter than the first"))
	}
	if t.HealthMisses < 0 || t.CrashBudget < 0 {
		faults = append(faults, errors.New("timings: a count is negative"))
	}
	return errors.Join(faults...)
}
