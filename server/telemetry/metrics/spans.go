package metrics

import "github.com/spurline/spurline/server/telemetry/spans"

// Spans is what is asked of a recorder of spans.
type Spans interface{ Counts() spans.Counts }

// WatchSpans asks a recorder at each scrape what became of spans.
func (m *Metrics) WatchSpans(recorder Spans) {
	recorded := m.counterReading("spans_recorded_total", "Spans that ended. Those that are neither exported nor "+
		"failed wait, or were dropped because too many did.")
	exported := m.counterReading("spans_exported_total", "Spans that the collector took.")
	failed := m.counterReading("spans_failed_total", "Spans that the collector did not take.")
	m.watch(func(s scrape) {
		counts := recorder.Counts()
		s.add(recorded, float64(counts.Recorded))
		s.add(exported, float64(counts.Exported))
		s.add(failed, float64(counts.Failed))
	}, recorded, exported, failed)
}
