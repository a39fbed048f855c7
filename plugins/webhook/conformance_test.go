package webhook_test

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spurline/spurline/plugins/sdk/conformance"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// conformanceSecret signs in the suite.
const conformanceSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" //nolint:gosec // G101: a test's own.

// standIn is the receiver as the conformance suite uses one.
type standIn struct{ *webhooktest.Receiver }

// Records implements conformance.StandIn: a receiver knows an event by its id.
func (s standIn) Records() []string {
	seen := map[string]bool{}
	var ids []string
	for _, taken := range s.Taken() {
		if !seen[taken.ID] {
			seen[taken.ID] = true
			ids = append(ids, taken.ID)
		}
	}
	return ids
}

// Failure implements conformance.StandIn.
func (standIn) Failure(int) (contentType, body string) { return "text/plain", "scripted" }

// Writes implements conformance.StandIn.
func (standIn) Writes(r *http.Request) bool { return r.Method == http.MethodPost }

// TestConformance: the plugin as it is shipped is one (promises P3 and P7).
func TestConformance(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "spurline-plugin-webhook")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/spurline-plugin-webhook")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	retry := pluginv1.Outcome_OUTCOME_RETRY
	report := plugintest.Conform(t, binary, conformance.Harness{
		Secrets: map[string]string{"signing_secret": conformanceSecret},
		Faulty: []conformance.Faulty{{
			Name: "a secret that is too short", Secrets: map[string]string{"signing_secret": "whsec_c2hvcnQ="},
			Field: "signing_secret",
		}},
		// The suite is on loopback and has no certificate.
		Environment: map[string]string{"SPURLINE_PLUGIN_WEBHOOK_DEVELOPMENT": "true"},
		// The specification has senders try again whatever a receiver refuses.
		Outcomes: map[int]pluginv1.Outcome{400: retry, 401: retry, 403: retry, 413: retry, 422: retry},
		Remote: &conformance.Remote{
			Setting: "url", New: func() conformance.StandIn { return standIn{webhooktest.New(conformanceSecret)} },
		},
	})
	if unclaimed := report.Count(conformance.NotClaimed); unclaimed > 0 {
		t.Errorf("%d checks are not claimed: this plugin claims all", unclaimed)
	}
}
