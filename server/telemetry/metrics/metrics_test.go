package metrics_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
	"github.com/spurline/spurline/server/telemetry/metrics"
	"github.com/spurline/spurline/server/telemetry/spans"
)

// Sources with something of everything.
type (
	someStore      struct{}
	someDispatcher struct{}
	someHost       struct{}
	someSpans      struct{}
)

func (someStore) Stats() sqlite.Stats {
	return sqlite.Stats{Commits: 2, Writes: 10, Waiting: 3, OpenDeliveries: 4, Refused: sqlite.Refused{MerchantBacklog: 5}}
}

func (someStore) Space() sqlite.Space {
	return sqlite.Space{Database: 4096, Log: 8192, Free: 1 << 40, Reserve: 64}
}

func (someDispatcher) Stats() dispatch.Stats {
	return dispatch.Stats{QueuedLanes: 7, Plugins: []dispatch.PluginStats{{
		Plugin: "ship", Lanes: [dispatch.Standings]int64{dispatch.Paused: 2}, ThrottledAccounts: 3, SlowCalls: 4,
	}}}
}

func (someHost) Plugins() []pluginhost.Status {
	return []pluginhost.Status{{
		Name: "ship", State: pluginhost.Ready, Starts: 2, Crashes: 1,
		CrashesBy: map[pluginhost.CrashCause]int{pluginhost.CrashHung: 1}, StartTook: time.Second, MemoryBytes: 4096,
		Calls: []pluginhost.CallCount{{
			Method: pluginhost.MethodForwardTracking, Result: pluginhost.ResultLost, Isolated: true, Count: 3,
		}},
	}}
}

func (someSpans) Counts() spans.Counts { return spans.Counts{Recorded: 9, Exported: 5, Failed: 3} }

// watching returns metrics with all sources.
func watching() *metrics.Metrics {
	m := metrics.New()
	m.WatchStore(someStore{})
	m.WatchDispatcher(someDispatcher{})
	m.WatchPlugins(someHost{})
	m.WatchSpans(someSpans{})
	return m
}

