package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

// model is what the callers and the extra interfaces know: the ledger of what was
// accepted, the records that are there, and what was sent. Every method may be called
// side by side.
type model struct {
	mu       sync.Mutex
	fault    string
	schedule schedule

	store      *sqlite.Store
	dispatcher *dispatch.Dispatcher

	// The callers' ledger.
	made    []store.DeliveryID
	records map[string]*ledgerRecord
	sources map[string]string
	conns   []*ledgerConnection

	// faulty: plugins misbehave. poison: a record ends every process it is given to.
	faulty, poison bool
	stopped        map[string]bool
	remote         map[place]*remoteRecord
	sent           map[place]*history
	underWay       map[store.DeliveryID]*send
	accounts       map[string]*ledgerAccount
	takenAt        map[store.DeliveryID]time.Time
	// heldSince is when an order last got something that goes before its tracking.
	heldSince map[place]time.Time

	sends, arrivals int
}

// place is a record, or an order, at a connection.
type place struct {
	connection int64
	name       string
}

// ledgerRecord is a record as its callers know it.
type ledgerRecord struct {
	order    string
	content  string
	revision int64
	// facts is every content that it ever had with the facts of its order, the last
	// one last.
	facts []fact
}

// fact is the content of a record. Some connections do not join the source.
type fact struct{ order, content, source string }

// ledgerConnection is a connection as its caller knows it.
type ledgerConnection struct {
	store.Connection
	// stoppedAt is when it stopped being active, changedAt when its filter changed.
	stoppedAt, changedAt time.Time
	deleted              bool
	// wanted has what it got deliveries of.
	wanted map[string]*wanted
}

// wanted is a record that a connection has to get.
type wanted struct {
	revision int64
	// from is the oldest content, by its place in facts, that may be there in the end.
	from int
}

// remoteRecord is what there is of a record at an extra interface.
type remoteRecord struct {
	content fact
	copies  int
	ids     map[string]bool
}

// history is what was sent of a record to a connection.
type history struct {
	sends    int
	revision int64
	at       int
	// doubt: a send may have arrived, and what became of it was not written down.
	doubt bool
	// repeated: a human has asked for a repeat all the same.
	repeated bool
}

// ledgerAccount is what of an account is in use.
type ledgerAccount struct {
	underWay int
	tokens   float64
	since    time.Time
	// keptStill from one time until another.
	from, until time.Time
}

// send is one send, from its call to its answer.
type send struct {
	at      place
	id      store.DeliveryID
	plugin  string
	order   string
	account string
	content fact
	number  int
	// doubted: an earlier send may have arrived already.
	doubted, isolated, probe bool
	remoteID                 string
	plan                     plan
	outcome                  pluginv1.Outcome
	ended                    bool
}

func newModel(s schedule) model {
	return model{
		schedule: s, faulty: true, poison: s.poison, records: map[string]*ledgerRecord{}, sources: map[string]string{},
		stopped: map[string]bool{}, remote: map[place]*remoteRecord{}, sent: map[place]*history{},
		underWay: map[store.DeliveryID]*send{}, accounts: map[string]*ledgerAccount{},
		takenAt: map[store.DeliveryID]time.Time{}, heldSince: map[place]time.Time{},
	}
}

// failf records the first fault.
func (m *model) failf(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail(format, args...)
}

func (m *model) fail(format string, args ...any) {
	if m.fault == "" {
		m.fault = fmt.Sprintf("%s: ", time.Since(modelStart)) + fmt.Sprintf(format, args...)
	}
}

// modelStart is when every bubble starts.
var modelStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (m *model) restarted(s *sqlite.Store, d *dispatch.Dispatcher) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.store, m.dispatcher = s, d
	clear(m.underWay)
	for _, account := range m.accounts { // A new process knows nothing of the pace.
		account.tokens, account.since = modelBurst, time.Now()
	}
}

func (m *model) isReady(plugin string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.stopped[plugin]
}

func (m *model) poisonous(name string) bool { return m.poison && name == "t/N1" }

