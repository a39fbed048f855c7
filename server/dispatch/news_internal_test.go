package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spurline/spurline/server/store"
)

// pausedStore has one connection, which is paused, and tells whether its lane is read.
type pausedStore struct {
	Store

	read bool
}

func (*pausedStore) Room() error { return nil }

func (*pausedStore) ConnectionByKey(context.Context, int64) (store.Connection, error) {
	return store.Connection{Key: 7, Plugin: "scripted", State: store.Paused}, nil
}

func (s *pausedStore) DueDeliveries(_ context.Context, queries []store.DueQuery) ([]store.DueReading, error) {
	s.read = true
	return make([]store.DueReading, len(queries)), nil
}

// TestPauseIsHeardBeforeItsOutcome: the refusal that pauses a lane does not have it go
// once more (promise P6). Which of two channels a select takes is up to chance.
func TestPauseIsHeardBeforeItsOutcome(t *testing.T) {
	t.Parallel()
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			kept := &pausedStore{}
			d := New(Options{Store: kept, Plugins: readyPlugins{}})
			d.written, d.calls = make(chan []writtenOutcome, 1), t.Context()
			l := newLoop(d)
			lane := l.lane(7)
			lane.connection = &store.Connection{Key: 7, Plugin: "scripted", State: store.Active}
			lane.underWay[1], l.underWay = underWay{account: l.accountOf(lane)}, 1
			d.Changed([]int64{7})
			d.written <- []writtenOutcome{{connection: 7, id: 1, due: time.Now()}}
			ctx, stop := context.WithCancel(t.Context())
			go l.run(ctx)
			synctest.Wait()
			stop()
			synctest.Wait()
			if kept.read {
				t.Fatal("the lane was read for as it was before the pause")
			}
		})
	}
}

// TestChangeThatCannotBeRead is not forgotten: the lane reads its connection again before
// it goes as it was (promise P6).
func TestChangeThatCannotBeRead(t *testing.T) {
	t.Parallel()
	l := newLoop(New(Options{Plugins: readyPlugins{}, Logger: slog.New(slog.DiscardHandler)}))
	lane := l.lane(7)
	lane.connection = &store.Connection{Key: 7, Plugin: "scripted", State: store.Active}
	l.hear(news{changed: map[int64]struct{}{7: {}}})
	failed := l.admit(l.later.due(time.Now()), time.Now())
	failed.err = errors.New("no disk")
	l.take(failed, false)
	if again := l.admit(lane, time.Now()); again == nil || again.known != nil {
		t.Error("the lane goes as it was before the change")
	}
}
