package sqlite

import (
	"encoding/binary"

	"github.com/spurline/spurline/server/store"
)

// storedOrder is what a submission is compared with.
type storedOrder struct {
	key           int64
	revision      int64
	sourceVersion *int64
	hash          []byte
	// facts as encodeFacts wrote them, empty if they were not looked for.
	facts []byte
}

func (t *tx) storedOrder(merchant int64, orderID string) (storedOrder, bool, error) {
	q := t.query(`SELECT key, revision, source_version, hash, facts FROM orders
		WHERE order_id = ? AND merchant = ?`, orderID, merchant)
	found := q.next()
	var o storedOrder
	if found {
		o = storedOrder{q.int(), q.int(), q.optional(), q.bytes(), q.bytes()}
	}
	return o, found, q.done()
}

func (t *tx) acceptOrder(submission store.Submission) (store.RecordReceipt, error) {
	order := submission.Order
	stored, known, err := t.storedOrder(submission.MerchantKey, order.OrderID)
	if err != nil {
		return store.RecordReceipt{}, err
	}
	receipt := store.RecordReceipt{Result: store.Created, Revision: 1}
	if known {
		receipt.Result = store.Verdict(stored.hash, order.Hash, stored.sourceVersion, order.SourceVersion)
		receipt.Revision = stored.revision
	}
	var change factsChange
	if changes(receipt.Result) {
		if change, err = t.factsChange(submission, stored); err != nil {
			return store.RecordReceipt{}, err
		}
	}
	switch receipt.Result {
	case store.Stale:
		return receipt, nil
	case store.Unchanged:
		return receipt, t.raiseVersion(`orders`, stored.key, stored.sourceVersion, order.SourceVersion)
	case store.Created:
		stored.key, err = t.createOrder(submission)
	case store.Revised:
		receipt.Revision++
		err = t.reviseOrder(submission, stored.key)
	}
	if err != nil {
		return store.RecordReceipt{}, err
	}
	if receipt.Deliveries, err = t.deliverOrder(submission, stored.key, receipt); err != nil {
		return store.RecordReceipt{}, err
	}
	joined, err := t.rejoin(submission, change)
	receipt.Deliveries = append(receipt.Deliveries, joined...)
	return receipt, err
}

func (t *tx) deliverOrder(
	submission store.Submission, key int64, receipt store.RecordReceipt,
) ([]store.DeliveryRef, error) {
	order := submission.Order
	var made []store.DeliveryRef
	for _, want := range submission.Wants {
		if !want.Takes.Orders {
			continue
		}
		ref, err := t.makeDelivery(newDelivery{
			want: want, merchant: submission.MerchantKey, kind: store.OrderRecord, record: key,
			revision: receipt.Revision, created: receipt.Result == store.Created, size: len(order.Body),
			orderID: order.OrderID, due: submission.Now, body: order.Body,
			trace: submission.Trace,
		}, submission.Now)
		if err != nil {
			return nil, err
		}
		made = append(made, ref)
		if !want.Takes.Tracking {
			continue
		}
		if err := t.hold(want.Connection, submission.MerchantKey, order.OrderID); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// raiseVersion keeps the source version of a submission with equal content, so
// that what is older than it stays stale.
func (t *tx) raiseVersion(table string, key int64, stored, submitted *int64) error {
	if submitted == nil || stored != nil && *submitted <= *stored {
		return nil
	}
	return t.run(`UPDATE `+table+` SET source_version = ? WHERE key = ?`, submitted, key)
}

func (t *tx) createOrder(submission store.Submission) (key int64, err error) {
	order, change := submission.Order, t.nextChange(submission.Now)
	err = t.run(`INSERT INTO orders (merchant, order_id, revision, source_version, hash, source, facts, last_change,
		created_at, updated_at, body) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)`,
		submission.MerchantKey, order.OrderID, order.SourceVersion, order.Hash, order.Source,
		encodeOrderFacts(order), change, submission.Now, submission.Now, order.Body)
	if err != nil {
		return 0, err
	}
	key = t.conn.LastInsertRowID()
	return key, t.linkChange(change, key, submission.MerchantKey)
}

func (t *tx) reviseOrder(submission store.Submission, key int64) error {
	order := submission.Order
	if err := t.run(`INSERT INTO order_revision
		(order_key, revision, source_version, hash, source, updated_at, body)
		SELECT key, revision, source_version, hash, source, updated_at, body FROM orders WHERE key = ?`,
		key); err != nil {
		return err
	}
	change := t.nextChange(submission.Now)
	if err := t.run(`UPDATE orders SET revision = revision + 1, source_version = coalesce(?, source_version),
		hash = ?, source = ?, facts = ?, last_change = ?, updated_at = ?, body = ? WHERE key = ?`,
		order.SourceVersion, order.Hash, order.Source, encodeOrderFacts(order), change, submission.Now, order.Body,
		key); err != nil {
		return err
	}
	return t.linkChange(change, key, submission.MerchantKey)
}

// encodeOrderFacts returns what decodes to the facts of an order, nothing if they were
// not looked for.
func encodeOrderFacts(order *store.OrderSubmission) []byte {
	if order.FactsLeftOut {
		return []byte{}
	}
	return encodeFacts(order.Facts)
}

func encodeFacts(digests store.FactDigests) []byte {
	raw := make([]byte, 0, 8*len(digests))
	for _, digest := range digests {
		raw = binary.BigEndian.AppendUint64(raw, digest)
	}
	return raw
}

// decodeFacts reads what encodeFacts wrote, with fewer or more facts than there
// are today.
func decodeFacts(raw []byte) store.FactDigests {
	var digests store.FactDigests
	for i := range digests {
		if len(raw) < 8 {
			break
		}
		digests[i] = binary.BigEndian.Uint64(raw)
		raw = raw[8:]
	}
	return digests
}
