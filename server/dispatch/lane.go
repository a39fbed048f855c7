package dispatch

import (
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// lane is a connection's queue as the loop sees it. Only what is under way and
// when to look next is in memory; what waits is in the store.
type lane struct {
	key int64
	// next is when to look for due deliveries, zero if nothing is known to wait.
	next time.Time
	// place is the lane's index in the timetable, -1 if it is not there.
	place int
	// before: it had something waiting when the process started.
	before bool
	// queued: in the ring. fetching: a round reads for it.
	queued, fetching bool
	// woken: deliveries came while it was being read for.
	woken bool
	// waits: it is among those that wait for their plugin to have room.
	waits bool
	// held: something due was left behind something under way.
	held bool

	// connection is as last read, nil before the first read.
	connection  *store.Connection
	description *pluginv1.Description
	account     *account
	accountKey  accountKey
	// accountBy is the connection, as it was read, that the account is by.
	accountBy *store.Connection
	load      *pluginLoad
	// stale: the connection has changed since it was read.
	stale bool

	// fresh are deliveries that were just made and wait for a turn. behind: the store
	// has, or may have, others that are due and not under way. The fresh ones of a lane
	// that is behind wait there with them.
	fresh  []store.FreshDelivery
	behind bool
	// forgotten: a sweep found it.
	forgotten bool
	// seen is the last delivery that was read from the store. Ids grow with commits, so
	// those up to it were there to be read.
	seen store.DeliveryID
	// resume is when to look into the store after a turn of fresh deliveries, zero if
	// nothing is known to wait.
	resume time.Time

	// underWay are the deliveries taken and not yet written down.
	underWay map[store.DeliveryID]underWay
	// credit is how many bytes the lane may still send in its turn; negative after a
	// record that was larger.
	credit  int
	breaker breaker
	// calls is how many calls have deliveries of the lane that are not done.
	calls int
	// slow: its last call took long. Such a lane gets one call at a time.
	slow bool
	// counted is how it is in the gauges of Stats.
	counted counted
}

// underWay is a delivery taken and not yet written down.
type underWay struct {
	record  store.RecordRef
	orderID string
	// account is what it went to, whatever becomes of the lane.
	account *account
	size    int
	// flight is the call it goes in, nil if it goes in none.
	flight *flight
}

// callsPerLane bounds the calls that a lane takes part in, so that one that hangs
// cannot take all of its plugin's.
const callsPerLane = 4

// fullOfCalls says whether the lane has to wait for one of its own calls.
func (l *lane) fullOfCalls() bool {
	return l.calls >= callsPerLane || l.slow && l.calls > 0
}

// room returns how many deliveries the lane may take in a turn, whatever its account
// allows. If none, it returns when to ask again, or the zero time if something under
// way has to end first.
func (l *lane) room(now time.Time) (int, time.Time) {
	most := laneQuantum
	if l.connection.Probing {
		most = max(1-len(l.underWay), 0)
	}
	return l.breaker.room(now, len(l.underWay), most)
}

func newLane(key int64) *lane {
	return &lane{key: key, place: -1, behind: true, underWay: map[store.DeliveryID]underWay{}}
}

// busy returns what is under way, its records, and its orders. A record is never
// taken up twice at once, also after it moved to another order (promise P4).
func (l *lane) busy() (except []store.DeliveryID, records []store.RecordRef, orders []string) {
	for id, taken := range l.underWay {
		except = append(except, id)
		records = append(records, taken.record)
		orders = append(orders, taken.orderID)
	}
	return except, records, orders
}

// withinBytes returns as much of the head of the list as the credit allows, at least
// one, and what that takes.
func withinBytes(due []store.DueDelivery, credit int) (within []store.DueDelivery, size int) {
	for i, delivery := range due {
		if size+delivery.Size > credit && i > 0 {
			return due[:i], size
		}
		size += delivery.Size
	}
	return due, size
}

// earn gives the lane the credit of a turn and says whether it may use it. One that
// sent a large record pays for it with turns (deficit round robin).
func (l *lane) earn() bool {
	l.credit = min(l.credit+laneQuantumBytes, laneQuantumBytes)
	return l.credit > 0
}

// firstPerScope drops deliveries that share a scope with an earlier one of the
// list; they have their turn when it is done.
func firstPerScope(due []store.DueDelivery, perOrder bool) []store.DueDelivery {
	if len(due) < 2 {
		return due
	}
	type scope struct {
		kind  store.RecordKind
		key   int64
		order string
	}
	seen := make(map[scope]bool, len(due))
	kept := due[:0]
	for _, delivery := range due {
		s := scope{kind: delivery.Kind, key: delivery.Record}
		if perOrder {
			s = scope{order: delivery.OrderID}
		}
		if !seen[s] {
			seen[s] = true
			kept = append(kept, delivery)
		}
	}
	return kept
}
