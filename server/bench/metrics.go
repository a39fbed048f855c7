package bench

import "time"

// pipeMetrics are those of a case of the whole pipe.
func pipeMetrics(m measured) []Metric {
	from, to := m.from, m.to
	seconds := to.at.Sub(from.at).Seconds()
	accepted, delivered := float64(to.accepted-from.accepted), float64(to.arrived-from.arrived)
	each := func(from, to time.Duration) float64 { return perOne(to-from, delivered) }
	ours := (to.server - from.server) + (to.plugin - from.plugin)
	return []Metric{
		{"accepted/s", accepted / seconds},
		{"delivered/s", delivered / seconds},
		{"ack p50 ms", milliseconds(m.acknowledged.percentile(0.50))},
		{"ack p99 ms", milliseconds(m.acknowledged.percentile(0.99))},
		{"arrival p50 ms", milliseconds(m.arrived.percentile(0.50))},
		{"arrival p99 ms", milliseconds(m.arrived.percentile(0.99))},
		{"server us/delivery", each(from.server, to.server)},
		{"plugin us/delivery", each(from.plugin, to.plugin)},
		{"load us/delivery", each(from.load, to.load)},
		{"remote us/delivery", each(from.other, to.other)},
		{"server+plugin us/message", perOne(ours, accepted)},
	}
}

// costMetrics tell what a message costs, also if it makes no delivery.
func costMetrics(m measured) []Metric {
	from, to := m.from, m.to
	accepted := float64(to.accepted - from.accepted)
	return []Metric{
		{"server us/message", perOne(to.server-from.server, accepted)},
		{"plugin us/message", perOne(to.plugin-from.plugin, accepted)},
		{"load us/message", perOne(to.load-from.load, accepted)},
		{"accepted/s", accepted / to.at.Sub(from.at).Seconds()},
		{"delivered/s", float64(to.arrived-from.arrived) / to.at.Sub(from.at).Seconds()},
	}
}

// perOne is a share of time in microseconds.
func perOne(d time.Duration, of float64) float64 { return float64(d.Microseconds()) / max(of, 1) }

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }
