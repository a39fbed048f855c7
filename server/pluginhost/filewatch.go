package pluginhost

import (
	"context"
	"time"
)

// fileWatch looks at the files of plugins now and then, and takes what is new or has
// changed. A plugin whose binary is gone goes on: an installer may be about to put
// another one there. Reload removes it.
type fileWatch struct {
	host *Host
	// taken is the stamp of each plugin that was last acted upon, seen that of the
	// last look.
	taken, seen map[string]string
}

// newFileWatch takes the files as they are now.
func (h *Host) newFileWatch() *fileWatch {
	w := &fileWatch{host: h, taken: map[string]string{}, seen: map[string]string{}}
	for name := range *h.supervisors.Load() {
		w.taken[name] = h.catalog.stamp(name)
	}
	return w
}

func (w *fileWatch) run(ctx context.Context) {
	ticker := time.NewTicker(w.host.options.Timings.Poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		names, err := w.host.catalog.names()
		if err != nil {
			w.host.options.Logger.Warn("folders of plugins cannot be read", "error", err)
			continue
		}
		for _, name := range names {
			if w.host.options.Attach[name] == "" && w.changed(name) {
				w.take(ctx, name)
			}
		}
	}
}

// changed says whether a plugin's files are others than those acted upon, and were so at
// the last look already: what is being written is left alone.
func (w *fileWatch) changed(name string) bool {
	stamp := w.host.catalog.stamp(name)
	settled := stamp == w.seen[name]
	w.seen[name] = stamp
	if !settled || stamp == "" || stamp == w.taken[name] {
		return false
	}
	w.taken[name] = stamp
	return true
}

// take starts or upgrades a plugin, beside the next looks.
func (w *fileWatch) take(ctx context.Context, name string) {
	w.host.goWhileRunning(func() {
		if added := w.host.add(name); added != nil {
			added.logger.Info("plugin found")
			return
		}
		// What comes of it is in the log and the plugin's status.
		_ = w.host.Upgrade(ctx, name, "its file changed", false)
	})
}
