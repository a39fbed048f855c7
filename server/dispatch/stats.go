package dispatch

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spurline/spurline/server/store"
)

// Observer is told what happens, to count it. It is called concurrently and must
// return at once: deliveries wait for it.
type Observer interface {
	// Ended tells what became of a delivery, after that was written down.
	Ended(Ending)
	// Violated tells of an answer with which a plugin broke the contract.
	Violated(plugin string)
	// Paused tells of a lane that stops because its credentials were refused.
	Paused(plugin string)
	// Broke tells of a lane that stops because its extra interface is out of order.
	Broke(plugin string)
}

// Ending is what became of a delivery that was under way. It may come again: then
// this was one attempt of several.
type Ending struct {
	Plugin string
	// Outcome of the attempt, 0 if the delivery ended without one.
	Outcome store.Outcome
	// Reason is the plugin's own word if Answered, the host's if not.
	Reason   string
	Answered bool
	// Probe: it went to find out whether the extra interface is in order again.
	Probe bool
	// Took is how long the attempt was, Age how long ago the delivery was accepted.
	Took, Age time.Duration
	// State is where the delivery is now.
	State store.DeliveryState
}

// observe tells of outcomes that are written down, and returns what the loop has to
// know of them.
func (l *ledger) observe(outcomes []*outcome) []writtenOutcome {
	now := time.Now()
	written := make([]writtenOutcome, 0, len(outcomes))
	for _, o := range outcomes {
		written = append(written, o.written)
		e, c := &o.entry, o.completion
		if c == nil {
			continue
		}
		ending := Ending{
			Plugin: e.sending.connection.Plugin, State: c.State, Age: now.Sub(e.sending.delivery.CreateTime),
		}
		if !e.settled {
			ending.Outcome, ending.Reason, ending.Answered = e.result.outcome, e.result.reason, e.answered
			ending.Probe, ending.Took = e.sending.probe, c.Attempt.Duration
		}
		l.d.options.Observer.Ended(ending)
	}
	return written
}

// unobserved is the Observer of a Dispatcher that was given none.
type unobserved struct{}

func (unobserved) Ended(Ending)    {}
func (unobserved) Violated(string) {}
func (unobserved) Paused(string)   {}
func (unobserved) Broke(string)    {}

// Stats is how a Dispatcher stands now.
type Stats struct {
	// QueuedLanes are in the ring and have a turn as soon as there is room,
	// ScheduledLanes have something to do later.
	QueuedLanes, ScheduledLanes int64
	// Rounds of reads that run.
	Rounds int64
	// UnderWay are the deliveries taken and not yet written down, UnderWayBytes about
	// how much they are.
	UnderWay, UnderWayBytes int64
	// LedgerQueue are the outcomes that wait for their commit, LedgerRetries the
	// commits that failed and were tried again since the start.
	LedgerQueue, LedgerRetries int64
	// Plugins has those with lanes, sorted by name.
	Plugins []PluginStats
}

// PluginStats is how the lanes and calls of one plugin stand now.
type PluginStats struct {
	Plugin string
	// Lanes by their standing. Lanes that had nothing to do since the start are in
	// none.
	Lanes [Standings]int64
	// ParkedLanes wait for the plugin's process, WaitingLanes for a free call or for it to
	// have less under way.
	ParkedLanes, WaitingLanes int64
	// ThrottledAccounts were told to wait.
	ThrottledAccounts int64
	UnderWay          int64
	// Calls that run, SlowCalls those that run for long, IsolatedCalls those in the
	// process for suspects.
	Calls, SlowCalls, IsolatedCalls int64
	// Suspects wait for an isolated call.
	Suspects int64
}

// Standing is what a lane does. A lane has exactly one.
type Standing int

// The standings.
const (
	// Idle lanes have nothing under way.
	Idle Standing = iota
	Busy
	// Probing lanes were paused and let one delivery at a time go.
	Probing
	// Paused lanes have a connection that is paused or disabled.
	Paused
	// Broken lanes probe an extra interface that is out of order.
	Broken
	// Standings is how many there are.
	Standings = iota
)

// String returns the name of the standing, upper case.
func (s Standing) String() string {
	return [Standings]string{"IDLE", "BUSY", "PROBING", "PAUSED", "BROKEN"}[s]
}

func (l *lane) standing() Standing {
	switch {
	case l.connection.State != store.Active:
		return Paused
	case l.breaker.open:
		return Broken
	case l.connection.Probing:
		return Probing
	case len(l.underWay) > 0:
		return Busy
	}
	return Idle
}

