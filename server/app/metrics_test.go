package app_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/app"
	"github.com/spurline/spurline/server/config"
)

// get asks the address of the metrics.
func (s *server) get(path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(
		context.Background(), http.MethodGet, "http://"+s.app.MetricsAddress()+path, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(request)
}

func (s *server) scrape() map[string]*dto.MetricFamily {
	s.t.Helper()
	answer, err := s.get("/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("scrape: %s, %v", answer.Status, err)
	}
	return families
}

// metric returns the sum of the metrics of a family that have the labels, written
// name=value: values of gauges and counters, counts of histograms.
func metric(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	sum := 0.0
	for _, m := range families[name].GetMetric() {
		var have []string
		for _, label := range m.GetLabel() {
			have = append(have, label.GetName()+"="+label.GetValue())
		}
		if !slices.ContainsFunc(labels, func(label string) bool { return !slices.Contains(have, label) }) {
			sum += m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

// TestMetricsTellOfTheMainJob: after an order, three parcels, a retry and a refused
// key the metrics have the numbers, and none of the customer (promise P8).
func TestMetricsTellOfTheMainJob(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	stand.Script(aftershiptest.Status(503).On("POST", "/trackings").Times(1))
	base := stand.Start(t)
	s := start(t)
	acme, umbra := s.merchant("acme"), s.merchant("umbra")
	const revoked = "revoked-key-of-umbra"
	s.connect(acme, base)
	s.connect(umbra, base, func(c *apiv1.Connection) { c.Secrets["api_key"] = revoked })
	s.submitOrder(acme, order("SECRET-ORDER-7", "amazon", "US"))
	numbers := []string{"1Z999AA10123456784", "1Z999AA10123456793", "9400110200881234567890"}
	for _, number := range numbers {
		s.submitTracking(acme, "SECRET-ORDER-7", parcel(number))
	}
	s.submitTracking(acme, "SECRET-ORDER-7", parcel(numbers[0]))
	if _, err := s.intake.SubmitOrder(t.Context(), &apiv1.SubmitOrderRequest{
		Parent: "merchants/nobody", Order: order("B-1", "amazon", "US"),
	}); err == nil {
		t.Fatal("the order of a merchant that does not exist was accepted")
	}
	s.submitTracking(umbra, "SECRET-ORDER-8", parcel("1Z999AA10123456802"))
	s.awaitDelivered(acme, numbers...)

	const plugin = "plugin=aftership"
	wants := []struct {
		name   string
		labels []string
		value  float64
	}{
		{"spurline_api_requests_total", []string{"method=spurline.api.v1.IntakeService/SubmitTracking", "code=OK"}, 5},
		{"spurline_api_request_duration_seconds", []string{"method=spurline.api.v1.IntakeService/SubmitTracking"}, 5},
		{"spurline_intake_records_total", []string{"kind=order", "result=CREATED"}, 1},
		{"spurline_intake_records_total", []string{"kind=parcel", "result=CREATED"}, 4},
		{"spurline_intake_records_total", []string{"kind=parcel", "result=UNCHANGED"}, 1},
		{"spurline_intake_deliveries_total", []string{"kind=parcel"}, 4},
		{"spurline_intake_refusals_total", []string{"reason=MERCHANT_NOT_FOUND"}, 1},
		{"spurline_dispatch_results_total", []string{plugin, "state=DELIVERED"}, 3},
		{"spurline_dispatch_arrival_seconds", []string{plugin}, 3},
		{"spurline_dispatch_attempts_total", []string{plugin, "outcome=DELIVERED"}, 3},
		{"spurline_dispatch_attempts_total", []string{plugin, "outcome=RETRY"}, 1},
		{"spurline_dispatch_attempts_total", []string{plugin, "outcome=UNAUTHORIZED"}, 1},
		{"spurline_dispatch_pauses_total", []string{plugin}, 1},
		{"spurline_dispatch_lanes", []string{plugin, "standing=PAUSED"}, 1},
		{"spurline_dispatch_lanes", []string{plugin, "standing=IDLE"}, 1},
		{"spurline_dispatch_deliveries_under_way", []string{plugin}, 0},
		{"spurline_dispatch_calls", []string{plugin}, 0},
		{"spurline_dispatch_ledger_queue", nil, 0},
		{"spurline_store_open_deliveries", nil, 1},
		{"spurline_store_waiting_writes", nil, 0},
		{"spurline_plugin_state", []string{plugin, "state=READY"}, 1},
		{"spurline_plugin_starts_total", []string{plugin, "isolated=false"}, 1},
		{"spurline_plugin_crashes_total", []string{plugin}, 0},
	}
	var families map[string]*dto.MetricFamily
	s.await("the metrics", func() error {
		families = s.scrape()
		var wrong []error
		for _, want := range wants {
			if got := metric(families, want.name, want.labels...); got != want.value {
				wrong = append(wrong, fmt.Errorf("%s%v is %v, want %v", want.name, want.labels, got, want.value))
			}
		}
		return errors.Join(wrong...)
	})
	for _, name := range []string{
		"spurline_store_commits_total", "spurline_store_commit_duration_seconds", "spurline_store_database_bytes",
		"spurline_store_disk_free_bytes", "spurline_intake_bytes_total", "spurline_dispatch_attempt_duration_seconds",
		"spurline_plugin_calls_total", "spurline_build_info", "go_goroutines",
	} {
		if metric(families, name) <= 0 {
			t.Errorf("%s tells nothing", name)
		}
	}
	private := append([]string{
		"acme", "umbra", "nobody", "SECRET-ORDER", "B-1", "1Z999AA10123456802", revoked, aftershiptest.ValidKey,
	}, numbers...)
	for name, family := range families {
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				for _, word := range private {
					if strings.Contains(strings.ToLower(label.GetValue()), strings.ToLower(word)) {
						t.Errorf("%s shows %q in the label %s=%q", name, word, label.GetName(), label.GetValue())
					}
				}
			}
		}
	}
}

// TestMetricsEndWithTheServer: /readyz tells whether calls are taken, and nothing
// listens when the server has stopped.
func TestMetricsEndWithTheServer(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		answer, err := s.get(path)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v, %v", path, answer, err)
		}
		_ = answer.Body.Close()
	}
	s.stop()
	if answer, err := s.get("/healthz"); err == nil {
		_ = answer.Body.Close()
		t.Error("metrics are served after the server has stopped")
	}
}

func TestMetricsCanBeOff(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Config) { c.MetricsListen = config.MetricsOff })
	if address := s.app.MetricsAddress(); address != config.MetricsOff {
		t.Errorf("metrics listen on %s", address)
	}
}

func TestMetricsAddressInUse(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := settings(t.TempDir())
	c.MetricsListen = s.app.MetricsAddress()
	_, err := app.New(t.Context(), app.Options{Config: c, Log: &logBuffer{}})
	if err == nil || !strings.Contains(err.Error(), "--metrics-listen") {
		t.Errorf("a second server on the address: %v", err)
	}
}
