package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// Totals count what is noted and what is folded, and outlive a restart, while
// notes never grow beyond their bound.
func TestTotalsAreNotedAndFolded(t *testing.T) {
	t.Parallel()
	s := opened(t)
	shop := openShop(t, s)
	connection := shop.Wants[0].Connection
	check := func(made int64) {
		t.Helper()
		totals, err := s.ConnectionTotals(t.Context(), connection)
		if err != nil || totals.Made != made {
			t.Fatalf("%d deliveries made, %v; want %d", totals.Made, err, made)
		}
	}
	if _, err := s.submit(t, shop, "order-1", 10); err != nil {
		t.Fatal(err)
	}
	if notes(t, s) == 0 {
		t.Fatal("the commit noted nothing")
	}
	check(1)
	setUnfolded(t, s, foldAfter)
	if _, err := s.submit(t, shop, "order-2", 10); err != nil {
		t.Fatal(err)
	}
	if n := notes(t, s); n != 0 {
		t.Errorf("%d notes are left after the fold", n)
	}
	check(2)
	if _, err := s.submit(t, shop, "order-3", 10); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), Options{Path: s.path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	totals, err := again.ConnectionTotals(t.Context(), connection)
	if err != nil || totals.Made != 3 {
		t.Errorf("%d deliveries made after a restart, %v; want 3", totals.Made, err)
	}
}

// A commit that is rolled back notes nothing.
func TestTotalsOfARefusedCommit(t *testing.T) {
	t.Parallel()
	s := opened(t)
	shop := openShop(t, s)
	before := notes(t, s)
	refused := errors.New("refused after it wrote")
	err := s.writer.write(t.Context(), 0, func(tx *tx) error {
		tx.count(shop.MerchantKey, shop.Wants[0].Connection, 0, store.Pending)
		return errors.Join(tx.run(`UPDATE merchant SET used = 1`), refused)
	})
	if !errors.Is(err, refused) || notes(t, s) != before {
		t.Errorf("%d notes instead of %d, %v", notes(t, s), before, err)
	}
}

// What stands in a note is read as it was written, and a torn one is an error.
func TestNotesOfTotals(t *testing.T) {
	t.Parallel()
	want := totalsChanges{
		7:       {store.Totals{Made: 3, Delivered: 1, Present: 1, Failed: -2}, 1 << 60},
		1 << 40: {store.Totals{Skipped: 1 << 33, Superseded: 5, Cancelled: 6}, 0},
	}
	raw := want.encode()
	got := totalsChanges{}
	if err := errors.Join(got.add(raw, 0), got.add(raw, 7)); err != nil {
		t.Fatal(err)
	}
	want[7].add(want[7])
	for connection, totals := range want {
		if *got.of(connection) != *totals {
			t.Errorf("connection %d: %+v, want %+v", connection, *got.of(connection), *totals)
		}
	}
	whole := 0
	for n := range raw {
		if (totalsChanges{}).add(raw[:n], 0) == nil {
			whole++
		}
	}
	if whole != 2 { // Nothing at all, and the first connection.
		t.Errorf("%d beginnings of the note are read, want 2", whole)
	}
}

func notes(t *testing.T, s *Store) int64 {
	t.Helper()
	conn, err := sqlite.OpenConn(filepath.Clean(s.path), sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	n, err := readInt(conn, `SELECT count(*) FROM totals_change`)
	if err = errors.Join(err, conn.Close()); err != nil {
		t.Fatal(fmt.Errorf("count notes: %w", err))
	}
	return n
}

func setUnfolded(t *testing.T, s *Store, n int) {
	t.Helper()
	if err := s.writer.write(t.Context(), 0, func(tx *tx) error {
		tx.w.unfolded = n
		tx.unfolded = n
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
