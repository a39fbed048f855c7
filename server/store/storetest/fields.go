package storetest

import (
	"fmt"
	"sync"

	"github.com/spurline/spurline/server/store"
)

// fields are names of extra fields from..to.
func fields(from, to int) []store.ExtraField {
	var names []store.ExtraField
	for i := from; i < to; i++ {
		names = append(names, store.ExtraField{Source: "shop", Level: store.OrderField, Name: fmt.Sprintf("field-%04d", i)})
	}
	return names
}

func extraFields(w *world) {
	submission := order("o", "a")
	submission.ExtraFields = []store.ExtraField{
		{Source: "shop", Level: store.ParcelField, Name: "b"},
		{Source: "shop", Level: store.OrderField, Name: "b"},
		{Source: "shop", Level: store.OrderField, Name: "a"},
		{Source: "market", Level: store.LineItemField, Name: "z"},
		{Source: "shop", Level: store.OrderField, Name: "a"},
	}
	w.accept(submission)
	seen := kept(w.clock)
	w.accept(submission)
	got, err := w.store.ExtraFields(w.ctx, w.merchant.Key)
	w.must(err)
	w.same("extra fields", got, []store.ExtraField{
		{Source: "market", Level: store.LineItemField, Name: "z", FirstSeen: seen},
		{Source: "shop", Level: store.OrderField, Name: "a", FirstSeen: seen},
		{Source: "shop", Level: store.OrderField, Name: "b", FirstSeen: seen},
		{Source: "shop", Level: store.ParcelField, Name: "b", FirstSeen: seen},
	})
}

// extraFieldsBounded has submissions of one commit bring more names than are
// recorded, with repeats among them.
func extraFieldsBounded(w *world) {
	const callers, each = 12, 150
	submissions := make([]store.Submission, callers)
	for i := range submissions {
		o := order(fmt.Sprint("o", i), "a")
		o.ExtraFields = append(fields(i*each, (i+1)*each), fields(i*each, (i+1)*each)...)
		submissions[i] = w.plan(o)
	}
	var wg sync.WaitGroup
	for _, submission := range submissions {
		wg.Go(func() {
			if _, err := w.store.Accept(w.ctx, submission); err != nil {
				w.Errorf("accept: %v", err)
			}
		})
	}
	wg.Wait()
	got, err := w.store.ExtraFields(w.ctx, w.merchant.Key)
	w.must(err)
	w.same("names recorded", len(got), store.MaxExtraFields)
}

// merchantsApart submits the same ids for two merchants.
func merchantsApart(w *world) {
	mine := w.connect("both", both())
	other := w.beside(w.tb)
	theirs := other.connect("both", both())
	for _, m := range []*world{w, other} {
		for _, submission := range []store.Submission{order("apart", "a"), shipment("apart", "a", "apart")} {
			if got := m.accept(submission)[0]; got.Result != store.Created || len(got.Deliveries) != 1 {
				w.Errorf("receipt of merchant %s: %+v", m.merchant.ID, got)
			}
		}
	}
	w.counted(mine, store.Totals{Made: 2})
	w.counted(theirs, store.Totals{Made: 2})
}
