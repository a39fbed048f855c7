package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// ReloadAction is what Reload did with a plugin.
type ReloadAction int

// The actions.
const (
	// Added: it was new and is READY.
	Added ReloadAction = iota + 1
	// Upgraded: its binary had changed, and the new one takes the calls.
	Upgraded
	// Removed: its binary was gone; it has ended its calls.
	Removed
	// Failed: something was to be done, see the error.
	Failed
)

// Reloaded is what Reload did with one plugin.
type Reloaded struct {
	Name   string
	Action ReloadAction
	// Err says why it failed, nil otherwise.
	Err error
}

// Reload looks into the directories: plugins that are new are started, those whose
// binary changed are upgraded, those whose binary is gone end their calls and are
// removed. It returns what it did, sorted by name, when all of it is done or ctx ends;
// what has begun goes on then.
func (h *Host) Reload(ctx context.Context) ([]Reloaded, error) {
	names, err := h.catalog.names()
	if err != nil {
		return nil, fmt.Errorf("plugin host: %w", err)
	}
	var (
		mu   sync.Mutex
		done []Reloaded
		work sync.WaitGroup
	)
	each := func(do func() Reloaded) {
		work.Go(func() {
			if result := do(); result.Action != 0 {
				mu.Lock()
				defer mu.Unlock()
				done = append(done, result)
			}
		})
	}
	for _, name := range names {
		if h.options.Attach[name] != "" {
			continue
		}
		each(func() Reloaded { return h.reload(ctx, name) })
	}
	for name, s := range *h.supervisors.Load() {
		if !slices.Contains(names, name) && !s.attached() {
			each(func() Reloaded { return h.remove(ctx, s) })
		}
	}
	work.Wait()
	slices.SortFunc(done, func(a, b Reloaded) int { return strings.Compare(a.Name, b.Name) })
	return done, nil
}

// reload starts or upgrades a plugin whose binary is there.
func (h *Host) reload(ctx context.Context, name string) Reloaded {
	if added := h.add(name); added != nil {
		if err := h.AwaitReady(ctx, name); err != nil {
			return Reloaded{name, Failed, err}
		}
		return Reloaded{Name: name, Action: Added}
	}
	before, _ := h.Plugin(name)
	err := h.Upgrade(ctx, name, "reload", false)
	after, _ := h.Plugin(name)
	switch {
	case err != nil:
		return Reloaded{name, Failed, err}
	case after.SHA256 != before.SHA256:
		return Reloaded{Name: name, Action: Upgraded}
	default:
		return Reloaded{}
	}
}

func (h *Host) remove(ctx context.Context, s *supervisor) Reloaded {
	err := s.give(ctx, newOrder(orderRemove, ""))
	if err == nil || errors.Is(err, ErrUnavailable) {
		select {
		case <-s.over:
			h.forget(s)
			return Reloaded{Name: s.name, Action: Removed}
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return Reloaded{s.name, Failed, err}
}
