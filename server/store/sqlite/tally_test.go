package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// foldSoon has foldings begin after few changes.
func foldSoon(s *Store) { s.writer.folding.changes, s.writer.folding.notes = 30, 8 }

// TestTally: totals and chains are those of the rows after each start, however far a
// folding was, and notes never grow beyond their bound.
func TestTally(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 3)) //nolint:gosec // G404: not for secrets.
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "spurline.db")})
	if err != nil {
		t.Fatal(err)
	}
	shops := openShops(t, s, 40)
	most := int64(0)
	for range 12 {
		foldSoon(s)
		for range 10 + random.IntN(60) {
			shop := shops[random.IntN(len(shops))]
			shop.Now = time.Now()
			shop.Order = &store.OrderSubmission{
				OrderID: fmt.Sprint(random.IntN(9)), Hash: fmt.Append(nil, random.Int()), Body: []byte("order"),
			}
			receipt, err := s.Accept(t.Context(), shop)
			if err != nil {
				t.Fatal(err)
			}
			state := []store.DeliveryState{store.Delivered, store.Skipped, store.Failed}[random.IntN(3)]
			err = s.Complete(t.Context(), []store.Completion{{
				ID: receipt.Records[0].Deliveries[0].ID, State: state, Sends: 1, Now: time.Now(),
			}})
			if err != nil {
				t.Fatal(err)
			}
			most = max(most, notes(t, s))
		}
		if err := s.read(t.Context(), compareTally); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = Open(t.Context(), Options{Path: s.path}); err != nil {
			t.Fatal(err)
		}
		if err := s.read(t.Context(), compareTally); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if most == 0 || most > 40 {
		t.Errorf("there were up to %d notes, want some and no more than two foldings have", most)
	}
}

// TestTallyInACommit: a connection with a delivery that the same commit made is in use.
func TestTallyInACommit(t *testing.T) {
	t.Parallel()
	s := opened(t)
	shop := openShop(t, s)
	connection := shop.Wants[0].Connection
	err := s.writer.write(t.Context(), 0, func(tx *tx) error {
		tx.count(shop.MerchantKey, connection, 0, store.Pending)
		if totals := tx.totalsOf(connection); totals.Open() != 1 {
			t.Errorf("totals in the commit are %+v, want one open", totals)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A commit that is rolled back notes nothing.
func TestTallyOfARefusedCommit(t *testing.T) {
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
	if totals, err := s.ConnectionTotals(t.Context(), shop.Wants[0].Connection); err != nil || totals.Made != 0 {
		t.Errorf("totals are %+v, %v", totals, err)
	}
}

// What stands in a note is read as it was written, and a torn one is an error.
func TestNotes(t *testing.T) {
	t.Parallel()
	want := newTally()
	want.totals[7] = &store.Totals{Made: 3, Delivered: 1, Present: 1, Failed: -2}
	want.totals[1<<40] = &store.Totals{Skipped: 1 << 33, Superseded: 5, Cancelled: 6}
	want.deliveries[7] = 1 << 60
	want.orders[9] = 1 << 61
	raw, orders := encodeTotals(want), encodeOrders(want.orders)
	got := newTally()
	if err := errors.Join(got.decodeTotals(raw), got.decodeOrders(orders)); err != nil {
		t.Fatal(err)
	}
	for connection, totals := range want.totals {
		if *got.totals.of(connection) != *totals || got.deliveries[connection] != want.deliveries[connection] {
			t.Errorf("connection %d: %+v, want %+v", connection, *got.totals.of(connection), *totals)
		}
	}
	if len(got.orders) != 1 || got.orders[9] != 1<<61 {
		t.Errorf("orders are %v", got.orders)
	}
	for raw, decode := range map[string]func(tally, []byte) error{
		string(raw): tally.decodeTotals, string(orders): tally.decodeOrders,
	} {
		whole := 0
		for n := range len(raw) {
			if decode(newTally(), []byte(raw[:n])) == nil {
				whole++
			}
		}
		if most := 2; whole == 0 || whole > most { // Nothing at all, and the first of two.
			t.Errorf("%d beginnings of a note are read, want at most %d", whole, most)
		}
	}
}

func notes(t *testing.T, s *Store) (n int64) {
	t.Helper()
	err := s.read(t.Context(), func(conn *sqlite.Conn) (err error) {
		n, err = readInt(conn, `SELECT count(*) FROM note`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