// woken notes fresh deliveries, which may be sent without being read.
func (m *model) woken(lanes []store.Lane) {
	for _, lane := range lanes {
		for _, fresh := range lane.Fresh {
			m.taken([]store.DeliveryID{fresh.ID})
		}
	}
}

func (m *model) taken(ids []store.DeliveryID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		m.takenAt[id] = time.Now()
	}
}

func (m *model) connection(key int64) *ledgerConnection {
	for _, c := range m.conns {
		if c.Key == key {
			return c
		}
	}
	return nil
}

func (m *model) historyOf(at place) *history {
	if m.sent[at] == nil {
		m.sent[at] = &history{}
	}
	return m.sent[at]
}

// seen is the content as the connection sees it.
func (c *ledgerConnection) seen(f fact) fact {
	if c.Takes.Facts == 0 && f.order != "" {
		f.source = ""
	}
	return f
}

// arrived is the answer for a send that arrives. What is there already may be
// answered as such.
func (m *model) arrived(s *send, draw *rand.Rand) *pluginv1.DeliveryResult {
	there := m.remote[s.at]
	if s.plugin == sure && there != nil && there.content == s.content && draw.IntN(2) == 0 {
		return failing(pluginv1.Outcome_OUTCOME_ALREADY_PRESENT, "PRESENT")
	}
	return &pluginv1.DeliveryResult{Outcome: pluginv1.Outcome_OUTCOME_DELIVERED}
}

// arrive makes or updates the record at the extra interface.
func (m *model) arrive(s *send) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arrivals++
	there := m.remote[s.at]
	if there == nil {
		there = &remoteRecord{ids: map[string]bool{}}
		m.remote[s.at] = there
	}
	there.content = s.content
	if s.plugin == blunt && there.ids[s.remoteID] || s.plugin == sure && there.copies > 0 {
		return
	}
	there.copies++
	s.remoteID = fmt.Sprintf("%s/%d", s.at.name, there.copies)
	there.ids[s.remoteID] = true
}

// answered ends a send whose answer is on its way.
func (m *model) answered(s *send) {
	m.end(s)
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, result := range s.plan.results {
		if result.GetDeliveryId() == "" && s.outcome == 0 {
			s.outcome = result.GetOutcome()
			if s.plan.arrives && s.outcome == pluginv1.Outcome_OUTCOME_DELIVERED {
				s.plan.results[i].RemoteId = s.remoteID
			}
		}
	}
}

func (m *model) end(s *send) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !s.ended {
		s.ended = true
		m.accounts[s.account].underWay--
	}
}

// stopping notes that a connection is about to be stopped: whoever sees that has to
// find when. It returns what takes the note back.
func (m *model) stopping(connection int64) (forget func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.connection(connection)
	before := c.stoppedAt
	c.stoppedAt = time.Now()
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		c.stoppedAt = before
	}
}

// pausedByOutcome notes that an outcome paused a connection. One of older settings
// must not (promise P6).
func (m *model) pausedByOutcome(before store.Connection, change store.StateChange) {
	if change.Generation < before.Generation {
		m.failf("connection %d is paused by an outcome of generation %d, it has %d",
			change.Connection, change.Generation, before.Generation)
	}
}

// throttled notes that an account has to be kept still.
func (m *model) throttled(ctx context.Context, throttle store.Throttle) {
	c, err := m.store.ConnectionByKey(context.WithoutCancel(ctx), throttle.Connection)
	if err != nil || c.Generation != throttle.Generation {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	account := m.account(accountName(c.Key, c.Generation, c.AccountID))
	if throttle.NotBefore.After(account.until) {
		account.from, account.until = time.Now(), throttle.NotBefore.Truncate(time.Microsecond) // As it is kept.
	}
}

func accountName(connection, generation int64, account string) string {
	if account != "" {
		return account
	}
	return fmt.Sprintf("%d at %d", connection, generation)
}

func (m *model) account(name string) *ledgerAccount {
	if m.accounts[name] == nil {
		m.accounts[name] = &ledgerAccount{tokens: modelBurst, since: time.Now()}
	}
	return m.accounts[name]
}
