package dispatch

import (
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
	reasonCrashes      = "CRASHES_PLUGIN"
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
	case reasonLostIsolated:
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

// mostAlone is how many times in a row a plugin's process may end with one delivery
// in it before that is taken for a fault of the plugin. Then none of them is
// condemned until the plugin has answered for one.
const mostAlone = 6

// lostResult is what is known of a delivery whose process ended. alone is how many
// times in a row now a process ended with one delivery in it, 0 if this one had more.
func lostResult(s *sending, alone int64, lost *pluginhost.LostError) result {
	r := result{
		outcome: store.OutcomePluginLost, reason: reasonLost,
		hint: "the plugin's process ended during the call; it goes again, in a process apart from the others",
	}
	switch {
	case !s.isolated:
	case alone == 0:
		r.reason = reasonLostIsolated
		r.hint = "the plugin's process ended again, with few others in it; it goes again alone"
	default:
		r.reason = reasonLostAlone
		r.hint = "the plugin's process ended with nothing else in it" + ending(lost) + "; it goes once more"
		r.crashes = s.suspicion == caught && alone <= mostAlone
		if alone > mostAlone {
			r.delay = longestProbe
			r.hint = "the plugin's process ends whatever it is given" + ending(lost) + "; mend or replace the plugin"
		}
	}
	if r.crashes {
		r.hint = "the plugin's process ended twice with nothing but this in it" + ending(lost) +
			"; mend the plugin, or the record, then RetryDelivery"
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
