package sqlite

import (
	"time"

	"github.com/spurline/spurline/server/store"
)

// row is a delivery as the writer looks at it before it changes it.
type row struct {
	id                                     store.DeliveryID
	connection, merchant, record, revision int64
	kind                                   store.RecordKind
	state                                  store.DeliveryState
	reason, orderID                        string
	due                                    time.Time
	fateUnknown                            bool
	epoch                                  int64
	lastNumber                             int64
}

const selectRow = `SELECT id, connection, merchant, record, revision, kind, state, reason, order_id, due,
	fate_unknown, epoch, last_number FROM delivery `

// byRecord goes with selectRow. Statements name their index wherever there is a
// choice: the planner knows no sizes, and one wrong guess walks a lane of ten
// million. For +0 see query.go.
const byRecord = `INDEXED BY delivery_record WHERE kind = ?+0 AND record = ?+0`

func scanRow(q *query) row {
	return row{
		id: store.DeliveryID(q.int()), connection: q.int(), merchant: q.int(), record: q.int(), revision: q.int(),
		kind: store.RecordKind(q.int()), state: store.DeliveryState(q.int()), reason: q.text(), orderID: q.text(),
		due: q.time(), fateUnknown: q.bool(), epoch: q.int(), lastNumber: q.int(),
	}
}

func (t *tx) row(id store.DeliveryID) (row, bool, error) {
	return oneRow(t.query(selectRow+`WHERE id = ?`, int64(id)))
}

// lastRow returns a record's last delivery on a connection. Only that one can be
// open or failed: whoever makes a delivery ends the one before.
func (t *tx) lastRow(kind store.RecordKind, record, connection int64) (row, bool, error) {
	return oneRow(t.query(selectRow+byRecord+` AND connection = ?+0
		ORDER BY revision DESC LIMIT 1`, int(kind), record, connection))
}

func oneRow(q *query) (row, bool, error) {
	var r row
	found := q.next()
	if found {
		r = scanRow(q)
	}
	return r, found, q.done()
}

// unended says whether a later delivery of the record takes its place.
func (r row) unended() bool { return r.state.Open() || r.state == store.Failed }

// doubtful says whether a send of it may have arrived without its outcome being
// written down.
func (t *tx) doubtful(r row) bool { return t.w.store.doubtful(r.fateUnknown, r.epoch) }
