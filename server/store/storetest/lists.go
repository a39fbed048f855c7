package storetest

import (
	"fmt"
	"time"

	"github.com/spurline/spurline/server/store"
)

func listTests() []test {
	return []test{
		{"Orders", listOrders},
		{"OrdersWithTies", listOrdersWithTies},
		{"Revisions", listRevisions},
		{"Deliveries", listDeliveries},
		{"DeliveriesOfAll", listDeliveriesOfAll},
		{"RecordDeliveries", recordDeliveries},
		{"FindOverMerchants", findOverMerchants},
	}
}

// orderPages reads all pages of a list of orders.
func (w *world) orderPages(filter store.OrderFilter, limit int) (pages [][]string) {
	w.Helper()
	for after := int64(0); ; {
		page, err := w.store.Orders(w.ctx, filter, store.Page{After: after, Limit: limit})
		w.must(err)
		if len(page) == 0 {
			return pages
		}
		var ids []string
		for _, o := range page {
			ids = append(ids, o.OrderID)
		}
		pages = append(pages, ids)
		after = page[len(page)-1].LastChange
	}
}

func listOrders(w *world) {
	for _, id := range []string{"a", "b", "c", "d"} {
		w.accept(order(id, "x"))
	}
	other := order("e", "x")
	other.Order.Source = "market"
	w.accept(other)
	w.accept(order("b", "y"))
	since := w.clock
	w.beside(w.tb).accept(order("theirs", "x"))

	all := store.OrderFilter{MerchantKey: w.merchant.Key}
	w.same("by change", w.orderPages(all, 2), [][]string{{"b", "e"}, {"d", "c"}, {"a"}})
	market := all
	market.Source = "market"
	w.same("of a source", w.orderPages(market, 2), [][]string{{"e"}})
	recent := all
	recent.UpdatedSince = since.Add(-time.Second)
	w.same("updated since", w.orderPages(recent, 5), [][]string{{"b", "e"}})
}

// listOrdersWithTies has orders that were updated at the same time, and some after the
// clock was set back: each is on one page.
func listOrdersWithTies(w *world) {
	at := w.now()
	for i := range 6 {
		submission := w.plan(order(fmt.Sprint(i), "x"))
		submission.Now = at.Add(-time.Duration(i/4) * time.Second)
		_, err := w.store.Accept(w.ctx, submission)
		w.must(err)
	}
	filter := store.OrderFilter{MerchantKey: w.merchant.Key}
	w.same("pages of 1", w.orderPages(filter, 1), [][]string{{"5"}, {"4"}, {"3"}, {"2"}, {"1"}, {"0"}})
	w.same("pages of 4", w.orderPages(filter, 4), [][]string{{"5", "4", "3", "2"}, {"1", "0"}})
	filter.UpdatedSince = at
	w.same("updated since", w.orderPages(filter, 4), [][]string{{"3", "2", "1", "0"}})
}

func listRevisions(w *world) {
	for i := range 5 {
		w.accept(order("o", fmt.Sprint(i)))
	}
	stored, err := w.store.OrderByID(w.ctx, w.merchant.Key, "o")
	w.must(err)
	var got []string
	for after := int64(0); ; {
		page, err := w.store.OrderRevisions(w.ctx, stored.Key, store.Page{After: after, Limit: 2})
		w.must(err)
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			got = append(got, fmt.Sprint(r.Revision, " ", string(r.Hash)))
		}
		after = page[len(page)-1].Revision
	}
	w.same("revisions", got, []string{"5 4", "4 3", "3 2", "2 1", "1 0"})
}

// deliveryPages reads all pages of a list of deliveries.
func (w *world) deliveryPages(filter store.DeliveryFilter, limit int) (ids []store.DeliveryID) {
	w.Helper()
	for after := int64(0); ; {
		page, err := w.store.Deliveries(w.ctx, filter, store.Page{After: after, Limit: limit})
		w.must(err)
		if len(page) > limit {
			w.Fatalf("page has %d elements, the limit is %d", len(page), limit)
		}
		if len(page) == 0 {
			return ids
		}
		for _, d := range page {
			ids = append(ids, d.ID)
		}
		after = int64(page[len(page)-1].ID)
	}
}

