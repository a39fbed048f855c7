package dispatch_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/spurline/spurline/server/store"
)

// check holds the store against the callers' ledger: every delivery is somewhere and
// counted there, and of every record one is the last (promise P2).
func (r *modelRun) check() {
	list, err := r.store.Deliveries(r.ctx, store.DeliveryFilter{MerchantKey: r.merchant.Key}, store.Page{Limit: 10_000})
	r.must(err)
	slices.Reverse(list)
	r.mu.Lock()
	defer r.mu.Unlock()
	listed := make([]store.DeliveryID, 0, len(list))
	last := map[place]store.Delivery{}
	sums := map[int64]store.Totals{}
	for _, d := range list {
		listed = append(listed, d.ID)
		sums[d.Connection] = add(sums[d.Connection], d.State)
		at := placeOfDelivery(d)
		if before, had := last[at]; had && (before.State.Open() || before.State == store.Failed) {
			r.fail("delivery of revision %d of %v is in state %d, there is one of revision %d (promise P2)",
				before.Revision, at, before.State, d.Revision)
		}
		last[at] = d
	}
	made := slices.Sorted(slices.Values(r.made))
	if !slices.Equal(listed, made) {
		r.fail("deliveries are %v, callers were told of %v (promise P2)", listed, made)
	}
	for _, c := range r.conns {
		totals, err := r.store.ConnectionTotals(r.ctx, c.Key)
		r.mustLocked(err)
		sum := sums[c.Key]
		sum.Present = totals.Present
		if totals != sum {
			r.fail("totals of connection %d are %+v, its deliveries are %+v (promise P2)", c.Key, totals, sum)
		}
		for name, wanted := range c.wanted {
			at := place{c.Key, name}
			if d, had := last[at]; !had || d.Revision < wanted.revision || d.Revision > r.records[name].revision {
				r.fail("last delivery of %s to connection %d is of revision %d, want %d or, if it was sent, one up to %d "+
					"(promise P2)", name, c.Key, d.Revision, wanted.revision, r.records[name].revision)
			}
			if d, past := last[at], r.sent[at]; d.State == store.Delivered && past != nil && d.Revision < past.revision {
				r.fail("revision %d of %v was sent, its delivery tells of revision %d (promise P10)",
					past.revision, at, d.Revision)
			}
		}
	}
}

func (r *modelRun) mustLocked(err error) {
	if err != nil {
		r.fail("unexpected error: %v", err)
	}
}

func add(totals store.Totals, state store.DeliveryState) store.Totals {
	totals.Made++
	switch state {
	case store.Pending, store.Blocked:
	case store.Delivered:
		totals.Delivered++
	case store.Skipped:
		totals.Skipped++
	case store.Failed:
		totals.Failed++
	case store.Superseded:
		totals.Superseded++
	case store.Cancelled:
		totals.Cancelled++
	}
	return totals
}

// mend ends every fault, does what the hints say, and gives it time. Then everything
// has to be where it belongs.
func (r *modelRun) mend() {
	r.mu.Lock()
	r.faulty = false
	r.mu.Unlock()
	r.setReady(sure, true)
	r.setReady(blunt, true)
	for _, c := range r.conns {
		if !c.deleted {
			r.editSettings(c)
			r.setState(c, store.Active)
		}
	}
	for range 12 {
		r.retryEnded()
		for range 4 {
			r.pass(time.Hour)
			r.check()
		}
		if r.fault != "" || len(r.undone()) == 0 {
			break
		}
	}
	if left := r.undone(); len(left) > 0 {
		r.failf("does not end: %v (promise P2)", left)
	}
	r.checkPoison()
	r.mu.Lock()
	r.poison = false
	r.mu.Unlock()
	r.retryEnded()
	r.pass(2 * time.Hour)
	r.check()
	r.checkRemote()
}

// last returns the last delivery of every wanted record.
func (r *modelRun) last() map[place]store.Delivery {
	list, err := r.store.Deliveries(r.ctx, store.DeliveryFilter{MerchantKey: r.merchant.Key}, store.Page{Limit: 10_000})
	r.must(err)
	last := map[place]store.Delivery{}
	for _, d := range slices.Backward(list) {
		last[placeOfDelivery(d)] = d
	}
	return last
}

// retryEnded reopens what failed and what was skipped. Of what may have arrived where
// a repeat makes a second record, what is there is left alone.
func (r *modelRun) retryEnded() {
	for at, d := range r.last() {
		c, failed := r.connection(at.connection), d.State == store.Failed
		if c.deleted || !failed && d.State != store.Skipped || failed && r.poisonous(at.name) {
			continue
		}
		if d.Reason == "FATE_UNKNOWN" && r.isThere(at, r.current(c, at.name)) {
			r.must(r.store.CancelDelivery(r.ctx, d.ID, time.Now()))
			continue
		}
		r.retry(d.ID)
	}
}

func (r *modelRun) isThere(at place, content fact) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	there := r.remote[at]
	return there != nil && there.content == content
}

// current is the content that the record has now for the connection.
func (r *modelRun) current(c *ledgerConnection, name string) fact {
	facts := r.records[name].facts
	return c.seen(facts[len(facts)-1])
}

// undone are the records that are not where they should be, poison apart.
func (r *modelRun) undone() []string {
	var left []string
	for at, d := range r.last() {
		switch {
		case r.connection(at.connection).deleted && !d.State.Open() && d.State != store.Failed:
		case d.State == store.Delivered, d.State == store.Cancelled, d.State == store.Skipped && d.Reason == "FILTERED":
		case r.poisonous(at.name) && d.State == store.Failed:
		default:
			left = append(left, fmt.Sprintf("%v is in state %d, %s", at, d.State, d.Reason))
		}
	}
	slices.Sort(left)
	return left
}

// checkPoison: what ends every process it is given to has failed for that, or waits
// for what is looked up first (promise P7).
func (r *modelRun) checkPoison() {
	for at, d := range r.last() {
		if r.poisonous(at.name) && d.State == store.Failed && d.Reason != "CRASHES_PLUGIN" && d.Reason != "FATE_UNKNOWN" {
			r.failf("poison %v failed with %s (promise P7)", at, d.Reason)
		}
	}
}

// checkRemote holds the extra interfaces against the ledger (promise P3).
func (r *modelRun) checkRemote() {
	last := r.last()
	for _, c := range r.conns {
		for name, wanted := range c.wanted {
			at := place{c.Key, name}
			d, there := last[at], r.remote[at]
			if there != nil && there.copies > 1 && !c.AllowRepeats && !r.historyOf(at).repeated {
				r.failf("%v is there %d times (promise P3)", at, there.copies)
			}
			facts := r.records[name].facts[wanted.from:]
			same := func(f fact) bool { return there != nil && c.seen(f) == there.content }
			switch d.State {
			case store.Delivered:
				if !c.deleted && !slices.ContainsFunc(facts, same) {
					r.failf("%v is there as %+v, want one of %v (promise P3)", at, there, facts)
				}
			case store.Skipped:
				if !c.deleted && r.passes(c, facts[len(facts)-1]) {
					r.failf("%v is skipped with %s, the filter wants it (promise P2)", at, d.Reason)
				}
			case store.Cancelled:
			case store.Pending, store.Blocked, store.Failed, store.Superseded:
				r.failf("%v is left in state %d, %s (promise P2)", at, d.State, d.Reason)
			}
		}
	}
}

// passes says whether the connection's filter takes the content.
func (r *modelRun) passes(c *ledgerConnection, f fact) bool {
	all := *c
	all.Takes.Facts = 1
	return all.wants(f)
}
