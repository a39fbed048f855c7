package sqlite

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// TestChains: whatever was folded when the store ended, all lists are whole afterwards,
// in pages of any size.
func TestChains(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: not for secrets.
	path := filepath.Join(t.TempDir(), "spurline.db")
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	shops := openShops(t, s, 30)
	for range 8 {
		foldSoon(s)
		for i := range 50 {
			submission := shops[random.IntN(len(shops))]
			submission.Now = time.Now().Add(-time.Duration(random.IntN(5)) * time.Second)
			submission.Order = &store.OrderSubmission{
				OrderID: fmt.Sprint("order-", random.IntN(20)), Hash: []byte{byte(i)}, Body: []byte("order"),
			}
			if _, err := s.Accept(t.Context(), submission); err != nil {
				t.Fatal(err)
			}
		}
		wantLists(t, s, shops, 1+random.IntN(5))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = Open(t.Context(), Options{Path: path}); err != nil {
			t.Fatal(err)
		}
		wantLists(t, s, shops, 1+random.IntN(5))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestChainWhosePageIsGone: the row that a page begins after may be gone when the page
// is asked for.
func TestChainWhosePageIsGone(t *testing.T) {
	t.Parallel()
	s := opened(t)
	shop := openShop(t, s)
	var made []store.DeliveryID
	for i := range 5 {
		id, err := s.submit(t, shop, fmt.Sprint("order-", i), 10)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, id)
	}
	const farAhead = 1000 // No row has such an id.
	filter := store.DeliveryFilter{MerchantKey: shop.MerchantKey}
	got := ids(t, s, filter, store.Page{After: int64(made[4]) + farAhead, Limit: 2})
	if !slices.Equal(got, []store.DeliveryID{made[4], made[3]}) {
		t.Errorf("list = %v, want the last two of %v, the last first", got, made)
	}
}

// TestWalkTakesWhatItNeeds: a page of a long chain reads no more of it than the page.
func TestWalkTakesWhatItNeeds(t *testing.T) {
	t.Parallel()
	s := opened(t)
	err := s.read(t.Context(), func(conn *sqlite.Conn) error {
		// A chain of one row that names itself never ends.
		q := start(conn, `WITH RECURSIVE delivery (id, before_connection) AS (VALUES (7, 7)) SELECT * FROM (`+
			connectionChain.walk()+`SELECT id FROM chain WHERE id > ?3 LIMIT ?4)`, 7, 1, 0, 3)
		count := 0
		for q.next() {
			count++
		}
		if count != 3 {
			t.Errorf("%d rows, want 3", count)
		}
		return q.done()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ids(t *testing.T, s *Store, filter store.DeliveryFilter, page store.Page) (ids []store.DeliveryID) {
	t.Helper()
	deliveries, err := s.Deliveries(t.Context(), filter, page)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deliveries {
		ids = append(ids, d.ID)
	}
	return ids
}

// wantLists compares all lists with the tables.
func wantLists(t *testing.T, s *Store, shops []store.Submission, limit int) {
	t.Helper()
	for _, shop := range shops {
		connection := shop.Wants[0].Connection
		for filter, text := range map[store.DeliveryFilter]string{
			{MerchantKey: shop.MerchantKey}:                         `SELECT id FROM delivery WHERE merchant = ?`,
			{MerchantKey: shop.MerchantKey, Connection: connection}: `SELECT id FROM delivery WHERE connection = ?`,
		} {
			owner := shop.MerchantKey
			if filter.Connection != 0 {
				owner = connection
			}
			var got []int64
			for page := (store.Page{Limit: limit}); ; {
				found := ids(t, s, filter, page)
				for _, id := range found {
					got = append(got, int64(id))
				}
				if len(found) < limit {
					break
				}
				page.After = got[len(got)-1]
			}
			wantIDs(t, s, got, text+` ORDER BY id DESC`, owner)
		}
		var got []int64
		for page := (store.Page{Limit: limit}); ; {
			found, err := s.Orders(t.Context(), store.OrderFilter{MerchantKey: shop.MerchantKey}, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, order := range found {
				got = append(got, order.LastChange)
			}
			if len(found) < limit {
				break
			}
			page.After = got[len(got)-1]
		}
		wantIDs(t, s, got, `SELECT last_change FROM orders WHERE merchant = ? ORDER BY last_change DESC`, shop.MerchantKey)
	}
}

func wantIDs(t *testing.T, s *Store, got []int64, text string, owner int64) {
	t.Helper()
	var want []int64
	err := s.read(t.Context(), func(conn *sqlite.Conn) error {
		q := start(conn, text, owner)
		for q.next() {
			want = append(want, q.int())
		}
		return q.done()
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s for %d: list = %v, want %v", text, owner, got, want)
	}
}
