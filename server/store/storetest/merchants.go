package storetest

import (
	"errors"
	"fmt"

	"github.com/spurline/spurline/server/store"
)

func merchantTests() []test {
	return []test{
		{"CreateAndRead", createMerchant},
		{"Update", updateMerchant},
		{"Delete", deleteMerchant},
		{"List", listMerchants},
	}
}

func createMerchant(w *world) {
	id := "new-" + w.merchant.ID
	created, err := w.store.CreateMerchant(w.ctx, store.Merchant{ID: id, Title: "New", CreateTime: w.now()})
	w.must(err)
	w.same("created", created, store.Merchant{
		Key: created.Key, ID: id, Title: "New", Version: 1, ConfigVersion: 1,
		CreateTime: kept(w.clock), UpdateTime: kept(w.clock),
	})
	read, err := w.store.MerchantByID(w.ctx, id)
	w.must(err)
	w.same("read", read, created)
	_, err = w.store.CreateMerchant(w.ctx, store.Merchant{ID: id, CreateTime: w.now()})
	w.is("same id", err, store.ErrExists)
	_, err = w.store.MerchantByID(w.ctx, "nobody")
	w.is("unknown", err, store.ErrNotFound)
}

func updateMerchant(w *world) {
	w.connect("c", both())
	before, err := w.store.MerchantByID(w.ctx, w.merchant.ID)
	w.must(err)
	updated, err := w.store.UpdateMerchant(w.ctx, store.Merchant{
		Key: before.Key, ID: before.ID, Title: "Renamed", Version: before.Version, UpdateTime: w.now(),
	})
	w.must(err)
	want := before
	want.Title, want.Version, want.UpdateTime = "Renamed", before.Version+1, kept(w.clock)
	w.same("updated", updated, want)
	read, err := w.store.MerchantByID(w.ctx, w.merchant.ID)
	w.must(err)
	w.same("read", read, want)
	for _, version := range []int64{before.Version, 0} {
		want.Version = version
		_, err = w.store.UpdateMerchant(w.ctx, want)
		w.is(fmt.Sprint("version ", version), err, store.ErrVersion)
	}
	_, err = w.store.UpdateMerchant(w.ctx, store.Merchant{Key: 1 << 40, Version: 1})
	w.is("unknown", err, store.ErrNotFound)
}

func deleteMerchant(w *world) {
	key := w.connect("c", both())
	err := w.store.DeleteMerchant(w.ctx, w.merchant.Key, 0)
	w.is("with a connection", err, store.ErrInUse)
	if errors.Is(err, store.ErrHasRecords) {
		w.Errorf("with a connection alone: %v", err)
	}
	_, err = w.store.DeleteConnection(w.ctx, key, 0, false, w.now())
	w.must(err)
	w.is("other version", w.store.DeleteMerchant(w.ctx, w.merchant.Key, 9), store.ErrVersion)
	w.must(w.store.DeleteMerchant(w.ctx, w.merchant.Key, 1))
	_, err = w.store.MerchantByID(w.ctx, w.merchant.ID)
	w.is("deleted", err, store.ErrNotFound)
	w.is("deleted twice", w.store.DeleteMerchant(w.ctx, w.merchant.Key, 0), store.ErrNotFound)

	for name, submission := range map[string]store.Submission{
		"orders": order("o", "a"), "tracking": shipment("o", "a", "n"),
	} {
		w.settle()
		w.accept(submission)
		err := w.store.DeleteMerchant(w.ctx, w.merchant.Key, 0)
		w.is("with "+name, err, store.ErrInUse)
		w.is("with "+name, err, store.ErrHasRecords)
		w.connect("c", both())
		w.is("with a connection too", w.store.DeleteMerchant(w.ctx, w.merchant.Key, 0), store.ErrHasRecords)
	}
	_, err = w.store.CreateConnection(w.ctx, store.Connection{MerchantKey: 1 << 40, ID: "c"})
	w.is("connection of an unknown merchant", err, store.ErrNotFound)
	_, _, err = w.store.PlannedConnections(w.ctx, 1<<40)
	w.is("plan of an unknown merchant", err, store.ErrNotFound)
	_, err = w.store.Accept(w.ctx, store.Submission{MerchantKey: 1 << 40, Order: order("o", "a").Order, Now: w.now()})
	w.is("record of an unknown merchant", err, store.ErrConfigChanged)
}

func listMerchants(w *world) {
	want := []int64{w.merchant.Key}
	for range 4 {
		w.settle()
		want = append(want, w.merchant.Key)
	}
	var got []int64
	for after := want[0] - 1; ; {
		page, err := w.store.Merchants(w.ctx, store.Page{After: after, Limit: 2})
		w.must(err)
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			got = append(got, m.Key)
		}
		after = page[len(page)-1].Key
	}
	// Other tests make merchants at the same time.
	own := map[int64]bool{}
	for i, key := range got {
		own[key] = true
		if i > 0 && got[i-1] >= key {
			w.Errorf("merchants are not listed by key: %v", got)
		}
	}
	for _, key := range want {
		if !own[key] {
			w.Errorf("merchant %d is not listed", key)
		}
	}
}
