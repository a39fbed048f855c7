package sqlite

import (
	"slices"
	"strconv"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// loader reads deliveries at one instant.
type loader struct {
	store *Store
	conn  *sqlite.Conn
	// parcels of orders that were read for an earlier delivery.
	parcels map[parcelOrder][]parcelPlace
}

type parcelOrder struct {
	merchant int64
	orderID  string
}

type parcelPlace struct {
	key    int64
	number string
	voided bool
}

func (l *loader) load(id store.DeliveryID) (loaded store.LoadedDelivery, found bool, err error) {
	q := start(l.conn, `SELECT `+deliveryColumns+`, r.state, r.content_key, d.merchant, d.epoch`+fromDeliveries+
		`WHERE d.id = ?+0`, int64(id))
	var merchant int64
	if found = q.next(); found {
		loaded.Delivery = l.store.scanDelivery(q)
		loaded.Remote = store.RemoteRecord{
			RemoteID: loaded.Delivery.RemoteID, RemoteURL: loaded.Delivery.RemoteURL, State: q.bytes(), ContentKey: q.bytes(),
		}
		merchant = q.int()
		loaded.NeedsIntent = q.int() == neverReady
	}
	if err := q.done(); err != nil || !found {
		return loaded, false, err
	}
	loaded.RecordKey = recordKey(loaded.Delivery.Kind, loaded.Delivery.Record)
	if loaded.Delivery.Kind == store.OrderRecord {
		return loaded, true, l.loadOrder(&loaded)
	}
	return loaded, true, l.loadTracking(&loaded, merchant)
}

// recordKey names a record for plugins.
func recordKey(kind store.RecordKind, key int64) string {
	if kind == store.OrderRecord {
		return "order:" + strconv.FormatInt(key, 10)
	}
	return "tracking:" + strconv.FormatInt(key, 10)
}

// isOf notes the revision of the body. One that a later revision covers stays what it is:
// the facts are the same.
func isOf(loaded *store.LoadedDelivery, revision int64) {
	if revision > loaded.Delivery.Covers {
		loaded.Delivery.Revision, loaded.Delivery.Covers, loaded.Newer = revision, revision, true
	}
}

func (l *loader) loadOrder(loaded *store.LoadedDelivery) error {
	q := start(l.conn, `SELECT body, revision FROM orders WHERE key = ?`, loaded.Delivery.Record)
	if q.next() {
		loaded.Body = q.bytes()
		isOf(loaded, q.int())
	}
	return q.done()
}

func (l *loader) body(text string, args ...any) ([]byte, error) {
	q := start(l.conn, text, args...)
	var body []byte
	if q.next() {
		body = q.bytes()
	}
	return body, q.done()
}

// loadTracking reads the parcel, its order, and its place among the order's
// parcels. The order is the one that the parcel belongs to now.
func (l *loader) loadTracking(loaded *store.LoadedDelivery, merchant int64) (err error) {
	q := start(l.conn, `SELECT order_id, body, revision FROM tracking WHERE key = ?`, loaded.Delivery.Record)
	order := parcelOrder{merchant: merchant}
	if q.next() {
		order.orderID, loaded.Body = q.text(), q.bytes()
		isOf(loaded, q.int())
	}
	if err := q.done(); err != nil {
		return err
	}
	if loaded.Delivery.Revision > 1 {
		if loaded.EarlierOrders, err = l.earlierOrders(loaded.Delivery.Record, order.orderID); err != nil {
			return err
		}
	}
	loaded.OrderBody, err = l.body(`SELECT body FROM orders WHERE order_id = ? AND merchant = ?`,
		order.orderID, merchant)
	if err != nil {
		return err
	}
	parcels, known := l.parcels[order]
	if !known {
		if parcels, err = l.parcelsOf(order); err != nil {
			return err
		}
		l.parcels[order] = parcels
	}
	const mostSiblings = 50
	loaded.ParcelCount = len(parcels)
	for i, parcel := range parcels {
		if parcel.key == loaded.Delivery.Record {
			loaded.ParcelNumber = i + 1
		} else if len(loaded.Siblings) < mostSiblings {
			loaded.Siblings = append(loaded.Siblings, parcel.number)
			if parcel.voided {
				loaded.VoidedSiblings = append(loaded.VoidedSiblings, parcel.number)
			}
		}
	}
	return nil
}

// earlierOrders are those of a parcel's revisions before, but for the one it is in now.
func (l *loader) earlierOrders(tracking int64, now string) ([]string, error) {
	const mostOrders = 10
	q := start(l.conn, `SELECT order_id FROM tracking_revision INDEXED BY tracking_revision_key
		WHERE tracking_key = ? ORDER BY revision DESC`, tracking)
	var orders []string
	for q.next() {
		if id := q.text(); id != now && len(orders) < mostOrders && !slices.Contains(orders, id) {
			orders = append(orders, id)
		}
	}
	return orders, q.done()
}

func (l *loader) parcelsOf(order parcelOrder) ([]parcelPlace, error) {
	q := start(l.conn, `SELECT key, number, voided FROM tracking
		WHERE order_id = ?||'' AND merchant = ?+0 ORDER BY key`, order.orderID, order.merchant)
	var parcels []parcelPlace
	for q.next() {
		parcels = append(parcels, parcelPlace{q.int(), q.text(), q.bool()})
	}
	return parcels, q.done()
}
