package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/spurline/spurline/server/store"
)

// checkProperty lets random callers and outcomes loose on a store. After every
// step each delivery is somewhere, and counted there (promise P2).
func checkProperty(t *testing.T, engine Engine) {
	t.Helper()
	shared := open(t, engine)
	rapid.Check(t, func(t *rapid.T) {
		shared.tb = t
		shared.settle()
		m := &machine{world: shared}
		m.connect("first", store.Takes{Orders: true, Tracking: true, Facts: 1 << factA})
		t.Repeat(map[string]func(*rapid.T){
			"":           m.check,
			"submit":     m.submit,
			"complete":   m.finish,
			"retry":      m.retry,
			"retryAll":   m.retryAll,
			"cancel":     m.cancel,
			"connection": m.change,
			"remove":     m.remove,
			"reopen":     m.restart,
		})
	})
}

// machine is a world under random steps, with the caller's ledger of what was
// accepted.
type machine struct {
	*world
	made    []store.DeliveryID
	created int
}

func (m *machine) submit(t *rapid.T) {
	id := rapid.SampledFrom([]string{"o1", "o2"}).Draw(t, "order")
	content := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "content")
	version := rapid.Ptr(rapid.Int64Range(1, 3), true).Draw(t, "version")
	submission := facts(id, content, map[store.Fact]uint64{factA: uint64(content[0])})
	if rapid.Bool().Draw(t, "parcels") {
		numbers := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"n1", "n2", "n3"}), 1, 2, rapid.ID).Draw(t, "numbers")
		submission = shipment(id, content, numbers...)
		submission.SourceVersion = version
	} else {
		submission.Order.SourceVersion = version
	}
	for _, record := range m.accept(submission) {
		for _, ref := range record.Deliveries {
			m.made = append(m.made, ref.ID)
		}
	}
}

// any draws a delivery.
func (m *machine) any(t *rapid.T) store.DeliveryID {
	if len(m.made) == 0 {
		t.Skip("nothing was made")
	}
	return rapid.SampledFrom(m.made).Draw(t, "delivery")
}

func (m *machine) finish(t *rapid.T) {
	var completions []store.Completion
	for range rapid.IntRange(1, 3).Draw(t, "completions") {
		c := m.outcome(m.any(t), rapid.SampledFrom([]store.DeliveryState{
			store.Pending, store.Delivered, store.Skipped, store.Failed,
		}).Draw(t, "state"))
		c.FateUnknown = rapid.Bool().Draw(t, "fate unknown")
		c.Present = c.State == store.Delivered && rapid.Bool().Draw(t, "present")
		c.FixScope = rapid.SampledFrom([]store.FixScope{store.FixEither, store.FixRecord}).Draw(t, "fix")
		completions = append(completions, c)
	}
	m.complete(completions...)
}

func (m *machine) retry(t *rapid.T) {
	id := m.any(t)
	if err := m.store.RetryDelivery(m.ctx, id, m.now()); err != nil {
		m.is("retry", err, store.ErrWrongState)
	}
}

func (m *machine) cancel(t *rapid.T) {
	id := m.any(t)
	if err := m.store.CancelDelivery(m.ctx, id, m.now()); err != nil {
		m.is("cancel", err, store.ErrWrongState)
	}
}

// connections are those that were not deleted.
func (m *machine) connections() []store.Connection {
	list, err := m.store.Connections(m.ctx, m.merchant.Key, store.Page{Limit: 100})
	m.must(err)
	return list
}

// one draws a connection.
func (m *machine) drawn(t *rapid.T) store.Connection {
	list := m.connections()
	if len(list) == 0 {
		t.Skip("no connection")
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(t, "connection")]
}

func (m *machine) retryAll(t *rapid.T) {
	limit := rapid.IntRange(1, 3).Draw(t, "limit")
	_, err := m.store.RetryFailed(m.ctx, m.drawn(t).Key, "", limit, m.now())
	m.must(err)
}

