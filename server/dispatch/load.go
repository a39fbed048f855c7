package dispatch

import (
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// pluginLoad is what a plugin has to do. It belongs to the loop.
type pluginLoad struct {
	// calls is how many run now, but for those that have become slow.
	calls, slow int
	// underWay counts its deliveries that are, bytes about how much they are, promised
	// those that running fetches may still find.
	underWay, bytes, promised int
	// tracking and orders are gathered for the next call of each contract.
	tracking, orders []*sending
	// suspects wait for a call in the plugin's isolated process, isolating while one
	// runs.
	suspects  []*sending
	isolating bool
	// parked are lanes that wait for the plugin's process, waiting those that wait
	// for a free call or for its share, the slow ones apart.
	parked               map[*lane]struct{}
	waiting, waitingSlow []*lane
	gauges               *pluginGauges
}

// slowShare is the part of a plugin's calls that slow lanes may hold together.
const slowShare = 4

// slowCalls is how many of the plugin's calls slow lanes may hold together.
func slowCalls(most int) int { return max(most/slowShare, 1) }

// full says whether the lane has to wait for any call of the plugin to end.
func (p *pluginLoad) full(lane *lane, most int) bool {
	return p.calls >= most || lane.slow && p.slow >= slowCalls(most)
}

// pluginShare is the part of everything under way that a plugin may have, so that one
// that hangs leaves room for the others (promise P5).
const pluginShare = 2

// hasShare says whether all lanes of the plugin have to wait for what it has.
func (l *loop) hasShare(load *pluginLoad) bool {
	most := max(l.d.options.InFlight/pluginShare, 1)
	return load.underWay+load.promised >= most || load.bytes >= mostBytesUnderWay/pluginShare
}

// weigh changes what a plugin has under way.
func (l *loop) weigh(load *pluginLoad, deliveries, bytes, promised int) {
	load.underWay += deliveries
	load.bytes += bytes
	load.promised += promised
	l.underWay += deliveries
	l.bytes += bytes
}

func (l *loop) load(plugin string) *pluginLoad {
	known, ok := l.plugins[plugin]
	if !ok {
		known = &pluginLoad{
			parked: map[*lane]struct{}{}, gauges: l.d.gauges.of(plugin),
		}
		l.plugins[plugin] = known
	}
	return known
}

// loadOf is what the plugin of a lane has to do. A connection never gets another plugin.
func (l *loop) loadOf(lane *lane) *pluginLoad {
	if lane.load == nil {
		lane.load = l.load(lane.connection.Plugin)
	}
	return lane.load
}

// release looks at the lanes that waited for a plugin's process.
func (l *loop) release(plugin string) {
	load := l.load(plugin)
	for lane := range load.parked {
		delete(load.parked, lane)
		l.lookAt(lane, time.Now())
	}
}

// send puts a delivery into the next call of its plugin, or has it written down
// if it ends without one.
func (l *loop) send(s *sending, lane *lane, stopping bool) {
	if s.settled != nil {
		l.d.ledger.put(entry{sending: s, settled: true})
		return
	}
	if stopping {
		l.d.ledger.put(entry{sending: s, released: true})
		return
	}
	load := l.loadOf(lane)
	switch {
	case s.suspicion > trusted:
		s.isolated = true
		load.suspects = append(load.suspects, s)
	case s.tracking != nil:
		load.tracking = append(load.tracking, s)
	default:
		load.orders = append(load.orders, s)
	}
}

// startCalls hands what was gathered to the plugins, in calls of the size that
// each asks for. Few rounds run at once, so what goes beyond the limit of calls
// is small.
func (l *loop) startCalls() {
	for plugin, load := range l.plugins {
		description, _ := l.d.options.Plugins.Describe(plugin)
		for _, batch := range batches(load.tracking, description.GetPace()) {
			l.startCall(plugin, load, batch)
		}
		for _, batch := range batches(load.orders, description.GetPace()) {
			l.startCall(plugin, load, batch)
		}
		load.tracking, load.orders = nil, nil
		l.startIsolated(plugin, load)
	}
}

// startIsolated hands the next suspects to the plugin's isolated process, which has
// one call at a time, so that its end accuses no others.
func (l *loop) startIsolated(plugin string, load *pluginLoad) {
	if load.isolating || len(load.suspects) == 0 {
		return
	}
	var batch []*sending
	batch, load.suspects = nextSuspects(load.suspects)
	load.isolating = true
	l.startCall(plugin, load, batch)
}

// startCall makes a call with deliveries of one contract, all of them isolated or
// none.
func (l *loop) startCall(plugin string, load *pluginLoad, batch []*sending) {
	l.calls++
	flight := &flight{plugin: plugin, isolated: batch[0].isolated, open: make(map[*lane]int, len(batch))}
	if !flight.isolated {
		load.calls++
	}
	l.d.sent.begin(batch, time.Now())
	for _, s := range batch {
		lane := l.lanes[s.connection.Key]
		taken := lane.underWay[s.delivery.ID]
		taken.flight = flight
		lane.underWay[s.delivery.ID] = taken
		if flight.open[lane]++; flight.open[lane] == 1 {
			lane.calls++
		}
	}
	l.d.running.Go(func() {
		late := time.AfterFunc(slowAfter, func() {
			select {
			case l.d.callSlow <- flight:
			case <-l.d.calls.Done():
			}
		})
		l.d.call(plugin, batch)
		late.Stop()
		l.d.callEnded <- flight
	})
}

func (l *loop) endCall(flight *flight) {
	load := l.load(flight.plugin)
	l.calls--
	flight.ended = true
	switch {
	case flight.isolated:
		load.isolating = false
		l.startIsolated(flight.plugin, load)
	case flight.slow:
		load.slow--
	default:
		load.calls--
	}
}

// wait has the lane wait until the plugin has room.
func (p *pluginLoad) wait(lane *lane) {
	if lane.waits {
		return
	}
	lane.waits = true
	if lane.slow {
		p.waitingSlow = append(p.waitingSlow, lane)
	} else {
		p.waiting = append(p.waiting, lane)
	}
}

// releaseWaiting looks at lanes that waited for a plugin that has room again, those
// that wait longest first, and no more than a round takes: a hundred thousand may wait.
func (l *loop) releaseWaiting(load *pluginLoad) {
	lanes, slow := l.releasable(load)
	load.waiting = l.lookAtFirst(load.waiting, lanes)
	load.waitingSlow = l.lookAtFirst(load.waitingSlow, slow)
}

// releasable is how many of the lanes that wait for the plugin may be looked at now.
func (l *loop) releasable(load *pluginLoad) (lanes, slow int) {
	most := l.d.options.CallsPerPlugin
	if load.calls >= most || l.hasShare(load) {
		return 0, 0
	}
	slow = max(slowCalls(most)-load.slow, 0)
	return min(len(load.waiting), lanesPerRound), min(len(load.waitingSlow), slow)
}

// anyReleasable says whether a lane waits for a plugin that has room.
func (l *loop) anyReleasable() bool {
	for _, load := range l.plugins {
		if lanes, slow := l.releasable(load); lanes+slow > 0 {
			return true
		}
	}
	return false
}

func (l *loop) lookAtFirst(waiting []*lane, most int) (rest []*lane) {
	for ; most > 0 && len(waiting) > 0; most-- {
		lane := waiting[0]
		waiting[0] = nil
		waiting = waiting[1:]
		lane.waits = false
		l.lookAt(lane, time.Now())
	}
	return waiting
}

// Size of a call where the plugin gives no hint, and the most it may ask for.
const (
	defaultBatchRecords = 50
	maxBatchBytes       = 4 << 20
)

// batches cuts deliveries into calls. A record that is larger than a call may be
// goes alone.
func batches(all []*sending, pace *pluginv1.PaceHints) [][]*sending {
	mostRecords := int(pace.GetBatchRecords())
	if mostRecords <= 0 {
		mostRecords = defaultBatchRecords
	}
	mostBytes := int(pace.GetBatchBytes())
	if mostBytes <= 0 || mostBytes > maxBatchBytes {
		mostBytes = maxBatchBytes
	}
	var cut [][]*sending
	var batch []*sending
	bytes := 0
	for _, s := range all {
		if len(batch) > 0 && (len(batch) >= mostRecords || bytes+s.size > mostBytes) {
			cut = append(cut, batch)
			batch, bytes = nil, 0
		}
		batch = append(batch, s)
		bytes += s.size
	}
	if len(batch) > 0 {
		cut = append(cut, batch)
	}
	return cut
}
