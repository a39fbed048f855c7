package dispatch_test

import (
	"errors"
	"fmt"
	"testing/synctest"
	"time"

	"github.com/spurline/spurline/server/store"
)

// orderSubmitted enters an order into the ledger and returns how many deliveries each
// connection gets for it.
func (m *model) orderSubmitted(id, source, status string) map[int64]int {
	expected := map[int64]int{}
	name := "o/" + id
	now := fact{content: status, source: source}
	record := m.records[name]
	if record == nil {
		record = &ledgerRecord{}
		m.records[name] = record
	}
	if n := len(record.facts); n > 0 && record.facts[n-1] == now {
		return expected
	}
	record.facts = append(record.facts, now)
	record.revision++
	for _, c := range m.conns {
		if c.takesNow() && c.Takes.Orders {
			expected[c.Key]++
			c.want(name, record)
			m.heldSince[place{c.Key, name}] = time.Now()
		}
	}
	if m.sources[id] == source {
		return expected
	}
	m.sources[id] = source
	for number, joined := range m.records {
		if joined.order == id {
			m.joined(number, joined, source, expected)
		}
	}
	return expected
}

// joined makes a revision of a tracking record whose order's source changed, where
// that goes with it.
func (m *model) joined(name string, record *ledgerRecord, source string, expected map[int64]int) {
	record.facts = append(record.facts, fact{record.order, record.content, source})
	bumped := false
	for _, c := range m.conns {
		had := c.wanted[name] != nil
		if !c.takesNow() || !c.Takes.Tracking || c.Takes.Facts == 0 || !had {
			continue
		}
		if !bumped {
			bumped = true
			record.revision++
		}
		expected[c.Key]++
		c.want(name, record)
	}
}

// trackingSubmitted does so for a tracking number.
func (m *model) trackingSubmitted(number, orderID, carrier string) map[int64]int {
	expected := map[int64]int{}
	name := "t/" + number
	record := m.records[name]
	if record == nil {
		record = &ledgerRecord{}
		m.records[name] = record
	}
	if record.order == orderID && record.content == carrier {
		return expected
	}
	record.order, record.content = orderID, carrier
	record.facts = append(record.facts, fact{orderID, carrier, m.sources[orderID]})
	record.revision++
	for _, c := range m.conns {
		if c.takesNow() && c.Takes.Tracking {
			expected[c.Key]++
			c.want(name, record)
		}
	}
	return expected
}

func (c *ledgerConnection) takesNow() bool { return !c.deleted && c.State != store.Disabled }

func (c *ledgerConnection) want(name string, record *ledgerRecord) {
	c.wanted[name] = &wanted{revision: record.revision, from: len(record.facts) - 1}
}

// wants says what the filter says.
func (c *ledgerConnection) wants(f fact) bool {
	if c.Takes.Facts == 0 && f.order != "" {
		return true // What the filter sees does not go to the plugin.
	}
	switch c.Filter {
	case `order.order_source != "s1"`:
		return f.source != "s1"
	case `order.order_source == "s1"`:
		return f.source == "s1"
	}
	return true
}

func (r *modelRun) stored(c *ledgerConnection) store.Connection {
	stored, err := r.store.ConnectionByKey(r.ctx, c.Key)
	r.must(err)
	return stored
}

// editSettings changes the settings. That reopens what may have failed for them, and
// nothing else (promise P6).
func (r *modelRun) editSettings(c *ledgerConnection) {
	stored := r.stored(c)
	stored.Settings = map[string]string{"edited": fmt.Sprint(stored.Version)}
	before := r.failed(c)
	_, _, err := r.store.EditConnection(r.ctx, store.ConnectionEdit{
		Connection: stored, SettingsChanged: true, Now: time.Now(),
	})
	r.must(err)
	r.mu.Lock()
	c.Generation++
	r.mu.Unlock()
	for _, d := range before {
		after, err := r.store.DeliveryByID(r.ctx, d.ID)
		r.must(err)
		if mended := d.FixScope != store.FixRecord; mended != (after.State != store.Failed || after.Sends > d.Sends) {
			r.failf("delivery %v failed with fix scope %d and is in state %d after an edit (promise P6)",
				d.ID, d.FixScope, after.State)
		}
	}
}

func (r *modelRun) failed(c *ledgerConnection) []store.Delivery {
	list, err := r.store.Deliveries(r.ctx, store.DeliveryFilter{
		MerchantKey: r.merchant.Key, Connection: c.Key, State: store.Failed,
	}, store.Page{Limit: 10_000})
	r.must(err)
	return list
}

func (r *modelRun) setFilter(c *ledgerConnection, filter string) {
	stored := r.stored(c)
	stored.Filter = filter
	r.mu.Lock()
	c.Filter, c.changedAt = filter, time.Now()
	r.mu.Unlock()
	_, _, err := r.store.EditConnection(r.ctx, store.ConnectionEdit{Connection: stored, Now: time.Now()})
	r.must(err)
}

func (r *modelRun) setState(c *ledgerConnection, state store.ConnectionState) {
	change := store.StateChange{Connection: c.Key, State: state, Now: time.Now()}
	if state == store.Paused {
		change.Reason = store.PausedByOperator
	}
	if state != store.Active {
		r.stopping(c.Key)
	}
	_, err := r.store.SetConnectionState(r.ctx, change)
	r.must(err)
	r.mu.Lock()
	defer r.mu.Unlock()
	c.State = state
}

func (r *modelRun) remove(c *ledgerConnection) {
	r.stopping(c.Key)
	_, err := r.store.DeleteConnection(r.ctx, c.Key, 0, true, time.Now())
	r.must(err)
	r.mu.Lock()
	defer r.mu.Unlock()
	c.deleted = true
}

// retry sends a delivery again.
func (r *modelRun) retry(id store.DeliveryID) {
	d, err := r.store.DeliveryByID(r.ctx, id)
	r.must(err)
	if r.connection(d.Connection).Takes.Intents { // Who looks there first takes longer than a rush.
		synctest.Wait()
		d, err = r.store.DeliveryByID(r.ctx, id)
		r.must(err)
	}
	forget := r.looks(d)
	if err := r.store.RetryDelivery(r.ctx, id, time.Now()); errors.Is(err, store.ErrWrongState) {
		forget()
	} else {
		r.must(err)
	}
}

// looks notes that a human is about to reopen a delivery. Where a repeat makes a second
// record, whoever does so has looked there. It returns what takes the note back.
func (m *model) looks(d store.Delivery) (forget func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := placeOfDelivery(d)
	past := m.historyOf(at)
	if d.State.Open() {
		return func() {}
	}
	m.heldSince[at] = time.Now()
	if !past.doubt || !m.connection(d.Connection).Takes.Intents || m.underWay[d.ID] != nil {
		return func() {}
	}
	repeated := past.repeated
	past.doubt, past.repeated = false, true
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		past.doubt, past.repeated = true, repeated
	}
}

func (r *modelRun) retryAll(c *ledgerConnection) {
	if c.Takes.Intents {
		synctest.Wait()
	}
	for _, d := range r.failed(c) {
		r.looks(d)
	}
	_, err := r.store.RetryFailed(r.ctx, c.Key, "", 1000, time.Now())
	r.must(err)
}
