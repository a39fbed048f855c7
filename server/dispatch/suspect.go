package dispatch

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// A plugin whose process ends during a call says nothing of which delivery ended
// it. Those of the call are suspects: they go to a process of their own, first a few
// at a time, then alone, while the main process goes on with the others. One that
// ends that process twice while it is alone there has failed (promise P7). What a
// delivery is suspected of stands in its last attempt, so a restart forgets nothing.
const (
	reasonLost         = "PLUGIN_LOST"
	reasonLostIsolated = "PLUGIN_LOST_ISOLATED"
	reasonLostAlone    = "PLUGIN_LOST_ALONE"
	// reasonPluginCrashes is of one that went alone and is not blamed.
	reasonPluginCrashes = "PLUGIN_CRASHES"
	reasonCrashes       = "CRASHES_PLUGIN"
)

// suspicion of a delivery grows with every process that ended while it was there.
type suspicion int

const (
	trusted suspicion = iota
	// suspect goes to isolation with others.
	suspect
	// accused goes there alone, caught was alone when the process ended.
	accused
	caught
)

// suspectsPerCall is how many suspects go to isolation together.
const suspectsPerCall = 10

func suspicionOf(last *store.Attempt) suspicion {
	if last == nil || last.Outcome != store.OutcomePluginLost {
		return trusted
	}
	switch last.Reason {
	case reasonLostIsolated, reasonPluginCrashes:
		return accused
	case reasonLostAlone:
		return caught
	}
	return suspect
}

// nextSuspects takes the suspects of the next call out of those that wait: one that
// has to be alone, or a few others.
func nextSuspects(waiting []*sending) (call, rest []*sending) {
	if waiting[0].suspicion > suspect {
		return waiting[:1:1], waiting[1:]
	}
	n := 1
	for n < min(len(waiting), suspectsPerCall) && waiting[n].goesWith(waiting[0]) {
		n++
	}
	return waiting[:n:n], waiting[n:]
}

// goesWith says whether two suspects may be in one call.
func (s *sending) goesWith(other *sending) bool {
	return s.suspicion == suspect && (s.tracking == nil) == (other.tracking == nil)
}

// mostPoison is how many different records may end a plugin's process alone until that
// is taken for a fault of the plugin, and longestBlame how long each counts. An answer for
// any delivery ends the count. See docs/decisions/0018.
const (
	mostPoison   = 3
	longestBlame = time.Hour
	// checkTimeout is how long the isolated process has to show that it works.
	checkTimeout = 15 * time.Second
)

// crashes are the records that ended a plugin's process alone since it last answered for
// a delivery. They may be used side by side.
type crashes struct {
	any     atomic.Bool
	mu      sync.Mutex
	records map[store.RecordRef]time.Time
}

// add takes note of a record, and returns how many there are.
func (c *crashes) add(record store.RecordRef, now time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.records == nil {
		c.records = map[store.RecordRef]time.Time{}
	}
	maps.DeleteFunc(c.records, func(_ store.RecordRef, at time.Time) bool { return now.Sub(at) >= longestBlame })
	c.records[record] = now
	c.any.Store(true)
	return len(c.records)
}

// answered takes note that the plugin answered for a delivery.
func (c *crashes) answered() {
	if !c.any.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.records)
	c.any.Store(false)
}

// blame says who is at fault for a process that ended.
type blame int

const (
	// noOne alone: there were others in it.
	noOne blame = iota
	// theRecord: this one, which has to do it again to be condemned.
	theRecord
	// thePlugin: it ends whatever it is given.
	thePlugin
)

// blames finds out who is at fault for a process that ended with one delivery in it. It
// may ask that plugin's isolated process whether it works without one.
func (c *call) blames(s *sending) blame {
	record := store.RecordRef{Kind: s.delivery.Kind, Key: s.delivery.Record}
	if c.crashes.add(record, time.Now()) > mostPoison || s.suspicion == caught && !c.works(s) {
		return thePlugin
	}
	return theRecord
}

// works says whether the isolated process lives through a test of the connection.
func (c *call) works(s *sending) bool {
	description, _ := c.d.options.Plugins.Describe(c.plugin)
	connection, err := c.d.options.Vault.PluginConnection(*s.connection, description)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(c.d.calls, checkTimeout)
	defer cancel()
	_, err = c.d.options.Isolation.CheckConnection(ctx, c.plugin,
		&pluginv1.CheckConnectionRequest{Connection: connection})
	// Whatever it answers, also late: it is there.
	return c.d.calls.Err() == nil && !errors.Is(err, pluginhost.ErrLost) && !errors.Is(err, pluginhost.ErrUnavailable) &&
		!errors.Is(err, pluginhost.ErrNotInstalled)
}

// lostResult is what is known of a delivery whose process ended.
func lostResult(s *sending, by blame, lost *pluginhost.LostError) result {
	r := result{
		outcome: store.OutcomePluginLost, reason: reasonLost,
		hint: "the plugin's process ended during the call; it goes again, in a process apart from the others",
	}
	switch {
	case !s.isolated:
	case by == noOne:
		r.reason = reasonLostIsolated
		r.hint = "the plugin's process ended again, with few others in it; it goes again alone"
	case by == thePlugin:
		r.reason, r.delay = reasonPluginCrashes, longestProbe
		r.hint = "the plugin's process ends whatever it is given" + ending(lost) + "; mend or replace the plugin"
	case s.suspicion == caught:
		r.crashes = true
		r.hint = "the plugin's process ended twice with nothing but this in it" + ending(lost) +
			"; mend the plugin, or the record, then RetryDelivery"
	default:
		r.reason = reasonLostAlone
		r.hint = "the plugin's process ended with nothing else in it" + ending(lost) + "; it goes once more"
	}
	return r
}

// ending tells what a process said at its end.
func ending(lost *pluginhost.LostError) string {
	if lost.Tail == "" {
		return " (" + lost.Ending + ")"
	}
	return " (" + lost.Ending + ": " + lost.Tail + ")"
}
