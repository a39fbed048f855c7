package sdk

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

type closer struct{ closed atomic.Int32 }

func (c *closer) Close() error {
	c.closed.Add(1)
	return nil
}

func TestIdleInstanceIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		value, made := &closer{}, 0
		o := newInstances(slog.New(slog.DiscardHandler), func(*pluginv1.Connection, origin) (any, []Fault) {
			made++
			return value, nil
		})
		c := &pluginv1.Connection{Uid: "c", Generation: 1}
		use := func() { o.release("c", o.acquire(c)) }
		use()
		time.Sleep(idleAfter - time.Second) //nolint:forbidigo // The clock is the test's.
		use()
		time.Sleep(idleAfter - time.Second) //nolint:forbidigo // The clock is the test's.
		synctest.Wait()
		if made != 1 || value.closed.Load() != 0 {
			t.Fatalf("in use: %d made, %d closed", made, value.closed.Load())
		}
		time.Sleep(2 * time.Second) //nolint:forbidigo // The clock is the test's.
		synctest.Wait()
		if value.closed.Load() != 1 || len(o.newest) != 0 || len(o.states) != 0 {
			t.Fatalf("idle: %d closed", value.closed.Load())
		}
		use()
		if made != 2 {
			t.Errorf("%d made", made)
		}
		o.closeAll()
		use() // A late call still gets an instance, for itself.
		if made != 3 || value.closed.Load() != 3 {
			t.Errorf("at the end: %d made, %d closed", made, value.closed.Load())
		}
	})
}

func TestLateGenerationDoesNotReplaceTheNewOne(t *testing.T) {
	t.Parallel()
	made := map[uint64]*closer{}
	o := newInstances(slog.New(slog.DiscardHandler), func(c *pluginv1.Connection, _ origin) (any, []Fault) {
		made[c.GetGeneration()] = &closer{}
		return made[c.GetGeneration()], nil
	})
	for _, generation := range []uint64{2, 1, 2} {
		o.release("c", o.acquire(&pluginv1.Connection{Uid: "c", Generation: generation}))
	}
	if len(made) != 2 || made[1].closed.Load() != 1 || made[2].closed.Load() != 0 {
		t.Errorf("made %d", len(made))
	}
	o.closeAll()
}

func TestConnectionState(t *testing.T) {
	t.Parallel()
	s := &connectionState{}
	see := func(want string) {
		t.Helper()
		if got := string(s.get()); got != want {
			t.Errorf("sees %q instead of %q", got, want)
		}
	}
	s.receive([]byte("a"))
	see("a")
	s.set([]byte("b"))
	s.receive([]byte("a")) // Of a call from before.
	see("b")
	if value, ok := s.take(); !ok || string(value) != "b" {
		t.Errorf("sends %q", value)
	}
	s.receive([]byte("a"))
	see("b")
	s.putBack() // It did not get out.
	if value, ok := s.take(); !ok || string(value) != "b" {
		t.Errorf("sends %q", value)
	}
	s.receive([]byte("c")) // Another replica's.
	see("c")
	if _, ok := s.take(); ok {
		t.Error("sends what it received")
	}
}

func TestSendPutsStateBack(t *testing.T) {
	t.Parallel()
	s := &connectionState{}
	s.set([]byte("token"))
	broken := errors.New("broken")
	err := send([]answer{{&pluginv1.DeliveryResult{}, s}},
		func([]*pluginv1.DeliveryResult) error { return broken })
	if _, again := s.take(); !errors.Is(err, broken) || !again {
		t.Errorf("%v, again %v", err, again)
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	c := newCalls()
	done, err := c.begin()
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.drain(ended); err == nil {
		t.Error("drained with a call under way")
	}
	if _, err := c.begin(); err == nil {
		t.Error("began while draining")
	}
	done()
	if err := c.drain(t.Context()); err != nil {
		t.Error(err)
	}
}
