package sqlite

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/spurline/spurline/server/store"
)

// openShop makes a merchant with a connection that takes orders.
func openShop(t *testing.T, s *Store) store.Submission {
	t.Helper()
	return openShops(t, s, 1)[0]
}

func openShops(t *testing.T, s *Store, count int) []store.Submission {
	t.Helper()
	shops := make([]store.Submission, 0, count)
	for i := range count {
		shops = append(shops, shopOf(t, s, fmt.Sprint("acme-", i)))
	}
	return shops
}

func shopOf(t *testing.T, s *Store, id string) store.Submission {
	t.Helper()
	merchant, err := s.CreateMerchant(t.Context(), store.Merchant{ID: id, CreateTime: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.CreateConnection(t.Context(), store.Connection{
		MerchantKey: merchant.Key, ID: "copy", State: store.Active, Check: store.Untested,
		Takes: store.Takes{Orders: true}, CreateTime: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	version, wants, err := s.PlannedConnections(t.Context(), merchant.Key)
	if err != nil {
		t.Fatal(err)
	}
	return store.Submission{MerchantKey: merchant.Key, ConfigVersion: version, Wants: wants}
}

func (s *Store) submit(t *testing.T, submission store.Submission, id string, size int) (store.DeliveryID, error) {
	t.Helper()
	submission.Order = &store.OrderSubmission{OrderID: id, Hash: []byte(id), Body: make([]byte, size)}
	submission.Now = time.Now()
	receipt, err := s.Accept(t.Context(), submission)
	if err != nil {
		return 0, err
	}
	return receipt.Records[0].Deliveries[0].ID, nil
}

// TestFull fills the engine until it has no room. What it refused it has not kept,
// what it accepted it has, and with room again it goes on (promise P2).
func TestFull(t *testing.T) {
	t.Parallel()
	s := opened(t)
	shop := openShop(t, s)
	limit := func(pages int) {
		t.Helper()
		err := s.writer.write(t.Context(), 0, func(tx *tx) error {
			_, err := readInt(tx.conn, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(120)
	accepted := 0
	var full error
	for full == nil {
		if _, full = s.submit(t, shop, fmt.Sprint("order-", accepted), 8<<10); full == nil {
			accepted++
		}
	}
	if !errors.Is(full, store.ErrFull) || accepted == 0 {
		t.Fatalf("after %d orders the error is %v, want ErrFull", accepted, full)
	}
	_, err := s.OrderByID(t.Context(), shop.MerchantKey, fmt.Sprint("order-", accepted))
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the refused order: %v, want ErrNotFound", err)
	}
	totals, err := s.ConnectionTotals(t.Context(), shop.Wants[0].Connection)
	if err != nil || totals.Made != int64(accepted) {
		t.Errorf("%d deliveries of %d orders, %v", totals.Made, accepted, err)
	}
	limit(10_000)
	if _, err := s.submit(t, shop, "later", 8<<10); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// TestReserve: with little space left on the disk submissions are refused and
// outcomes are still written down (promise P2).
func TestReserve(t *testing.T) {
	t.Parallel()
	s := opened(t)
	shop := openShop(t, s)
	free := uint64(defaultReserve)
	look := func(bytes uint64) {
		t.Helper()
		err := s.writer.write(t.Context(), 0, func(tx *tx) error {
			free = bytes
			tx.w.room.free = func(string) (uint64, error) { return free, nil }
			tx.w.room.looked = time.Time{}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	id, err := s.submit(t, shop, "order-1", 10)
	if err != nil {
		t.Fatal(err)
	}
	look(defaultReserve - 1)
	if _, err := s.submit(t, shop, "order-2", 10); !errors.Is(err, store.ErrFull) {
		t.Errorf("submission below the reserve: %v, want ErrFull", err)
	}
	err = s.Complete(t.Context(), []store.Completion{{ID: id, State: store.Delivered, Sends: 1, Now: time.Now()}})
	if err != nil {
		t.Errorf("outcome below the reserve: %v", err)
	}
	look(defaultReserve)
	if _, err := s.submit(t, shop, "order-2", 10); err != nil {
		t.Errorf("submission with room again: %v", err)
	}
}

// TestCommitNotConfirmed: after a commit of unknown fate nothing is answered with
// success any more, and the process is told to end (promise P1).
func TestCommitNotConfirmed(t *testing.T) {
	t.Parallel()
	s := opened(t)
	// A deferred constraint is what makes COMMIT itself fail without a broken disk. The
	// connection is the writer's from the first write on.
	if err := run(s.writer.conn, `PRAGMA foreign_keys = ON`); err != nil {
		t.Fatal(err)
	}
	shop := openShop(t, s)
	if _, err := s.submit(t, shop, "order-1", 10); err != nil {
		t.Fatal(err)
	}
	err := s.writer.write(t.Context(), 0, func(tx *tx) error {
		return errors.Join(run(tx.conn, `PRAGMA defer_foreign_keys = ON`),
			tx.run(`INSERT INTO totals VALUES (12345, 0, 0, 0, 0, 0, 0, 0, 0, 0)`))
	})
	if err == nil {
		t.Fatal("the write was confirmed")
	}
	if _, err := s.submit(t, shop, "order-2", 10); err == nil {
		t.Error("a later write was confirmed")
	}
	select {
	case err := <-s.Failed():
		if err == nil {
			t.Error("Failed yields no error")
		}
	default:
		t.Error("nobody is told")
	}
	if _, err := s.OrderByID(t.Context(), shop.MerchantKey, "order-1"); err != nil {
		t.Errorf("what was confirmed before: %v", err)
	}
}
