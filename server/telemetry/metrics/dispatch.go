package metrics

import (
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/store"
)

// dispatchMetrics is the dispatcher's Observer.
type dispatchMetrics struct {
	attempts, results, probes  *prometheus.CounterVec
	violations, pauses, breaks *prometheus.CounterVec
	durations, arrivals        *prometheus.HistogramVec
	// plugins has a *pluginMetrics for each.
	plugins sync.Map
}

var _ dispatch.Observer = (*dispatchMetrics)(nil)

// pluginMetrics are the metrics of one plugin.
type pluginMetrics struct {
	attempts                   *reasons
	duration, arrival          prometheus.Observer
	results                    [store.Cancelled + 1]prometheus.Counter
	probesTaken, probesFailed  prometheus.Counter
	violations, pauses, breaks prometheus.Counter
}

func (m *Metrics) newDispatch() dispatchMetrics {
	return dispatchMetrics{
		attempts: m.counter("dispatch_attempts_total",
			"Attempts by plugin, outcome and reason. Reasons are the plugin's own, or the host's where there was no answer.",
			"plugin", "outcome", "reason"),
		results: m.counter("dispatch_results_total",
			"Deliveries by plugin and by the state that dispatch left them in; PENDING ones go again.",
			"plugin", "state"),
		probes: m.counter("dispatch_probes_total",
			"Attempts of lanes whose extra interface is out of order, by whether they arrived.", "plugin", "arrived"),
		violations: m.counter("dispatch_contract_violations_total",
			"Answers with which plugins broke the contract.", "plugin"),
		pauses: m.counter("dispatch_pauses_total",
			"Lanes that were paused because their credentials were refused.", "plugin"),
		breaks: m.counter("dispatch_breaker_opened_total",
			"Lanes that stopped because their extra interface is out of order.", "plugin"),
		durations: m.histogram("dispatch_attempt_duration_seconds",
			"How long attempts took, from the call of the plugin to the outcome.",
			[]float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}, "plugin"),
		arrivals: m.histogram("dispatch_arrival_seconds",
			"Time from the acceptance of a record to its arrival at the extra interface, waits and retries included.",
			[]float64{.05, .1, .25, .5, 1, 2.5, 5, 15, 60, 300, 3600, 21600, 86400}, "plugin"),
	}
}

func (d *dispatchMetrics) of(plugin string) *pluginMetrics {
	known, ok := d.plugins.Load(plugin)
	if !ok {
		known, _ = d.plugins.LoadOrStore(plugin, d.resolve(plugin))
	}
	return known.(*pluginMetrics)
}

func (d *dispatchMetrics) resolve(plugin string) *pluginMetrics {
	p := &pluginMetrics{
		attempts: newReasons(d.attempts.MustCurryWith(prometheus.Labels{"plugin": plugin})),
		duration: d.durations.WithLabelValues(plugin), arrival: d.arrivals.WithLabelValues(plugin),
		probesTaken: d.probes.WithLabelValues(plugin, "true"), probesFailed: d.probes.WithLabelValues(plugin, "false"),
		violations: d.violations.WithLabelValues(plugin), pauses: d.pauses.WithLabelValues(plugin),
		breaks: d.breaks.WithLabelValues(plugin),
	}
	for state := range p.results {
		name := apiv1.DeliveryState(state).String()
		p.results[state] = d.results.WithLabelValues(plugin, strings.TrimPrefix(name, "DELIVERY_STATE_"))
	}
	return p
}

// Ended is for the dispatcher.
func (d *dispatchMetrics) Ended(e dispatch.Ending) {
	p := d.of(e.Plugin)
	arrived := e.State == store.Delivered
	p.results[e.State].Inc()
	if arrived {
		p.arrival.Observe(e.Age.Seconds())
	}
	if e.Outcome == 0 {
		return
	}
	p.attempts.count(reason{outcome: e.Outcome, text: e.Reason, answered: e.Answered})
	p.duration.Observe(e.Took.Seconds())
	switch {
	case !e.Probe:
	case arrived:
		p.probesTaken.Inc()
	default:
		p.probesFailed.Inc()
	}
}

