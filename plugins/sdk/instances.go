package sdk

import (
	"io"
	"log/slog"
	"sync"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// idleAfter is how long an instance without deliveries is kept.
const idleAfter = 10 * time.Minute

// instances keeps one instance per connection: that of its newest generation.
// It is safe for concurrent use.
type instances struct {
	make   func(c *pluginv1.Connection, from origin) (any, []Fault)
	logger *slog.Logger
	panics panics

	mu     sync.Mutex
	closed bool
	newest map[string]*instance
	// states outlive generations: a token stays good when a setting changes.
	states map[string]*connectionState
}

// instance is one that the plugin made, with the number of its uses. All but
// value, faults and made is guarded by the mutex of its owner.
type instance struct {
	generation uint64
	account    string // Env has it, so another one takes another instance.
	origin

	made   chan struct{} // Closed when value and faults are there.
	value  any
	faults []Fault

	uses    int
	retired bool
	// idle fires when the instance may have been unused for idleAfter, and is set
	// again if it was not: to move it with every use would cost more than the use.
	idle   *time.Timer
	unused time.Time // Since then, if there are no uses.
}

// origin is what an instance is made with beside the values of its connection.
type origin struct {
	secrets masker
	logger  *slog.Logger // The connection's.
	state   *connectionState
}

func newOrigin(logger *slog.Logger, c *pluginv1.Connection, state *connectionState) origin {
	m := newMasker(c.GetSecrets())
	return origin{m, slog.New(maskHandler{logger.Handler(), m}).With(slog.String("connection", c.GetUid())), state}
}

func newInstances(
	logger *slog.Logger, build func(*pluginv1.Connection, origin) (any, []Fault),
) *instances {
	return &instances{
		make: build, logger: logger,
		newest: map[string]*instance{}, states: map[string]*connectionState{},
	}
}

// acquire returns the instance of a connection, made by the first who wants it
// while the others wait. It is never nil. Every acquire needs a release.
func (o *instances) acquire(c *pluginv1.Connection) *instance {
	o.mu.Lock()
	i := o.newest[c.GetUid()]
	if i != nil && i.generation == c.GetGeneration() && i.account == c.GetAccountId() {
		i.uses++
		i.state.receive(c.GetState())
		o.mu.Unlock()
		<-i.made
		return i
	}
	state := o.states[c.GetUid()]
	if state == nil {
		state = &connectionState{}
		o.states[c.GetUid()] = state
	}
	state.receive(c.GetState())
	older := i
	i = &instance{
		generation: c.GetGeneration(), account: c.GetAccountId(), origin: newOrigin(o.logger, c, state),
		made: make(chan struct{}), uses: 1,
	}
	var replaced *instance
	switch {
	case o.closed, older != nil && older.generation > i.generation:
		i.retired = true // A late call of before the edit; for it alone.
	default:
		o.newest[c.GetUid()] = i
		replaced = o.retire(older)
	}
	o.mu.Unlock()

	o.close(replaced)
	defer close(i.made)
	i.value, i.faults = o.make(c, i.origin)
	return i
}

// release gives an instance back. The last use of a replaced one closes it.
func (o *instances) release(uid string, i *instance) {
	o.mu.Lock()
	i.uses--
	if i.uses > 0 {
		o.mu.Unlock()
		return
	}
	unused := i
	switch {
	case i.retired:
	case len(i.faults) > 0:
		// Whatever was wrong may have been mended outside.
		o.forget(uid, i)
	default:
		unused = nil
		i.unused = time.Now()
		if i.idle == nil {
			i.idle = time.AfterFunc(idleAfter, func() { o.expire(uid, i) })
		}
	}
	o.mu.Unlock()
	o.close(unused)
}

// expire closes an instance that was idle for long enough.
func (o *instances) expire(uid string, i *instance) {
	o.mu.Lock()
	if i.retired {
		o.mu.Unlock()
		return
	}
	left := idleAfter
	if i.uses == 0 {
		left = idleAfter - time.Since(i.unused)
	}
	if left > 0 {
		i.idle.Reset(left)
		o.mu.Unlock()
		return
	}
	o.forget(uid, i)
	o.mu.Unlock()
	o.close(i)
}

// forget drops the newest instance of a connection, and the state that the host
// sends again anyway.
func (o *instances) forget(uid string, i *instance) {
	i.retired = true
	if o.newest[uid] == i {
		delete(o.newest, uid)
		delete(o.states, uid)
	}
}

// retire marks a replaced instance and returns it if nobody uses it.
func (*instances) retire(i *instance) *instance {
	if i == nil {
		return nil
	}
	i.retired = true
	if i.idle != nil {
		i.idle.Stop()
	}
	if i.uses > 0 {
		return nil
	}
	return i
}

// closeAll closes what is unused now, and the rest after its last use.
func (o *instances) closeAll() {
	o.mu.Lock()
	o.closed = true
	var unused []*instance
	for uid, i := range o.newest {
		if idle := o.retire(i); idle != nil {
			unused = append(unused, idle)
		}
		delete(o.newest, uid)
	}
	clear(o.states)
	o.mu.Unlock()
	for _, i := range unused {
		o.close(i)
	}
}

// close closes what the plugin made, if it can be closed.
func (o *instances) close(i *instance) {
	if i == nil {
		return
	}
	o.panics.closeValue(i.value, o.logger, i.secrets)
}

func (p panics) closeValue(value any, logger *slog.Logger, m masker) {
	closer, ok := value.(io.Closer)
	if !ok {
		return
	}
	defer p.recoverTo(logger, m, "Close", nil)
	if err := closer.Close(); err != nil {
		logger.Warn("instance not closed cleanly", slog.String("error", m.excerpt(err.Error())))
	}
}
