package metrics

import (
	"strconv"

	"github.com/spurline/spurline/server/pluginhost"
)

// Plugins is what is asked of a plugin host.
type Plugins interface{ Plugins() []pluginhost.Status }

// WatchPlugins asks a plugin host how its plugins stand at each scrape.
func (m *Metrics) WatchPlugins(host Plugins) {
	var (
		state = m.gaugeReading("plugin_state",
			"1 for the state that the plugin's process is in, 0 for the others.", "plugin", "state")
		starts = m.counterReading("plugin_starts_total",
			"Processes that were started, by whether for all deliveries or for suspects (isolated).", "plugin", "isolated")
		crashes = m.counterReading("plugin_crashes_total",
			"Processes that ended by themselves, hung, or did not become ready, by cause.", "plugin", "isolated", "cause")
		startTook = m.gaugeReading("plugin_start_seconds",
			"What the process that last became ready took from exec to its description.", "plugin")
		memory = m.gaugeReading("plugin_resident_memory_bytes",
			"Resident memory of the process; 0 if there is none.", "plugin")
		isolating = m.gaugeReading("plugin_isolation_running",
			"1 while the plugin has a process for suspects, 0 otherwise.", "plugin")
		calls = m.counterReading("plugin_calls_total",
			"Calls that ended, by method and result.", "plugin", "method", "result", "isolated")
	)
	m.watch(func(s scrape) {
		for _, p := range host.Plugins() {
			m.dispatch.of(p.Name) // Its counters are there at 0 before anything happened.
			for known := pluginhost.Stopped; known <= pluginhost.Quarantined; known++ {
				s.add(state, one(p.State == known), p.Name, known.String())
			}
			s.add(starts, float64(p.Starts), p.Name, "false")
			s.add(starts, float64(p.Isolation.Starts), p.Name, "true")
			for _, cause := range pluginhost.CrashCauses() {
				s.add(crashes, float64(p.CrashesBy[cause]), p.Name, "false", string(cause))
				s.add(crashes, float64(p.IsolatedCrashesBy[cause]), p.Name, "true", string(cause))
			}
			s.add(startTook, p.StartTook.Seconds(), p.Name)
			s.add(memory, float64(p.MemoryBytes), p.Name)
			s.add(isolating, one(p.Isolation.Running), p.Name)
			for _, c := range p.Calls {
				s.add(calls, float64(c.Count), p.Name, string(c.Method), string(c.Result), strconv.FormatBool(c.Isolated))
			}
		}
	}, state, starts, crashes, startTook, memory, isolating, calls)
}

func one(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