func listDeliveries(w *world) {
	one, two := w.connect("one", both()), w.connect("two", both())
	o := w.first(order("o", "a"))
	p := w.first(order("p", "a"))
	n := w.first(shipment("o", "a", "n"))
	since := w.clock
	m := w.first(shipment("q", "a", "m"))
	c := w.outcome(o[one], store.Failed)
	c.Reason = "X"
	w.complete(c)
	w.end(p[one], store.Delivered)

	cases := map[string]struct {
		filter store.DeliveryFilter
		want   []store.DeliveryID
	}{
		"all": {store.DeliveryFilter{}, []store.DeliveryID{
			m[two], m[one], n[two], n[one], p[two], p[one], o[two], o[one],
		}},
		"connection":  {store.DeliveryFilter{Connection: one}, []store.DeliveryID{m[one], n[one], p[one], o[one]}},
		"order":       {store.DeliveryFilter{OrderID: "o"}, []store.DeliveryID{n[two], n[one], o[two], o[one]}},
		"number":      {store.DeliveryFilter{NumberKey: "m"}, []store.DeliveryID{m[two], m[one]}},
		"both":        {store.DeliveryFilter{NumberKey: "n", OrderID: "o"}, []store.DeliveryID{n[two], n[one]}},
		"other order": {store.DeliveryFilter{NumberKey: "n", OrderID: "p"}, nil},
		"pending":     {store.DeliveryFilter{State: store.Pending}, []store.DeliveryID{m[two], m[one], p[two], o[two]}},
		"blocked":     {store.DeliveryFilter{State: store.Blocked}, []store.DeliveryID{n[two], n[one]}},
		"failed":      {store.DeliveryFilter{State: store.Failed}, []store.DeliveryID{o[one]}},
		"reason":      {store.DeliveryFilter{Reason: "X"}, []store.DeliveryID{o[one]}},
		"since":       {store.DeliveryFilter{CreatedSince: since}, []store.DeliveryID{m[two], m[one], n[two], n[one]}},
		"several": {store.DeliveryFilter{
			OrderID: "o", State: store.Blocked, Connection: two,
		}, []store.DeliveryID{n[two]}},
		"nothing":      {store.DeliveryFilter{OrderID: "zzz"}, nil},
		"no such one":  {store.DeliveryFilter{State: 42}, nil},
		"other reason": {store.DeliveryFilter{Reason: "Y", Connection: one}, nil},
	}
	for name, c := range cases {
		c.filter.MerchantKey = w.merchant.Key
		for _, limit := range []int{1, 3, 100} {
			w.same(fmt.Sprint(name, " by ", limit), w.deliveryPages(c.filter, limit), c.want)
		}
	}
}

// listDeliveriesOfAll leaves the merchant open: a zero field does not filter.
func listDeliveriesOfAll(w *world) {
	other := w.beside(w.tb)
	mine, theirs := w.connect("c", both()), other.connect("c", both())
	order1, order2 := w.one(order("all-o", "a")), other.one(order("all-o", "a"))
	n1, n2 := w.one(shipment("all-o", "a", "all-n")), other.one(shipment("all-o", "a", "all-n"))
	w.same("order", w.deliveryPages(store.DeliveryFilter{OrderID: "all-o"}, 3),
		descending(order1, order2, n1, n2))
	w.same("number", w.deliveryPages(store.DeliveryFilter{NumberKey: "all-n"}, 1), descending(n1, n2))
	w.same("connection", w.deliveryPages(store.DeliveryFilter{Connection: mine}, 1), descending(order1, n1))
	w.same("other connection", w.deliveryPages(store.DeliveryFilter{Connection: theirs}, 9), descending(order2, n2))
}

func recordDeliveries(w *world) {
	one, two := w.connect("one", ordersOnly()), w.connect("two", ordersOnly())
	first := w.first(order("o", "a"))
	_, err := w.store.DeleteConnection(w.ctx, two, 0, true, w.now())
	w.must(err)
	w.connect("never", trackingOnly())
	w.first(order("o", "b"))
	third := w.first(order("o", "c"))
	stored, err := w.store.OrderByID(w.ctx, w.merchant.Key, "o")
	w.must(err)
	got, err := w.store.RecordDeliveries(w.ctx, store.RecordRef{Kind: store.OrderRecord, Key: stored.Key})
	w.must(err)
	w.same("last deliveries", got, []store.Delivery{w.delivery(third[one]), w.delivery(first[two])})
	got, err = w.store.RecordDeliveries(w.ctx, store.RecordRef{Kind: store.OrderRecord, Key: 1 << 40})
	w.must(err)
	w.same("of an unknown record", len(got), 0)
}

// findOverMerchants finds records by their ids alone (promise P10).
func findOverMerchants(w *world) {
	other, third := w.beside(w.tb), w.beside(w.tb)
	w.accept(order("find-o", "a"))
	other.accept(shipment("find-o", "a", "find-n"))
	third.accept(shipment("x", "a", "find-n"))
	find := func(merchant int64) (orders, numbers []int64) {
		merchants, err := w.store.FindOrders(w.ctx, merchant, "find-o")
		w.must(err)
		for _, m := range merchants {
			orders = append(orders, m.Key)
		}
		tracking, err := w.store.FindTracking(w.ctx, merchant, "find-n")
		w.must(err)
		for _, t := range tracking {
			numbers = append(numbers, t.MerchantKey)
		}
		return orders, numbers
	}
	orders, numbers := find(0)
	w.same("merchants with the order", orders, []int64{w.merchant.Key, other.merchant.Key})
	w.same("merchants with the number", numbers, []int64{other.merchant.Key, third.merchant.Key})
	orders, numbers = find(other.merchant.Key)
	w.same("of one merchant", []any{orders, numbers}, []any{
		[]int64{other.merchant.Key}, []int64{other.merchant.Key},
	})
	orders, numbers = find(third.merchant.Key)
	w.same("of a merchant without the order", []any{orders, numbers}, []any{
		[]int64(nil), []int64{third.merchant.Key},
	})
}
