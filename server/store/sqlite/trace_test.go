package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
)

// TestTraceOfEarlierRelease opens a store that an earlier release has written: what that
// made has no trace, and what is made from now on has.
func TestTraceOfEarlierRelease(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.db")
	s, err := openShop(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	version, wants, err := s.store.PlannedConnections(t.Context(), s.merchant.Key)
	if err != nil {
		t.Fatal(err)
	}
	place := trace.Place{Trace: [16]byte{1}, Span: [8]byte{2}, Flags: trace.Sampled}
	accept := func(in store.Store, id string) store.DeliveryID {
		t.Helper()
		receipt, err := in.Accept(t.Context(), store.Submission{
			MerchantKey: s.merchant.Key, ConfigVersion: version, Wants: wants, Now: time.Now(), Trace: place,
			Order: &store.OrderSubmission{OrderID: id, Body: []byte(id), Hash: []byte(id)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return receipt.Records[0].Deliveries[0].ID
	}
	before := accept(s.store, "before")
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, path, "ALTER TABLE delivery DROP COLUMN trace")
	execute(t, path, "ALTER TABLE tracking DROP COLUMN voided")
	execute(t, path, "ALTER TABLE delivery DROP COLUMN covers")
	execute(t, path, "DELETE FROM goose_db_version WHERE version_id > 1")

	reopened := openAt(t, path)
	t.Cleanup(func() { _ = reopened.Close() })
	after := accept(reopened, "after")
	for id, want := range map[store.DeliveryID]trace.Place{before: {}, after: place} {
		d, err := reopened.DeliveryByID(t.Context(), id)
		if err != nil || d.Trace != want {
			t.Errorf("order %s has trace %s, %v; want %s", d.OrderID, d.Trace, err, want)
		}
	}
}
