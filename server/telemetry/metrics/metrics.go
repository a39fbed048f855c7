package metrics

import (
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics is everything that is counted. Its methods may be called concurrently;
// each Watch method once.
type Metrics struct {
	registry *prometheus.Registry
	// names of all metrics, but for those of the Go runtime and the process.
	names map[string]bool

	api      api
	intake   intake
	dispatch dispatchMetrics
	commits  prometheus.Histogram
}

// New returns metrics of nothing yet but the build, the Go runtime and the process.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), names: map[string]bool{}}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.build()
	m.api = m.newAPI()
	m.intake = m.newIntake()
	m.dispatch = m.newDispatch()
	m.commits = m.histogram("store_commit_duration_seconds",
		"How long commits took, from the first write to the confirmation of the disk.",
		[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}).WithLabelValues().(prometheus.Histogram)
	return m
}

// Committed counts a commit of the store that took so long.
func (m *Metrics) Committed(took time.Duration) { m.commits.Observe(took.Seconds()) }

func (m *Metrics) build() {
	version, revision, compiler := "(devel)", "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		compiler = info.GoVersion
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				revision = setting.Value
			}
		}
	}
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: m.name("build_info"), Help: "Always 1, with what the server was built from.",
	}, []string{"version", "revision", "goversion"})
	gauge.WithLabelValues(version, revision, compiler).Set(1)
	m.registry.MustRegister(gauge)
}

// name returns the full name of a metric and notes it.
func (m *Metrics) name(short string) string {
	full := "spurline_" + short
	m.names[full] = true
	return full
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	made := prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.name(name), Help: help}, labels)
	m.registry.MustRegister(made)
	return made
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	made := prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Name: m.name(name), Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(made)
	return made
}

// reading is a metric whose value is asked for at each scrape.
type reading struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func (m *Metrics) gaugeReading(name, help string, labels ...string) reading {
	return reading{prometheus.NewDesc(m.name(name), help, labels, nil), prometheus.GaugeValue}
}

func (m *Metrics) counterReading(name, help string, labels ...string) reading {
	return reading{prometheus.NewDesc(m.name(name), help, labels, nil), prometheus.CounterValue}
}

// scrape gathers the readings of one source.
type scrape struct{ to chan<- prometheus.Metric }

func (s scrape) add(r reading, value float64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(r.desc, r.kind, value, labels...)
}

// source is a collector that is asked at each scrape.
type source struct {
	readings []reading
	collect  func(scrape)
}

// Describe is for the registry.
func (s source) Describe(to chan<- *prometheus.Desc) {
	for _, r := range s.readings {
		to <- r.desc
	}
}

// Collect is for the registry.
func (s source) Collect(to chan<- prometheus.Metric) { s.collect(scrape{to}) }

func (m *Metrics) watch(collect func(scrape), readings ...reading) {
	m.registry.MustRegister(source{readings: readings, collect: collect})
}