// gauges are the numbers of Stats. The loop changes them as things happen, so that
// reading them walks no lanes.
type gauges struct {
	queued, scheduled, rounds, underWay, bytes, retries, refused atomic.Int64
	plugins                                                      sync.Map // *pluginGauges by name

	mu sync.Mutex
	// throttled has the time that accounts were told to wait for.
	throttled map[accountKey]time.Time
}

type pluginGauges struct {
	lanes                                             [Standings]atomic.Int64
	underWay                                          atomic.Int64
	calls, slow, isolated, suspects, parked, awaiting atomic.Int64
}

func (g *gauges) of(plugin string) *pluginGauges {
	known, ok := g.plugins.Load(plugin)
	if !ok {
		known, _ = g.plugins.LoadOrStore(plugin, &pluginGauges{})
	}
	return known.(*pluginGauges)
}

// throttle notes until when an account waits, the zero time if it is gone.
func (g *gauges) throttle(account accountKey, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until.IsZero() {
		delete(g.throttled, account)
		return
	}
	if g.throttled == nil {
		g.throttled = map[accountKey]time.Time{}
	}
	g.throttled[account] = until
}

// throttledNow counts by plugin, and forgets those who may go again.
func (g *gauges) throttledNow(now time.Time) map[string]int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	counts := map[string]int64{}
	for account, until := range g.throttled {
		if !now.Before(until) {
			delete(g.throttled, account)
			continue
		}
		counts[account.plugin]++
	}
	return counts
}

// counted is how a lane is in the gauges. in is nil if it is not.
type counted struct {
	in       *pluginGauges
	standing Standing
	underWay int
}

// count brings the gauges up to date with a lane.
func (l *loop) count(lane *lane) {
	if lane.connection == nil {
		return
	}
	c := &lane.counted
	now := counted{in: c.in, standing: lane.standing(), underWay: len(lane.underWay)}
	if now == *c {
		return
	}
	if c.in == nil {
		now.in = l.d.gauges.of(lane.connection.Plugin)
	} else {
		c.in.lanes[c.standing].Add(-1)
	}
	now.in.lanes[now.standing].Add(1)
	now.in.underWay.Add(int64(now.underWay - c.underWay))
	*c = now
}

// uncount takes a lane out of the gauges that has nothing under way.
func (l *lane) uncount() {
	if l.counted.in != nil {
		l.counted.in.lanes[l.counted.standing].Add(-1)
		l.counted = counted{}
	}
}

// show brings the gauges up to date that are not of single lanes.
func (l *loop) show() {
	g := &l.d.gauges
	g.queued.Store(int64(len(l.ring)))
	g.scheduled.Store(int64(len(l.later)))
	g.rounds.Store(int64(l.fetching))
	g.underWay.Store(int64(l.underWay))
	g.bytes.Store(int64(l.bytes))
	for _, load := range l.plugins {
		p := load.gauges
		isolated := int64(0)
		if load.isolating {
			isolated = 1
		}
		p.calls.Store(int64(load.calls))
		p.slow.Store(int64(load.slow))
		p.isolated.Store(isolated)
		p.suspects.Store(int64(len(load.suspects)))
		p.parked.Store(int64(len(load.parked)))
		p.awaiting.Store(int64(len(load.waiting) + len(load.waitingSlow)))
	}
}

// Stats may be called at any time, as often as one likes: it holds nothing up. Its
// numbers are not all of the same instant.
func (d *Dispatcher) Stats() Stats {
	g := &d.gauges
	d.ledger.mu.Lock()
	queue := len(d.ledger.queue)
	d.ledger.mu.Unlock()
	stats := Stats{
		QueuedLanes: g.queued.Load(), ScheduledLanes: g.scheduled.Load(), Rounds: g.rounds.Load(),
		UnderWay: g.underWay.Load(), UnderWayBytes: g.bytes.Load(),
		LedgerQueue: int64(queue) + g.refused.Load(), LedgerRetries: g.retries.Load(),
	}
	throttled := g.throttledNow(time.Now())
	g.plugins.Range(func(name, known any) bool {
		p := known.(*pluginGauges)
		plugin := PluginStats{
			Plugin: name.(string), ThrottledAccounts: throttled[name.(string)], UnderWay: p.underWay.Load(),
			Calls: p.calls.Load(), SlowCalls: p.slow.Load(), IsolatedCalls: p.isolated.Load(),
			Suspects: p.suspects.Load(), ParkedLanes: p.parked.Load(), WaitingLanes: p.awaiting.Load(),
		}
		for standing := range plugin.Lanes {
			plugin.Lanes[standing] = p.lanes[standing].Load()
		}
		stats.Plugins = append(stats.Plugins, plugin)
		return true
	})
	slices.SortFunc(stats.Plugins, func(a, b PluginStats) int { return cmp.Compare(a.Plugin, b.Plugin) })
	return stats
}
