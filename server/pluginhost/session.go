package pluginhost

import (
	"context"
	"maps"
	"sync"
)

// session is what plugins of a host are started with while it runs.
type session struct {
	// start runs a plugin until the host ends or the plugin is removed.
	start   func(*supervisor)
	running sync.WaitGroup
}

// begin starts every plugin, and looks after their files.
func (h *Host) begin(ctx context.Context, base string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	begun := &session{}
	begun.start = func(s *supervisor) {
		ctx, cancel := context.WithCancel(ctx)
		begun.running.Go(func() {
			defer cancel()
			s.run(ctx, base)
		})
		begun.running.Go(func() { s.isolation.run(ctx, base) })
	}
	h.session = begun
	watch := h.newFileWatch()
	for _, s := range *h.supervisors.Load() {
		begun.start(s)
	}
	begun.running.Go(func() { watch.run(ctx) })
}

// end waits until nothing of any plugin is left. None can be added any more.
func (h *Host) end() {
	h.mu.Lock()
	ending := h.session
	h.session = nil
	h.mu.Unlock()
	ending.running.Wait()
}

// goWhileRunning runs do, for which Run waits, unless the host does not run.
func (h *Host) goWhileRunning(do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.session != nil {
		h.session.running.Go(do)
	}
}

// add starts a plugin that is not installed yet; nil if it is, or the host does not
// run.
func (h *Host) add(name string) *supervisor {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, installed := h.supervisor(name); installed || h.session == nil {
		return nil
	}
	s := h.newSupervisor(name)
	more := maps.Clone(*h.supervisors.Load())
	more[name] = s
	h.supervisors.Store(&more)
	h.session.start(s)
	return s
}

// forget takes a plugin that has stopped out of the list.
func (h *Host) forget(s *supervisor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fewer := maps.Clone(*h.supervisors.Load())
	if fewer[s.name] == s {
		delete(fewer, s.name)
		h.supervisors.Store(&fewer)
	}
}
