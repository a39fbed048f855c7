package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost/internal/cgroup"
)

// Host runs the plugins of one server. All methods may be called concurrently.
type Host struct {
	options Options
	depot   depot
	catalog catalog
	// groups is where processes get control groups, nil if there are none.
	groups *cgroup.Tree
	hooks  *hooks
	ran    atomic.Bool

	// supervisors by name. The map is never changed, only replaced, under mu.
	supervisors atomic.Pointer[map[string]*supervisor]
	mu          sync.Mutex
	// session is where plugins are started, nil unless Run runs.
	session *session
	// ended is closed when Run returns.
	ended chan struct{}
}

// New finds the plugins in the directories and prepares the directory for their
// copies. It starts nothing. A plugin that is found but must not run, being
// world-writable for example, is no error here: it will show in its Status, and
// the others run.
func New(options Options) (*Host, error) {
	if err := options.validate(); err != nil {
		return nil, fmt.Errorf("plugin host: %w", err)
	}
	options = options.withDefaults()
	catalog, err := newCatalog(options.Dirs)
	if err != nil {
		return nil, fmt.Errorf("plugin host: %w", err)
	}
	catalog.state = options.StateDir
	names, err := catalog.names()
	if err != nil {
		return nil, fmt.Errorf("plugin host: %w", err)
	}
	root, err := filepath.Abs(filepath.Join(options.StateDir, "plugins"))
	if err != nil {
		return nil, fmt.Errorf("plugin host: %w", err)
	}
	h := &Host{
		options: options,
		depot:   depot{root: root},
		catalog: catalog,
		hooks:   &hooks{},
		ended:   make(chan struct{}),
	}
	if err := h.depot.open(); err != nil {
		return nil, fmt.Errorf("plugin host: %w", err)
	}
	if h.groups, err = options.openGroups(); err != nil {
		return nil, fmt.Errorf("plugin host: %w", err)
	}
	supervisors := make(map[string]*supervisor, len(names))
	for _, name := range slices.AppendSeq(names, maps.Keys(options.Attach)) {
		supervisors[name] = h.newSupervisor(name)
	}
	h.supervisors.Store(&supervisors)
	return h, nil
}

func (h *Host) newSupervisor(name string) *supervisor {
	return newSupervisor(name, h.options, h.catalog, h.depot, h.groups, h.hooks)
}

// supervisor returns that of a plugin; false if it is not installed.
func (h *Host) supervisor(name string) (*supervisor, bool) {
	s, ok := (*h.supervisors.Load())[name]
	return s, ok
}

// BeforeReady registers a function that is called before a plugin becomes READY,
// with its description, which must not be changed: no call is made to that process
// before it returns. It is called from the goroutine that supervises the plugin.
// Register before Run.
func (h *Host) BeforeReady(before func(*pluginv1.Description)) {
	h.hooks.before = append(h.hooks.before, before)
}

// OnReady registers a function that is called whenever a plugin became READY,
// with its description, which must not be changed. It is called from the
// goroutine that supervises the plugin, so it must return soon; calls to the
// plugin already work. Register before Run.
func (h *Host) OnReady(ready func(*pluginv1.Description)) {
	h.hooks.after = append(h.hooks.after, ready)
}

// Run starts all plugins and keeps them running. When ctx ends it refuses new
// calls, waits for running ones up to Timings.Drain, ends the processes and
// returns once nothing of them is left. A plugin that fails is no error. Run
// may be called once.
func (h *Host) Run(ctx context.Context) (err error) {
	if h.ran.Swap(true) {
		return errors.New("plugin host: Run was called before")
	}
	defer close(h.ended)
	sockets, err := h.depot.makeSockets()
	if err != nil {
		return fmt.Errorf("plugin host: %w", err)
	}
	defer func() {
		if removing := sockets.remove(); err == nil && removing != nil {
			err = fmt.Errorf("plugin host: %w", removing)
		}
	}()
	h.begin(ctx, sockets.base)
	<-ctx.Done()
	h.end()
	if err := h.depot.prune(h.digests()); err != nil {
		h.options.Logger.Warn("old copies of plugins are left", "error", err)
	}
	return nil
}

// digests returns those of this run's binaries.
func (h *Host) digests() map[string]bool {
	digests := map[string]bool{}
	for _, status := range h.Plugins() {
		digests[status.SHA256] = true
	}
	return digests
}

// Plugins returns the status of every plugin, sorted by name.
func (h *Host) Plugins() []Status {
	supervisors := *h.supervisors.Load()
	plugins := make([]Status, 0, len(supervisors))
	for _, s := range supervisors {
		plugins = append(plugins, s.statusNow())
	}
	slices.SortFunc(plugins, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return plugins
}

// statusNow is the snapshot with what the system says of the process.
func (s *supervisor) statusNow() Status {
	status, _ := s.snapshot()
	if status.PID != 0 {
		status.MemoryBytes = residentMemory(status.PID)
	}
	return status
}

// Plugin returns the status of one plugin; false if it is not installed.
func (h *Host) Plugin(name string) (Status, bool) {
	s, ok := h.supervisor(name)
	if !ok {
		return Status{}, false
	}
	return s.statusNow(), true
}

// AwaitReady returns nil as soon as the plugin is READY. It gives up with
// ErrUnavailable when the plugin is quarantined or the host has stopped, with
// ErrNotInstalled if there is no such plugin, and with the error of ctx. The
// host may be started later.
func (h *Host) AwaitReady(ctx context.Context, name string) error {
	s, ok := h.supervisor(name)
	if !ok {
		return fmt.Errorf("%w: %q", ErrNotInstalled, name)
	}
	for {
		status, changed := s.snapshot()
		switch status.State {
		case Ready:
			if s.servingNow() != nil {
				return nil
			}
		case Quarantined:
			return s.unavailable()
		case Stopped, Starting, Draining, Backoff:
		}
		select {
		case <-changed:
		case <-h.ended:
			return s.unavailable()
		case <-ctx.Done():
			return fmt.Errorf("await plugin %q, now %s: %s: %w", name, status.State, status.Reason, ctx.Err())
		}
	}
}
