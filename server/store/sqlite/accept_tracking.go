package sqlite

import (
	"github.com/spurline/spurline/server/store"
)

// storedParcel is what a parcel's submission is compared with.
type storedParcel struct {
	key           int64
	revision      int64
	sourceVersion *int64
	hash          []byte
	orderID       string
}

func (t *tx) storedParcel(merchant int64, numberKey string) (storedParcel, bool, error) {
	q := t.query(`SELECT key, revision, source_version, hash, order_id FROM tracking
		WHERE number_key = ? AND merchant = ?`, numberKey, merchant)
	found := q.next()
	var p storedParcel
	if found {
		p = storedParcel{q.int(), q.int(), q.optional(), q.bytes(), q.text()}
	}
	return p, found, q.done()
}

func (t *tx) acceptParcel(
	submission store.Submission, parcel store.ParcelSubmission,
) (store.RecordReceipt, error) {
	stored, known, err := t.storedParcel(submission.MerchantKey, parcel.NumberKey)
	if err != nil {
		return store.RecordReceipt{}, err
	}
	receipt := store.RecordReceipt{Result: store.Created, Revision: 1}
	if known {
		receipt.Result = store.Verdict(stored.hash, parcel.Hash, stored.sourceVersion, submission.SourceVersion)
		receipt.Revision = stored.revision
	}
	switch receipt.Result {
	case store.Stale:
		return receipt, nil
	case store.Unchanged:
		return receipt, t.raiseVersion(`tracking`, stored.key, stored.sourceVersion, submission.SourceVersion)
	case store.Created:
		err = t.run(`INSERT INTO tracking (merchant, number_key, number, order_id, shipment_id, voided, revision,
			source_version, hash, facts, created_at, updated_at, body) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)`,
			submission.MerchantKey, parcel.NumberKey, parcel.Number, parcel.OrderID, parcel.ShipmentID, parcel.Voided,
			submission.SourceVersion, parcel.Hash, encodeFacts(parcel.Facts), submission.Now, submission.Now, parcel.Body)
		stored.key = t.conn.LastInsertRowID()
	case store.Revised:
		receipt.Revision++
		err = t.reviseTracking(submission, parcel, stored.key)
	}
	if err != nil {
		return store.RecordReceipt{}, err
	}
	receipt.Deliveries, err = t.deliverParcel(submission, parcel, stored.key, receipt)
	if err == nil && known && stored.orderID != parcel.OrderID {
		err = t.moveUnwanted(submission, parcel, stored.key, receipt.Revision)
	}
	return receipt, err
}

func (t *tx) reviseTracking(submission store.Submission, parcel store.ParcelSubmission, key int64) error {
	if err := t.keepTrackingRevision(key); err != nil {
		return err
	}
	return t.run(`UPDATE tracking SET revision = revision + 1, source_version = coalesce(?, source_version),
		hash = ?, number = ?, order_id = ?, shipment_id = ?, voided = ?, facts = ?, updated_at = ?, body = ? WHERE key = ?`,
		submission.SourceVersion, parcel.Hash, parcel.Number, parcel.OrderID, parcel.ShipmentID,
		parcel.Voided, encodeFacts(parcel.Facts), submission.Now, parcel.Body, key)
}

// keepTrackingRevision copies the current revision aside before it is changed.
func (t *tx) keepTrackingRevision(key int64) error {
	return t.run(`INSERT INTO tracking_revision
		(tracking_key, revision, number, order_id, source_version, hash, updated_at, body)
		SELECT key, revision, number, order_id, source_version, hash, updated_at, body FROM tracking WHERE key = ?`,
		key)
}

func (t *tx) deliverParcel(
	submission store.Submission, parcel store.ParcelSubmission, key int64, receipt store.RecordReceipt,
) ([]store.DeliveryRef, error) {
	var made []store.DeliveryRef
	for _, want := range submission.Wants {
		if !want.Takes.Tracking {
			continue
		}
		d := newDelivery{
			want: want, merchant: submission.MerchantKey, kind: store.TrackingRecord, record: key,
			revision: receipt.Revision, created: receipt.Result == store.Created, size: len(parcel.Body),
			orderID: parcel.OrderID, number: parcel.Number, due: submission.Now,
			trace: submission.Trace,
		}
		if want.WaitForOrder > 0 {
			_, known, err := t.storedOrder(submission.MerchantKey, parcel.OrderID)
			if err != nil {
				return nil, err
			}
			if !known {
				d.due, d.reason = submission.Now.Add(want.WaitForOrder), waitingForOrder
			}
		}
		ref, err := t.makeDelivery(d, submission.Now)
		if err != nil {
			return nil, err
		}
		made = append(made, ref)
	}
	return made, nil
}

// moveUnwanted takes deliveries along to the parcel's other order that are not
// done and have no successor, because their connection is disabled. Otherwise they
// would keep the scope of an order, and wait for one, that is not theirs any more
// (promise P4).
func (t *tx) moveUnwanted(submission store.Submission, parcel store.ParcelSubmission, key, revision int64) error {
	q := t.query(selectRow+byRecord+` AND revision < ? AND state IN (1, 2, 5)`,
		int(store.TrackingRecord), key, revision)
	var left []row
	for q.next() {
		left = append(left, scanRow(q))
	}
	if err := q.done(); err != nil {
		return err
	}
	for _, r := range left {
		err := t.run(`UPDATE delivery SET order_id = ?, number = ? WHERE id = ?`,
			parcel.OrderID, parcel.Number, int64(r.id))
		if err != nil {
			return err
		}
		if !r.state.Open() {
			continue
		}
		held, err := t.heldOn(r.connection, r.merchant, parcel.OrderID)
		if err != nil {
			return err
		}
		switch {
		case held && r.state == store.Pending:
			err = t.run(`UPDATE delivery SET state = 2, reason = ?, hint = '' WHERE id = ?`,
				waitingForOrder, int64(r.id))
		case !held && r.state == store.Blocked:
			err = t.promote(r.connection, []store.DeliveryID{r.id}, submission.Now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