func (m *machine) change(t *rapid.T) {
	if len(m.connections()) < 2 {
		m.created++
		takes := store.Takes{
			Orders: rapid.Bool().Draw(t, "orders"), Tracking: rapid.Bool().Draw(t, "tracking"),
			Facts: store.FactSet(rapid.SampledFrom([]int{0, 1 << factA}).Draw(t, "facts")),
		}
		wait := time.Duration(rapid.IntRange(0, 1).Draw(t, "wait")) * time.Hour
		m.waiting(fmt.Sprint("c", m.created), takes, wait)
		return
	}
	c := m.drawn(t)
	switch rapid.IntRange(0, 1).Draw(t, "edit") {
	case 0:
		m.edit(store.ConnectionEdit{Connection: c, SettingsChanged: rapid.Bool().Draw(t, "settings"), Now: m.now()})
	default:
		_, err := m.store.SetConnectionState(m.ctx, store.StateChange{
			Connection: c.Key, Now: m.now(), State: rapid.SampledFrom([]store.ConnectionState{
				store.Active, store.Active, store.Paused, store.Disabled,
			}).Draw(t, "state"),
		})
		m.must(err)
	}
}

func (m *machine) remove(t *rapid.T) {
	force := rapid.Bool().Draw(t, "force")
	_, err := m.store.DeleteConnection(m.ctx, m.drawn(t).Key, 0, force, m.now())
	if !force && err != nil {
		m.is("delete", err, store.ErrInUse)
		return
	}
	m.must(err)
}

func (m *machine) restart(t *rapid.T) {
	if rapid.Bool().Draw(t, "crash") {
		m.crash()
	} else {
		m.reopen()
	}
}

// lane is what the deliveries of a connection add up to.
type lane struct {
	totals store.Totals
	open   int64
}

func (m *machine) check(t *rapid.T) {
	m.tb = t
	list, err := m.store.Deliveries(m.ctx, store.DeliveryFilter{MerchantKey: m.merchant.Key}, store.Page{Limit: 10_000})
	m.must(err)
	listed := make([]store.DeliveryID, 0, len(list))
	lanes := map[int64]*lane{}
	open := map[string]store.DeliveryID{}
	for _, d := range list {
		listed = append(listed, d.ID)
		if lanes[d.Connection] == nil {
			lanes[d.Connection] = &lane{}
		}
		lanes[d.Connection].add(d)
		if !d.State.Open() {
			continue
		}
		slot := fmt.Sprint(d.Connection, d.Kind, d.Record)
		if other, taken := open[slot]; taken {
			t.Fatalf("deliveries %d and %d of one record and connection are open", other, d.ID)
		}
		open[slot] = d.ID
	}
	m.same("deliveries of the caller's ledger", listed, descending(m.made...))
	for key, lane := range lanes {
		totals, err := m.store.ConnectionTotals(m.ctx, key)
		m.must(err)
		lane.totals.Present = totals.Present
		m.same("totals", totals, lane.totals)
		m.same("open", totals.Open(), lane.open)
		if totals.Present < 0 || totals.Present > totals.Delivered {
			t.Fatalf("%d of %d delivered were present", totals.Present, totals.Delivered)
		}
	}
}

func (l *lane) add(d store.Delivery) {
	l.totals.Made++
	switch d.State {
	case store.Pending, store.Blocked:
		l.open++
	case store.Delivered:
		l.totals.Delivered++
	case store.Skipped:
		l.totals.Skipped++
	case store.Failed:
		l.totals.Failed++
	case store.Superseded:
		l.totals.Superseded++
	case store.Cancelled:
		l.totals.Cancelled++
	}
}

// descending sorts ids as lists do.
func descending(ids ...store.DeliveryID) []store.DeliveryID {
	sorted := slices.Clone(ids)
	slices.SortFunc(sorted, func(a, b store.DeliveryID) int { return cmp.Compare(b, a) })
	if len(sorted) == 0 {
		return []store.DeliveryID{}
	}
	return sorted
}