// Violated is for the dispatcher.
func (d *dispatchMetrics) Violated(plugin string) { d.of(plugin).violations.Inc() }

// Paused is for the dispatcher.
func (d *dispatchMetrics) Paused(plugin string) { d.of(plugin).pauses.Inc() }

// Broke is for the dispatcher.
func (d *dispatchMetrics) Broke(plugin string) { d.of(plugin).breaks.Inc() }

// Observer counts what the dispatcher tells.
func (m *Metrics) Observer() dispatch.Observer { return &m.dispatch }

// Dispatcher is what is asked of one.
type Dispatcher interface{ Stats() dispatch.Stats }

// WatchDispatcher asks a dispatcher how it stands at each scrape.
func (m *Metrics) WatchDispatcher(dispatcher Dispatcher) {
	var (
		lanes = m.gaugeReading("dispatch_lanes",
			"Lanes that had work since the start, by plugin and what they do.", "plugin", "standing")
		queued = m.gaugeReading("dispatch_queued_lanes",
			"Lanes that have a turn as soon as there is room.")
		scheduled = m.gaugeReading("dispatch_scheduled_lanes",
			"Lanes that wait for a time: a retry, the end of a throttle, their pace.")
		parked = m.gaugeReading("dispatch_parked_lanes",
			"Lanes with work that wait for their plugin's process.", "plugin")
		waiting = m.gaugeReading("dispatch_waiting_lanes",
			"Lanes with work that wait for their plugin to have fewer calls or less under way.", "plugin")
		throttled = m.gaugeReading("dispatch_throttled_accounts",
			"Accounts that were told to wait and still do.", "plugin")
		underWay = m.gaugeReading("dispatch_deliveries_under_way",
			"Deliveries taken up and not yet written down.", "plugin")
		bytes  = m.gaugeReading("dispatch_under_way_bytes", "About how large the deliveries under way are.")
		rounds = m.gaugeReading("dispatch_rounds", "Rounds of reads that run.")
		calls  = m.gaugeReading("dispatch_calls",
			"Calls to plugins that run, by whether they run for long (slow) or in the process for suspects (isolated).",
			"plugin", "kind")
		suspects = m.gaugeReading("dispatch_suspects",
			"Deliveries that wait for an isolated call, because a process ended with them.", "plugin")
		ledger = m.gaugeReading("dispatch_ledger_queue", "Outcomes that wait for their commit.")
		again  = m.counterReading("dispatch_ledger_retries_total",
			"Commits of outcomes that failed and were tried again.")
	)
	m.watch(func(s scrape) {
		stats := dispatcher.Stats()
		s.add(queued, float64(stats.QueuedLanes))
		s.add(scheduled, float64(stats.ScheduledLanes))
		s.add(bytes, float64(stats.UnderWayBytes))
		s.add(rounds, float64(stats.Rounds))
		s.add(ledger, float64(stats.LedgerQueue))
		s.add(again, float64(stats.LedgerRetries))
		for _, p := range stats.Plugins {
			for standing, count := range p.Lanes {
				s.add(lanes, float64(count), p.Plugin, dispatch.Standing(standing).String())
			}
			s.add(parked, float64(p.ParkedLanes), p.Plugin)
			s.add(waiting, float64(p.WaitingLanes), p.Plugin)
			s.add(throttled, float64(p.ThrottledAccounts), p.Plugin)
			s.add(underWay, float64(p.UnderWay), p.Plugin)
			s.add(suspects, float64(p.Suspects), p.Plugin)
			s.add(calls, float64(p.Calls), p.Plugin, "normal")
			s.add(calls, float64(p.SlowCalls), p.Plugin, "slow")
			s.add(calls, float64(p.IsolatedCalls), p.Plugin, "isolated")
		}
	}, lanes, queued, scheduled, parked, waiting, throttled, underWay, bytes, rounds, calls, suspects, ledger, again)
}
