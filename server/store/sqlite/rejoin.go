package sqlite

import (
	"fmt"

	"github.com/spurline/spurline/server/store"
)

// joinedTracking is a tracking record of an order that was just submitted.
type joinedTracking struct {
	key, revision int64
	facts         store.FactDigests
	size          int
	number        string
}

// rejoin makes new revisions of the order's tracking records, where the order
// changed a fact that a connection joins to them and that connection has had a
// delivery of the record before: what was sent is not true any more.
func (t *tx) rejoin(submission store.Submission, change factsChange) ([]store.DeliveryRef, error) {
	if !wanted(submission.Wants).Tracking {
		return nil, nil
	}
	records, err := t.trackingOf(submission)
	if err != nil {
		return nil, err
	}
	var made []store.DeliveryRef
	for _, record := range records {
		refs, err := t.rejoinRecord(submission, record, change.of(record))
		if err != nil {
			return nil, err
		}
		made = append(made, refs...)
	}
	return made, nil
}

// factsChange is an order's facts until now and from now on.
type factsChange struct{ before, after store.FactDigests }

// of are the facts of a tracking record that the order changes.
func (c factsChange) of(record joinedTracking) store.FactSet {
	return c.after.Over(record.facts).Changed(c.before.Over(record.facts))
}

// factsChange compares an order with what is stored of it, before that is revised. It
// is empty if no connection joins facts: then nobody looks for them.
func (t *tx) factsChange(submission store.Submission, stored storedOrder) (change factsChange, err error) {
	takes, order := wanted(submission.Wants), submission.Order
	if !takes.Tracking || takes.Facts == 0 {
		return factsChange{}, nil
	}
	change.after = order.Facts
	if order.FactsLeftOut {
		if change.after, err = findFacts(order, order.Body); err != nil {
			return factsChange{}, err
		}
	}
	if stored.key == 0 || len(stored.facts) > 0 {
		change.before = decodeFacts(stored.facts)
		return change, nil
	}
	q := t.query(`SELECT body FROM orders WHERE key = ?`, stored.key)
	var body []byte
	if q.next() {
		body = q.bytes()
	}
	if err := q.done(); err != nil {
		return factsChange{}, err
	}
	change.before, err = findFacts(order, body)
	return change, err
}

// findFacts returns the facts of an order whose were not looked for before.
func findFacts(order *store.OrderSubmission, body []byte) (store.FactDigests, error) {
	if order.FactsOf == nil {
		return store.FactDigests{}, nil
	}
	digests, err := order.FactsOf(body)
	if err != nil {
		return store.FactDigests{}, fmt.Errorf("find facts of order: %w", err)
	}
	return digests, nil
}

// rejoins says whether rejoin is going to make a delivery.
func (t *tx) rejoins(submission store.Submission, change factsChange) (bool, error) {
	records, err := t.trackingOf(submission)
	if err != nil {
		return false, err
	}
	for _, record := range records {
		changed := change.of(record)
		for _, want := range submission.Wants {
			if !want.Takes.Tracking || want.Takes.Facts&changed == 0 {
				continue
			}
			_, had, err := t.lastRow(store.TrackingRecord, record.key, want.Connection)
			if had || err != nil {
				return had, err
			}
		}
	}
	return false, nil
}

// wanted says which kinds of records and which facts any of the connections takes.
func wanted(wants []store.Want) store.Takes {
	var takes store.Takes
	for _, want := range wants {
		takes.Orders = takes.Orders || want.Takes.Orders
		takes.Tracking = takes.Tracking || want.Takes.Tracking
		takes.Facts |= want.Takes.Facts
	}
	return takes
}

func (t *tx) trackingOf(submission store.Submission) ([]joinedTracking, error) {
	q := t.query(`SELECT key, revision, facts, length(body), number FROM tracking
		WHERE order_id = ?||'' AND merchant = ?+0 ORDER BY key`, submission.Order.OrderID, submission.MerchantKey)
	var records []joinedTracking
	for q.next() {
		records = append(records, joinedTracking{q.int(), q.int(), decodeFacts(q.bytes()), int(q.int()), q.text()})
	}
	return records, q.done()
}

func (t *tx) rejoinRecord(
	submission store.Submission, record joinedTracking, changed store.FactSet,
) ([]store.DeliveryRef, error) {
	var made []store.DeliveryRef
	for _, want := range submission.Wants {
		if !want.Takes.Tracking {
			continue
		}
		last, had, err := t.lastRow(store.TrackingRecord, record.key, want.Connection)
		if err != nil {
			return nil, err
		}
		if !had {
			continue // It was submitted before the connection was made.
		}
		if want.Takes.Facts&changed == 0 {
			if err := t.release(last, submission); err != nil {
				return nil, err
			}
			continue
		}
		if len(made) == 0 {
			if err := t.bumpTracking(submission, record.key); err != nil {
				return nil, err
			}
		}
		ref, err := t.makeDelivery(newDelivery{
			want: want, merchant: submission.MerchantKey, kind: store.TrackingRecord, record: record.key,
			revision: record.revision + 1, size: record.size, orderID: submission.Order.OrderID,
			number: record.number, due: submission.Now, trace: submission.Trace,
		}, submission.Now)
		if err != nil {
			return nil, err
		}
		made = append(made, ref)
	}
	if len(made) > 0 {
		if err := t.cover(record, changed); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// cover notes that the revision after that of the record, in which these facts change,
// brings nothing to the connections that do not take them, if they are up to date. Those
// that are disabled count too: they miss nothing.
func (t *tx) cover(record joinedTracking, changed store.FactSet) error {
	return t.run(`UPDATE delivery INDEXED BY delivery_record SET covers = ?1+1
		WHERE kind = ?2 AND record = ?3 AND max(revision, covers) = ?1
		AND (SELECT takes_facts FROM connection WHERE connection.key = delivery.connection) & ?4 = 0`,
		record.revision, int(store.TrackingRecord), record.key, int64(changed))
}

func (t *tx) bumpTracking(submission store.Submission, key int64) error {
	if err := t.keepTrackingRevision(key); err != nil {
		return err
	}
	return t.run(`UPDATE tracking SET revision = revision + 1, updated_at = ? WHERE key = ?`, submission.Now, key)
}

// release lets a delivery go that waited for its order to be submitted. What the
// order brings is none of what the connection joins, so it needs no revision.
func (t *tx) release(r row, submission store.Submission) error {
	if !waitsForSubmission(r) {
		return nil
	}
	t.wake(r.connection, submission.Now)
	return t.run(`UPDATE delivery SET due = ?, reason = '', hint = '' WHERE id = ?`, submission.Now, int64(r.id))
}
