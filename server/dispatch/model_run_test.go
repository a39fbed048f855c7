package dispatch_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing/synctest"
	"time"

	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

// modelRun is a dispatcher on a real store under a schedule, with the model that it
// is held against. It runs in a bubble of virtual time.
type modelRun struct {
	ctx    context.Context //nolint:containedctx // it is the test's
	folder string
	// life counts the starts after a crash: each goes on with a copy of the file.
	life       int
	store      *sqlite.Store
	gate       *gate
	plugins    *modelPlugins
	dispatcher *dispatch.Dispatcher
	drain      func()
	merchant   store.Merchant

	model
}

// halt ends a schedule that cannot go on. The fault is recorded before.
type halt struct{}

// must ends the schedule with a fault if err is not nil.
func (r *modelRun) must(err error) {
	if err != nil {
		r.failf("unexpected error: %v", err)
		panic(halt{})
	}
}

func (r *modelRun) path() string { return filepath.Join(r.folder, fmt.Sprint(r.life)+".db") }

// start opens the store and starts a dispatcher on it.
func (r *modelRun) start() {
	logger := slog.New(slog.DiscardHandler)
	opened, err := sqlite.Open(r.ctx, sqlite.Options{Path: r.path(), Logger: logger})
	r.must(err)
	r.store = opened
	r.gate = &gate{Store: opened, model: &r.model, allowed: -1, dead: make(chan struct{})}
	r.plugins = &modelPlugins{run: r, dead: r.gate.dead}
	r.dispatcher = dispatch.New(dispatch.Options{
		Store: r.gate, Plugins: r.plugins, Isolation: isolatedModel{r.plugins}, Vault: openVault{}, Logger: logger,
		Schedule: dispatch.Schedule{Random: func(below time.Duration) time.Duration { return below / 2 }},
	})
	r.restarted(opened, r.dispatcher)
	opened.OnWake(func(lanes []store.Lane) {
		r.woken(lanes)
		r.dispatcher.Wake(lanes)
	})
	opened.OnChange(r.dispatcher.Changed)
	if r.merchant.Key == 0 {
		r.merchant, err = opened.CreateMerchant(r.ctx, store.Merchant{ID: "acme", CreateTime: time.Now()})
		r.must(err)
	}
	ctx, cancel := context.WithCancel(r.ctx)
	var running sync.WaitGroup
	dispatcher := r.dispatcher
	running.Go(func() {
		if err := dispatcher.Run(ctx); err != nil && ctx.Err() == nil {
			r.failf("dispatcher: %v", err)
		}
	})
	r.drain = func() {
		cancel()
		running.Wait()
	}
}

// stop ends dispatcher and store as SIGTERM does.
func (r *modelRun) stop() {
	r.drain()
	r.must(r.store.Close())
}

// crash ends them as a kill does: writes more outcomes are written down, what comes
// in the time after them is lost.
func (r *modelRun) crash(writes int, after time.Duration) {
	r.gate.allow(writes)
	r.pass(after)
	from := r.path()
	r.life++
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(from + suffix)
		r.must(err)
		r.must(os.WriteFile(r.path()+suffix, raw, 0o600))
	}
	r.gate.die()
	r.stop()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(from + suffix)
	}
}

// pass lets virtual time pass, and what it brings happen.
func (r *modelRun) pass(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

// gate is a store that tells the model what the dispatcher reads and writes, and that
// stops writing before a crash.
type gate struct {
	*sqlite.Store
	model *model
	mu    sync.Mutex
	// allowed is how many more writes there are before a crash, -1 for any number.
	allowed int
	dead    chan struct{}
}

func (g *gate) allow(writes int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.allowed = writes
}

// die has what was held back, and everything after it, fail.
func (g *gate) die() {
	g.allow(0)
	close(g.dead)
}

// pass returns false if the process dies before the write.
func (g *gate) pass() bool {
	g.mu.Lock()
	held := g.allowed == 0
	if g.allowed > 0 {
		g.allowed--
	}
	g.mu.Unlock()
	if held {
		<-g.dead
	}
	return !held
}

// Complete is for the dispatcher.
func (g *gate) Complete(ctx context.Context, completions []store.Completion) error {
	if !g.pass() {
		return store.ErrClosed
	}
	for _, c := range completions {
		g.model.completing(ctx, c)
	}
	err := g.Store.Complete(ctx, completions)
	if err == nil {
		for _, c := range completions {
			g.model.completed(c)
		}
	}
	return err
}

// Intend is for the dispatcher.
func (g *gate) Intend(ctx context.Context, ids []store.DeliveryID) error {
	if !g.pass() {
		return store.ErrClosed
	}
	return g.Store.Intend(ctx, ids)
}

// SetConnectionState is for the dispatcher.
func (g *gate) SetConnectionState(ctx context.Context, change store.StateChange) (bool, error) {
	if !g.pass() {
		return false, store.ErrClosed
	}
	before, known := g.ConnectionByKey(ctx, change.Connection)
	forget := g.model.stopping(change.Connection)
	changed, err := g.Store.SetConnectionState(ctx, change)
	switch {
	case !changed:
		forget()
	case known == nil:
		g.model.pausedByOutcome(before, change)
	}
	return changed, err
}

// SetThrottle is for the dispatcher.
func (g *gate) SetThrottle(ctx context.Context, throttle store.Throttle) error {
	if !g.pass() {
		return store.ErrClosed
	}
	err := g.Store.SetThrottle(ctx, throttle)
	if err == nil {
		g.model.throttled(ctx, throttle)
	}
	return err
}

// EndProbing is for the dispatcher.
func (g *gate) EndProbing(ctx context.Context, key, generation int64) error {
	if !g.pass() {
		return store.ErrClosed
	}
	return g.Store.EndProbing(ctx, key, generation)
}

// LoadDeliveries is for the dispatcher.
func (g *gate) LoadDeliveries(ctx context.Context, ids []store.DeliveryID) ([]store.LoadedDelivery, error) {
	g.model.taken(ids)
	return g.Store.LoadDeliveries(ctx, ids)
}
