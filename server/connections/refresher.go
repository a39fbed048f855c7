package connections

import (
	"context"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// TakesStore is what a Refresher needs of a store.
type TakesStore interface {
	Connections(ctx context.Context, merchantKey int64, page store.Page) ([]store.Connection, error)
	SetTakes(ctx context.Context, takes map[int64]store.Takes) error
}

// refreshPage is how many connections are read at once, refreshPasses how often
// they are read again because some had to be changed.
const (
	refreshPage   = 500
	refreshPasses = 3
)

// Refresher keeps what connections take in step with the descriptions of their
// plugins. It remembers what it did, so that another process of the same plugin does
// not have all connections read again. Its methods may be called concurrently, those
// for one plugin one after the other.
type Refresher struct {
	store TakesStore

	mu sync.Mutex
	// last refresh by plugin.
	last map[string]*refresh
}

// refresh is one that was begun.
type refresh struct {
	// description has only what Takes looks at.
	description *pluginv1.Description
	// done: it found nothing left to change. doubted: something else was written since it
	// began.
	done, doubted bool
}

// NewRefresher returns one that remembers nothing.
func NewRefresher(kept TakesStore) *Refresher {
	return &Refresher{store: kept, last: map[string]*refresh{}}
}

// Refresh stores what the connections of a plugin take, after its description may have
// changed. It is repeated until it finds nothing to change, so that an edit at the same
// time is not undone by what was read before it. Nothing is read if the last refresh of
// the plugin was for such a description, reached its end, and nobody wrote anything else
// since; one that failed is done again.
func (r *Refresher) Refresh(ctx context.Context, description *pluginv1.Description) error {
	begun := &refresh{description: takesOf(description)}
	if !r.begin(description.GetName(), begun) {
		return nil
	}
	for range refreshPasses {
		changed, err := r.once(ctx, description)
		if err != nil {
			return fmt.Errorf("refresh what connections of plugin %q take: %w", description.GetName(), err)
		}
		if !changed {
			r.mu.Lock()
			defer r.mu.Unlock()
			begun.done = true
			return nil
		}
	}
	return nil
}

// Wrote is told of each connection after it was created or edited. One that was made
// from an earlier description than the last refresh was is put right by the next.
func (r *Refresher) Wrote(c store.Connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := r.last[c.Plugin]; last != nil && Takes(last.description, c.Settings) != c.Takes {
		last.doubted = true
	}
}

// begin says whether there is anything to do.
func (r *Refresher) begin(plugin string, begun *refresh) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.last[plugin]
	if last != nil && last.done && !last.doubted && proto.Equal(last.description, begun.description) {
		return false
	}
	r.last[plugin] = begun
	return true
}

// takesOf is the part of a description that Takes looks at.
func takesOf(d *pluginv1.Description) *pluginv1.Description {
	return &pluginv1.Description{
		Contracts: d.GetContracts(), OrderingScope: d.GetOrderingScope(), Idempotency: d.GetIdempotency(),
		JoinedFacts: d.GetJoinedFacts(), Settings: d.GetSettings(),
	}
}

func (r *Refresher) once(ctx context.Context, description *pluginv1.Description) (bool, error) {
	changed := false
	page := store.Page{Limit: refreshPage}
	for {
		connections, err := r.store.Connections(ctx, 0, page)
		if err != nil {
			return changed, err
		}
		stale := map[int64]store.Takes{}
		for _, c := range connections {
			page.After = c.Key
			if c.Plugin != description.GetName() {
				continue
			}
			if takes := Takes(description, c.Settings); takes != c.Takes {
				stale[c.Key] = takes
			}
		}
		if len(stale) > 0 {
			changed = true
			if err := r.store.SetTakes(ctx, stale); err != nil {
				return changed, err
			}
		}
		if len(connections) < page.Limit {
			return changed, nil
		}
	}
}