func scrape(t *testing.T, m *metrics.Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	answer := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	m.Handler(func() bool { return true }).ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		t.Fatalf("answer %d: %s", answer.Code, answer.Body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// value returns the value of the one metric of a family with the labels, written
// name=value, and fails if there is none.
func value(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	for _, metric := range families[name].GetMetric() {
		missing := slices.Clone(labels)
		for _, label := range metric.GetLabel() {
			missing = slices.DeleteFunc(missing, func(l string) bool {
				return l == label.GetName()+"="+label.GetValue()
			})
		}
		if len(missing) == 0 {
			return metric.GetGauge().GetValue() + metric.GetCounter().GetValue() +
				float64(metric.GetHistogram().GetSampleCount())
		}
	}
	t.Fatalf("no %s with %v", name, labels)
	return 0
}

func TestSourcesAreAskedAtEachScrape(t *testing.T) {
	t.Parallel()
	families := scrape(t, watching())
	for _, want := range []struct {
		name   string
		labels []string
		value  float64
	}{
		{"spurline_build_info", nil, 1},
		{"spurline_store_writes_total", nil, 10},
		{"spurline_store_waiting_writes", nil, 3},
		{"spurline_store_refusals_total", []string{"room=merchant_backlog"}, 5},
		{"spurline_store_disk_free_bytes", nil, 1 << 40},
		{"spurline_spans_recorded_total", nil, 9},
		{"spurline_spans_exported_total", nil, 5},
		{"spurline_spans_failed_total", nil, 3},
		{"spurline_dispatch_queued_lanes", nil, 7},
		{"spurline_dispatch_lanes", []string{"plugin=ship", "standing=PAUSED"}, 2},
		{"spurline_dispatch_lanes", []string{"plugin=ship", "standing=IDLE"}, 0},
		{"spurline_dispatch_calls", []string{"plugin=ship", "kind=slow"}, 4},
		{"spurline_dispatch_throttled_accounts", []string{"plugin=ship"}, 3},
		{"spurline_plugin_state", []string{"plugin=ship", "state=READY"}, 1},
		{"spurline_plugin_state", []string{"plugin=ship", "state=BACKOFF"}, 0},
		{"spurline_plugin_crashes_total", []string{"plugin=ship", "isolated=false", "cause=hung"}, 1},
		{"spurline_plugin_crashes_total", []string{"plugin=ship", "isolated=true", "cause=out_of_memory"}, 0},
		{"spurline_plugin_start_seconds", []string{"plugin=ship"}, 1},
		{"spurline_plugin_resident_memory_bytes", []string{"plugin=ship"}, 4096},
		{"spurline_plugin_calls_total", []string{"method=forward_tracking", "result=lost", "isolated=true"}, 3},
	} {
		if got := value(t, families, want.name, want.labels...); got != want.value {
			t.Errorf("%s%v is %v, want %v", want.name, want.labels, got, want.value)
		}
	}
	for _, name := range []string{"go_goroutines", "process_open_fds"} {
		if families[name] == nil {
			t.Errorf("no %s", name)
		}
	}
}

// Counters of a plugin that did nothing yet begin at 0: a rate does not see what a
// counter begins with, and the first pause is the one to be told of.
func TestCountersOfAPluginAreThereBeforeItsFirstAttempt(t *testing.T) {
	t.Parallel()
	m := watching()
	scrape(t, m)
	families := scrape(t, m)
	for name, label := range map[string]string{
		"spurline_dispatch_results_total":             "state=FAILED",
		"spurline_dispatch_pauses_total":              "plugin=ship",
		"spurline_dispatch_breaker_opened_total":      "plugin=ship",
		"spurline_dispatch_contract_violations_total": "plugin=ship",
		"spurline_dispatch_probes_total":              "arrived=false",
		"spurline_dispatch_arrival_seconds":           "plugin=ship",
	} {
		if got := value(t, families, name, "plugin=ship", label); got != 0 {
			t.Errorf("%s begins at %v", name, got)
		}
	}
}

func ended(m *metrics.Metrics, outcome store.Outcome, reason string, answered bool) {
	m.Observer().Ended(dispatch.Ending{
		Plugin: "ship", Outcome: outcome, Reason: reason, Answered: answered, State: store.Pending,
		Took: time.Second, Age: time.Minute,
	})
}

// Promise P7: a plugin that makes up a reason for each answer does not fill the
// memory of who scrapes, and hides nothing that the host says of it.
func TestReasonsOfAPluginAreBounded(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	const attempts = 1000
	for i := range attempts {
		ended(m, store.OutcomeRetry, fmt.Sprintf("REASON_%d", i), true)
	}
	ended(m, store.OutcomePluginLost, "PLUGIN_LOST", false)
	families := scrape(t, m)
	const name = "spurline_dispatch_attempts_total"
	series, all := families[name].GetMetric(), 0.0
	for _, metric := range series {
		all += metric.GetCounter().GetValue()
	}
	if len(series) != 52 || all != attempts+1 {
		t.Errorf("%d series count %v attempts; want 50, OTHER and PLUGIN_LOST, and %d", len(series), all, attempts+1)
	}
	if got := value(t, families, name, "outcome=RETRY", "reason=OTHER"); got != attempts-50 {
		t.Errorf("OTHER counts %v", got)
	}
	if got := value(t, families, name, "outcome=PLUGIN_LOST", "reason=PLUGIN_LOST"); got != 1 {
		t.Errorf("the reason of the host counts %v", got)
	}
}

// A plugin may put the number of a parcel into a reason: it is not shown.
func TestNumbersInReasonsAreNotShown(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	ended(m, store.OutcomeRejected, "NO_1Z999AA10123456784", true)
	ended(m, store.OutcomeRejected, "HTTP_503", true)
	families := scrape(t, m)
	for _, reason := range []string{"OTHER", "HTTP_503"} {
		if got := value(t, families, "spurline_dispatch_attempts_total", "reason="+reason); got != 1 {
			t.Errorf("%s counts %v", reason, got)
		}
	}
	if n := len(families["spurline_dispatch_attempts_total"].GetMetric()); n != 2 {
		t.Errorf("%d series", n)
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][2]int{"/healthz": {200, 200}, "/readyz": {200, 503}, "/debug/pprof/": {404, 404}} {
		for i, ready := range []bool{true, false} {
			answer := httptest.NewRecorder()
			metrics.New().Handler(func() bool { return ready }).
				ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			if answer.Code != want[i] {
				t.Errorf("%s answers %d if ready is %v; want %d", path, answer.Code, ready, want[i])
			}
		}
	}
}

// touched returns metrics all of which are shown.
func touched(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	m := watching()
	m.Committed(time.Millisecond)
	submit(t, m)
	ended(m, store.OutcomeRetry, "BUSY", true)
	return scrape(t, m)
}

func TestNamesKeepToTheConventions(t *testing.T) {
	t.Parallel()
	families := touched(t)
	problems, err := promlint.NewWithMetricFamilies(slices.Collect(maps.Values(families))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		if strings.HasPrefix(problem.Metric, "spurline_") {
			t.Errorf("%s: %s", problem.Metric, problem.Text)
		}
	}
}

// The table of docs/operations.md has every metric and no other.
func TestEveryMetricIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(spurline_[a-z_]+)`").FindAllSubmatch(text, -1) {
		documented[string(row[1])] = true
	}
	families := touched(t)
	for name := range families {
		if strings.HasPrefix(name, "spurline_") && !documented[name] {
			t.Errorf("docs/operations.md has no row for %s", name)
		}
	}
	for name := range documented {
		if families[name] == nil {
			t.Errorf("docs/operations.md has a row for %s, which there is not", name)
		}
	}
	for _, mentioned := range regexp.MustCompile(`spurline_[a-z_]+`).FindAllString(string(text), -1) {
		if !documented[strings.TrimSuffix(mentioned, "_bucket")] {
			t.Errorf("docs/operations.md mentions %s, which there is not", mentioned)
		}
	}
}
