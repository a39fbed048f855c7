package dispatch

import (
	"context"
	"log/slog"
	"testing"

	"github.com/spurline/spurline/server/store"
)

// fullStore has no room for outcomes.
type fullStore struct {
	store.Store
	unclean bool
}

func (*fullStore) Complete(context.Context, []store.Completion) error { return store.ErrFull }

func (s *fullStore) LeaveUnclean() { s.unclean = true }

// TestReleasedOnAFullDisk: what was not sent has no outcome, so none is refused beside
// those that are, and nobody is told that it may have arrived (promise P3).
func TestReleasedOnAFullDisk(t *testing.T) {
	t.Parallel()
	full := &fullStore{}
	l := newLedger(New(Options{Store: full, Logger: slog.New(slog.DiscardHandler)}))
	released, settled := &sending{connection: &store.Connection{}}, &sending{connection: &store.Connection{}}
	released.delivery.ID, settled.delivery.ID = 1, 2
	settled.settled = &store.Completion{ID: 2, State: store.Skipped}
	written := l.write(t.Context(), []*outcome{
		{entry: entry{sending: released, released: true}}, {entry: entry{sending: settled, settled: true}},
	})
	if len(written) != 1 || written[0].id != 1 || len(l.refused) != 1 {
		t.Errorf("%d are over and %d refused, want the one that was released and the other", len(written), len(l.refused))
	}
	if full.unclean {
		t.Error("the store ends unclean before anything is given up")
	}
}
