package sqlite

import (
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
// delivery of the record before: what was sent is not true any more. before are
// the order's facts until now.
func (t *tx) rejoin(submission store.Submission, before store.FactDigests) ([]store.DeliveryRef, error) {
	if !wanted(submission.Wants).Tracking {
		return nil, nil
	}
	records, err := t.trackingOf(submission)
	if err != nil {
		return nil, err
	}
	var made []store.DeliveryRef
	for _, record := range records {
		refs, err := t.rejoinRecord(submission, record, record.changed(submission, before))
		if err != nil {
			return nil, err
		}
		made = append(made, refs...)
	}
	return made, nil
}

// changed are the facts of the record that the order changes.
func (r joinedTracking) changed(submission store.Submission, before store.FactDigests) store.FactSet {
	return submission.Order.Facts.Over(r.facts).Changed(before.Over(r.facts))
}

// rejoins says whether rejoin is going to make a delivery.
func (t *tx) rejoins(submission store.Submission, before store.FactDigests) (bool, error) {
	records, err := t.trackingOf(submission)
	if err != nil {
		return false, err
	}
	for _, record := range records {
		changed := record.changed(submission, before)
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

// wanted says which kinds of records any of the connections takes.
func wanted(wants []store.Want) store.Takes {
	var takes store.Takes
	for _, want := range wants {
		takes.Orders = takes.Orders || want.Takes.Orders
		takes.Tracking = takes.Tracking || want.Takes.Tracking
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
			number: record.number, due: submission.Now,
		}, submission.Now)
		if err != nil {
			return nil, err
		}
		made = append(made, ref)
	}
	return made, nil
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
