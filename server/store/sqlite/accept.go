package sqlite

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/spurline/spurline/server/store"
)

// Accept keeps a record and makes its deliveries in one commit.
func (s *Store) Accept(ctx context.Context, submission store.Submission) (store.Receipt, error) {
	var receipt store.Receipt
	err := s.writer.accept(ctx, submission.MerchantKey, submissionSize(submission), func(t *tx) (err error) {
		receipt, err = t.accept(submission)
		return err
	})
	return receipt, err
}

func submissionSize(submission store.Submission) int {
	size := 0
	if submission.Order != nil {
		size += len(submission.Order.Body)
	}
	for _, parcel := range submission.Parcels {
		size += len(parcel.Body)
	}
	return size
}

func (t *tx) accept(submission store.Submission) (store.Receipt, error) {
	// A repeat is answered as it was the first time, whatever changed since.
	if submission.RequestID != "" {
		receipt, known, err := t.replay(submission)
		if known || err != nil {
			return receipt, err
		}
	}
	if err := t.w.room.check(); err != nil {
		return store.Receipt{}, err
	}
	used, err := t.checkPlan(submission)
	if err != nil {
		return store.Receipt{}, err
	}
	if err := t.checkBacklog(submission); err != nil {
		return store.Receipt{}, err
	}
	if !used {
		err := t.run(`UPDATE merchant SET used = 1 WHERE key = ?`, submission.MerchantKey)
		if err != nil {
			return store.Receipt{}, err
		}
	}
	receipt, err := t.acceptRecords(submission)
	if err != nil {
		return store.Receipt{}, err
	}
	if err := t.noteFields(submission.MerchantKey, submission.ExtraFields, submission.Now); err != nil {
		return store.Receipt{}, err
	}
	if submission.RequestID == "" {
		return receipt, nil
	}
	return receipt, t.remember(submission, receipt)
}

// checkPlan makes sure that no record misses a connection made a moment ago. It
// returns whether the merchant ever had a record.
func (t *tx) checkPlan(submission store.Submission) (used bool, err error) {
	q := t.query(`SELECT config_version, used FROM merchant WHERE key = ?`, submission.MerchantKey)
	found := q.next()
	var version int64
	if found {
		version, used = q.int(), q.bool()
	}
	switch err := q.done(); {
	case err != nil:
		return false, err
	case !found, version != submission.ConfigVersion:
		return false, store.ErrConfigChanged
	}
	return used, nil
}

func (t *tx) acceptRecords(submission store.Submission) (store.Receipt, error) {
	if submission.Order != nil {
		record, err := t.acceptOrder(submission)
		return store.Receipt{Records: []store.RecordReceipt{record}}, err
	}
	receipt := store.Receipt{Records: make([]store.RecordReceipt, 0, len(submission.Parcels))}
	for _, parcel := range submission.Parcels {
		record, err := t.acceptParcel(submission, parcel)
		if err != nil {
			return store.Receipt{}, err
		}
		receipt.Records = append(receipt.Records, record)
	}
	return receipt, nil
}

// replay returns the stored receipt of a request that was seen before.
func (t *tx) replay(submission store.Submission) (receipt store.Receipt, known bool, err error) {
	q := t.query(`SELECT hash, receipt FROM request WHERE merchant = ? AND request_id = ?`,
		submission.MerchantKey, submission.RequestID)
	known = q.next()
	var hash []byte
	var text string
	if known {
		hash, text = q.bytes(), q.text()
	}
	if err := q.done(); err != nil || !known {
		return store.Receipt{}, false, err
	}
	if !bytes.Equal(hash, submission.RequestHash) {
		return store.Receipt{}, true, store.ErrRequestReused
	}
	return receipt, true, json.Unmarshal([]byte(text), &receipt)
}

// expiredPerRequest is how many old requests one new one removes at most: the
// table shrinks faster than it grows, and no commit is long.
const expiredPerRequest = 2

func (t *tx) remember(submission store.Submission, receipt store.Receipt) error {
	text, err := json.Marshal(receipt)
	if err != nil {
		return err
	}
	err = t.run(`INSERT INTO request (merchant, request_id, hash, receipt, created_at) VALUES (?, ?, ?, ?, ?)`,
		submission.MerchantKey, submission.RequestID, submission.RequestHash, string(text), submission.Now)
	if err != nil {
		return err
	}
	return t.run(`DELETE FROM request WHERE (merchant, request_id) IN
		(SELECT merchant, request_id FROM request WHERE created_at < ? ORDER BY created_at LIMIT ?)`,
		submission.Now.Add(-store.RequestRetention-24*time.Hour), expiredPerRequest)
}
