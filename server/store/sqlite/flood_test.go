package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// TestFlood: behind 10,000 submissions of one merchant, another one's is in the
// next commit, and so is an outcome. What does not find room is told so, and all
// the others are kept (promise P5).
func TestFlood(t *testing.T) {
	t.Parallel()
	const flood = 10_000
	s := opened(t)
	shops := openShops(t, s, 2)
	flooder, other := shops[0], shops[1]
	h := hold(t, s)
	answers := make(chan error, flood)
	var running sync.WaitGroup
	for i := range flood {
		running.Go(func() {
			_, err := s.submit(t, flooder, fmt.Sprint("flood-", i), 10)
			answers <- err
		})
	}
	most := defaultBounds.merchant.items
	for s.Stats().Waiting+int(s.Stats().Refused.Busy) < flood {
		runtime.Gosched() // Nothing tells of a queue that is full.
	}

	// Which commit they are in is asked inside it: the flood goes on behind them.
	before := s.Stats().Commits
	late := make([]int64, 2)
	h.start(func() error {
		submission := other
		submission.Order, submission.Now = content("mine"), time.Now()
		return s.writer.accept(t.Context(), other.MerchantKey, 0, func(tx *tx) error {
			late[0] = s.Stats().Commits - before
			_, err := tx.accept(submission)
			return err
		})
	})
	h.start(func() error {
		return s.writer.write(t.Context(), 0, func(*tx) error {
			late[1] = s.Stats().Commits - before
			return nil
		})
	})
	if err := errors.Join(h.errors()...); err != nil {
		t.Error(err)
	}
	for i, what := range []string{"the other merchant's order", "the outcome"} {
		if late[i] > 1 { // The one that kept the writer busy is counted too.
			t.Errorf("%s waited for %d commits", what, late[i])
		}
	}
	running.Wait()
	close(answers)
	kept := 0
	for err := range answers {
		switch {
		case err == nil:
			kept++
		case !errors.Is(err, store.ErrBusy):
			t.Errorf("a submission of the flood: %v, want ErrBusy", err)
		}
	}
	if got := s.Stats(); kept != most || got.Waiting != 0 || got.OpenDeliveries != int64(most+1) {
		t.Errorf("%d of the flood were kept, %d may wait; %+v", kept, most, got)
	}
}

func content(orderID string) *store.OrderSubmission {
	return &store.OrderSubmission{OrderID: orderID, Hash: []byte("a"), Body: []byte("a")}
}

// TestBacklogExact moves deliveries in every way, also in commits that are rolled
// back: the number in memory stays that of the totals (promise P2).
func TestBacklogExact(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.db")
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	shops := openShops(t, s, 2)
	open := map[int64]int64{}
	check := func(what string) {
		t.Helper()
		err := s.writer.write(t.Context(), 0, func(tx *tx) error {
			current, _, owners, err := readTally(tx.conn)
			if err != nil {
				return err
			}
			stored := newBacklog(current, owners, backlogLimits{})
			all := int64(0)
			for _, shop := range shops {
				key := shop.MerchantKey
				all += open[key]
				if got := tx.w.backlog.merchants[key]; got != open[key] || stored.merchants[key] != open[key] {
					t.Errorf("%s: merchant %d has %d open, %d stored, want %d",
						what, key, got, stored.merchants[key], open[key])
				}
			}
			if tx.w.backlog.all != all || s.Stats().OpenDeliveries != all {
				t.Errorf("%s: %d are open, want %d", what, tx.w.backlog.all, all)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var ids []store.DeliveryID
	for i := range 6 {
		id, err := s.submit(t, shops[i%2], fmt.Sprint("order-", i), 10)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		open[shops[i%2].MerchantKey]++
	}
	check("submitted")

	h := hold(t, s)
	engine := errors.New("disk on fire")
	for i, shop := range shops {
		submission := shop
		submission.Order, submission.Now = content(fmt.Sprint("x", i)), time.Now()
		h.queue(t.Context(), func(tx *tx) error { _, err := tx.accept(submission); return err })
		h.queue(t.Context(), func(tx *tx) error { _, err := tx.accept(submission); return errors.Join(err, engine) })
		open[shop.MerchantKey]++
	}
	_ = h.errors()
	if s.Stats().Bisections == 0 {
		t.Error("nothing was rolled back")
	}
	check("rolled back")

	now := time.Now()
	if err := s.Complete(t.Context(), []store.Completion{
		{ID: ids[0], State: store.Failed, Sends: 1, Now: now},
		{ID: ids[2], State: store.Delivered, Sends: 1, Now: now},
		{ID: ids[1], State: store.Pending, Sends: 1, Now: now},
		{ID: ids[3], State: store.Skipped, Sends: 1, Now: now},
	}); err != nil {
		t.Fatal(err)
	}
	open[shops[0].MerchantKey] -= 2
	open[shops[1].MerchantKey]--
	check("completed")
	if err := errors.Join(
		s.RetryDelivery(t.Context(), ids[0], now), s.CancelDelivery(t.Context(), ids[1], now),
	); err != nil {
		t.Fatal(err)
	}
	open[shops[0].MerchantKey]++
	open[shops[1].MerchantKey]--
	check("retried and cancelled")

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	check("opened again")
	if _, err := s.DeleteConnection(t.Context(), shops[0].Wants[0].Connection, 0, true, now); err != nil {
		t.Fatal(err)
	}
	open[shops[0].MerchantKey] = 0
	check("deleted")
}

// TestRefusalsCostNoCommit: what is refused for its backlog fails alone, also a
// merchant's first submission, and the commit is not tried again.
func TestRefusalsCostNoCommit(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "s.db"), BacklogLimit: 4, BacklogShare: 50})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	shops := openShops(t, s, 4)
	for i := range 4 {
		if _, err := s.submit(t, shops[i%2], fmt.Sprint("order-", i), 10); err != nil {
			t.Fatal(err)
		}
	}
	h := hold(t, s)
	for i, shop := range shops {
		h.start(func() error { _, err := s.submit(t, shop, fmt.Sprint("more-", i), 10); return err })
	}
	answers := h.errors()
	want := []error{store.ErrMerchantBacklog, store.ErrMerchantBacklog}
	for i, want := range want {
		if !errors.Is(answers[i], want) {
			t.Errorf("merchant %d: %v, want %v", i, answers[i], want)
		}
	}
	// A quarter over the limit one more fits, whichever of the two came first.
	if (answers[2] == nil) == (answers[3] == nil) || !errors.Is(errors.Join(answers[2:]...), store.ErrBacklog) {
		t.Errorf("those with nothing waiting: %v, want one kept and one ErrBacklog", answers[2:])
	}
	got := s.Stats()
	if got.Bisections != 0 || got.Refused != (Refused{MerchantBacklog: 2, Backlog: 1}) || got.OpenDeliveries != 5 {
		t.Errorf("got %+v", got)
	}
	var used int64
	err = s.read(context.Background(), func(conn *sqlite.Conn) (err error) {
		used, err = readInt(conn, `SELECT sum(used) FROM merchant`)
		return err
	})
	if err != nil || used != 3 {
		t.Errorf("%d merchants count as used, %v, want 3", used, err)
	}
}
