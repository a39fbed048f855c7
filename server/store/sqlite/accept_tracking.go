package sqlite

import (
	"github.com/spurline/spurline/server/store"
)

func (t *tx) acceptParcel(
	submission store.Submission, parcel store.ParcelSubmission,
) (store.RecordReceipt, error) {
	var key int64
	var sourceVersion *int64
	var hash []byte
	receipt := store.RecordReceipt{Result: store.Created, Revision: 1}
	q := t.query(`SELECT key, revision, source_version, hash FROM tracking
		WHERE number_key = ? AND merchant = ?`, parcel.NumberKey, submission.MerchantKey)
	if q.next() {
		key, receipt.Revision, sourceVersion, hash = q.int(), q.int(), q.optional(), q.bytes()
		receipt.Result = store.Verdict(hash, parcel.Hash, sourceVersion, submission.SourceVersion)
	}
	err := q.done()
	if err != nil {
		return store.RecordReceipt{}, err
	}
	switch receipt.Result {
	case store.Stale:
		return receipt, nil
	case store.Unchanged:
		return receipt, t.run(`UPDATE tracking SET source_version = ?1 WHERE key = ?2 AND (source_version IS NULL OR ?1 > source_version)`,
			submission.SourceVersion, key)
	case store.Created:
		err = t.run(`INSERT INTO tracking (merchant, number_key, number, order_id, shipment_id, revision,
			source_version, hash, facts, created_at, updated_at, body) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)`,
			submission.MerchantKey, parcel.NumberKey, parcel.Number, parcel.OrderID, parcel.ShipmentID,
			submission.SourceVersion, parcel.Hash, encodeFacts(parcel.Facts), submission.Now, submission.Now, parcel.Body)
		key = t.conn.LastInsertRowID()
	case store.Revised:
		receipt.Revision++
		err = t.reviseTracking(submission, parcel, key)
	}
	if err != nil {
		return store.RecordReceipt{}, err
	}
	for _, want := range submission.Wants {
		if !want.Takes.Tracking {
			continue
		}
		ref, err := t.deliverParcel(submission, parcel, want, key, receipt.Revision)
		if err != nil {
			return store.RecordReceipt{}, err
		}
		receipt.Deliveries = append(receipt.Deliveries, ref)
	}
	return receipt, nil
}

func (t *tx) reviseTracking(submission store.Submission, parcel store.ParcelSubmission, key int64) error {
	if err := t.keepTrackingRevision(key); err != nil {
		return err
	}
	return t.run(`UPDATE tracking SET revision = revision + 1, source_version = coalesce(?, source_version),
		hash = ?, number = ?, order_id = ?, shipment_id = ?, facts = ?, updated_at = ?, body = ? WHERE key = ?`,
		submission.SourceVersion, parcel.Hash, parcel.Number, parcel.OrderID, parcel.ShipmentID,
		encodeFacts(parcel.Facts), submission.Now, parcel.Body, key)
}

// keepTrackingRevision copies the current revision aside before it is changed.
func (t *tx) keepTrackingRevision(key int64) error {
	return t.run(`INSERT INTO tracking_revision
		(tracking_key, revision, number, order_id, source_version, hash, updated_at, body)
		SELECT key, revision, number, order_id, source_version, hash, updated_at, body FROM tracking WHERE key = ?`,
		key)
}

// waitingForOrder is the reason of a delivery that waits for its order: Blocked
// for the delivery of the order, or Pending until the order is submitted.
const waitingForOrder = "WAITING_FOR_ORDER"

func (t *tx) deliverParcel(
	submission store.Submission, parcel store.ParcelSubmission, want store.Want, key, revision int64,
) (store.DeliveryRef, error) {
	d := newDelivery{
		want: want, merchant: submission.MerchantKey, kind: store.TrackingRecord, record: key,
		revision: revision, size: len(parcel.Body), orderID: parcel.OrderID, number: parcel.Number,
		due: submission.Now,
	}
	if want.WaitForOrder > 0 {
		_, known, err := t.storedOrder(submission.MerchantKey, parcel.OrderID)
		if err != nil {
			return store.DeliveryRef{}, err
		}
		if !known {
			d.due, d.reason = submission.Now.Add(want.WaitForOrder), waitingForOrder
		}
	}
	return t.makeDelivery(d, submission.Now)
}
