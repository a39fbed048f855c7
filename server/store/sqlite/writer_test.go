package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// opened is a new store, which is closed with the test.
func opened(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "s.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// held is writes that wait behind one that keeps the writer busy, so that they
// share the next commit.
type held struct {
	s       *Store
	release chan struct{}
	answers []chan error
}

func hold(t *testing.T, s *Store) *held {
	t.Helper()
	h := &held{s: s, release: make(chan struct{})}
	busy := make(chan struct{})
	go func() {
		_ = s.writer.write(context.Background(), 0, func(*tx) error {
			close(busy)
			<-h.release
			return nil
		})
	}()
	<-busy
	return h
}

// queue queues a write and waits until it is in the queue.
func (h *held) queue(ctx context.Context, work func(t *tx) error) {
	h.start(func() error { return h.s.writer.write(ctx, 0, work) })
}

// start is queue for a call that queues one write.
func (h *held) start(call func() error) {
	answer := make(chan error, 1)
	h.answers = append(h.answers, answer)
	want := h.queued() + 1
	go func() { answer <- call() }()
	for h.queued() < want {
		runtime.Gosched() // Nothing tells of a queue that grew.
	}
}

func (h *held) queued() int {
	h.s.writer.mu.Lock()
	defer h.s.writer.mu.Unlock()
	return h.s.writer.queue.len()
}

// errors lets the writes go and returns their answers.
func (h *held) errors() []error {
	close(h.release)
	answers := make([]error, len(h.answers))
	for i, answer := range h.answers {
		answers[i] = <-answer
	}
	return answers
}

func note(name string) func(t *tx) error {
	return func(t *tx) error {
		return t.run(`INSERT INTO meta (name, value) VALUES (?, 1)`, name)
	}
}

func (s *Store) noted(t *testing.T, name string) bool {
	t.Helper()
	var value int64
	err := s.read(t.Context(), func(conn *sqlite.Conn) (err error) {
		value, err = meta(conn, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return value == 1
}

// TestBisect has items of one commit fail in every way: each fails its own caller,
// and the others are kept (promise P1).
func TestBisect(t *testing.T) {
	t.Parallel()
	s := opened(t)
	h := hold(t, s)
	engine := errors.New("disk on fire")
	faults := map[int]struct {
		work func(t *tx) error
		want error
	}{
		3: {func(*tx) error { return engine }, engine},
		7: {func(t *tx) error { return errors.Join(note("7")(t), engine) }, engine},
		8: {func(*tx) error { return store.ErrVersion }, store.ErrVersion},
		9: {func(t *tx) error { return errors.Join(note("9")(t), store.ErrWrongState) }, store.ErrWrongState},
	}
	for i := range 12 {
		work := note(fmt.Sprint(i))
		if fault, ok := faults[i]; ok {
			work = fault.work
		}
		h.queue(t.Context(), work)
	}
	h.queue(t.Context(), func(t *tx) error { return t.run(`INSERT INTO nowhere VALUES (1)`) })
	answers := h.errors()
	for i, err := range answers[:12] {
		if !errors.Is(err, faults[i].want) {
			t.Errorf("item %d: error is %v, want %v", i, err, faults[i].want)
		}
		if kept := s.noted(t, fmt.Sprint(i)); kept != (faults[i].want == nil) {
			t.Errorf("item %d: kept is %t", i, kept)
		}
	}
	if answers[12] == nil {
		t.Error("a statement on a table that does not exist has not failed")
	}
	if err := s.writer.write(t.Context(), 0, note("later")); err != nil {
		t.Errorf("write afterwards: %v", err)
	}
}

// TestExpired has callers give up while they wait: their work is not done.
func TestExpired(t *testing.T) {
	t.Parallel()
	s := opened(t)
	h := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	h.queue(ctx, note("expired"))
	h.queue(t.Context(), note("kept"))
	cancel()
	if err := <-h.answers[0]; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want it cancelled before the writer is free", err)
	}
	h.answers = h.answers[1:]
	if err := h.errors()[0]; err != nil {
		t.Error(err)
	}
	if s.noted(t, "expired") || !s.noted(t, "kept") {
		t.Error("the expired write was done, or the other one was not")
	}
}

// TestFieldsOfOneCommit records names of extra fields from several submissions of
// one commit, for a merchant whose names are cached and one whose are not.
func TestFieldsOfOneCommit(t *testing.T) {
	t.Parallel()
	for _, cached := range []bool{false, true} {
		t.Run(fmt.Sprint("cached ", cached), func(t *testing.T) {
			t.Parallel()
			s := opened(t)
			merchant, err := s.CreateMerchant(t.Context(), store.Merchant{ID: "m", CreateTime: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			record := func(from, to int) func(t *tx) error {
				return func(t *tx) error {
					var names []store.ExtraField
					for i := from; i < to; i++ {
						names = append(names, store.ExtraField{Source: "s", Level: store.OrderField, Name: fmt.Sprint(i)})
					}
					return t.noteFields(merchant.Key, append(names, names...), time.Now())
				}
			}
			if cached {
				if err := s.writer.write(t.Context(), 0, record(0, 10)); err != nil {
					t.Fatal(err)
				}
			}
			count := func(want int) {
				t.Helper()
				got, err := s.ExtraFields(t.Context(), merchant.Key)
				if err != nil || len(got) != want {
					t.Errorf("%d names are recorded, want %d; error %v", len(got), want, err)
				}
			}
			h := hold(t, s)
			h.queue(t.Context(), record(0, 300))
			h.queue(t.Context(), record(200, 600))
			if err := errors.Join(h.errors()...); err != nil {
				t.Fatal(err)
			}
			count(600)
			h = hold(t, s)
			h.queue(t.Context(), record(500, 900))
			h.queue(t.Context(), record(900, 1900))
			if err := errors.Join(h.errors()...); err != nil {
				t.Fatal(err)
			}
			count(store.MaxExtraFields)
		})
	}
}

// TestSecretsErased looks at the row of a deleted connection (promise P8).
func TestSecretsErased(t *testing.T) {
	t.Parallel()
	s := opened(t)
	merchant, err := s.CreateMerchant(t.Context(), store.Merchant{ID: "m", CreateTime: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.CreateConnection(t.Context(), store.Connection{
		MerchantKey: merchant.Key, ID: "c", Secrets: []byte("sealed"), CreateTime: time.Now(),
		SecretTimes: map[string]time.Time{"key": time.Now()},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.SetPluginState(t.Context(), store.PluginStateChange{Connection: c.Key, Generation: 1, State: []byte("state")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteConnection(t.Context(), c.Key, 0, false, time.Now()); err != nil {
		t.Fatal(err)
	}
	err = s.read(t.Context(), func(conn *sqlite.Conn) error {
		q := start(conn, `SELECT secrets, plugin_state, secret_times FROM connection WHERE key = ?`, c.Key)
		return one(q, func() {
			if secrets, state, times := q.bytes(), q.bytes(), q.text(); secrets != nil || state != nil || times != "{}" {
				t.Errorf("left are secrets %q, state %q, times %s", secrets, state, times)
			}
		})
	})
	if err != nil {
		t.Error(err)
	}
}
