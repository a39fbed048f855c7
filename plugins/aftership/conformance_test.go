package aftership_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk/conformance"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
)

// standIn is the stand-in as the conformance suite uses one.
type standIn struct{ *aftershiptest.Server }

// Records implements conformance.StandIn.
func (s standIn) Records() []string {
	var ids []string
	for _, tracking := range s.Trackings() {
		ids = append(ids, tracking.ID)
	}
	return ids
}

// Failure implements conformance.StandIn.
func (standIn) Failure(status int) (contentType, body string) {
	return "application/json", fmt.Sprintf(`{"meta":{"code":%d,"message":"scripted"},"data":{}}`, status)
}

// Writes implements conformance.StandIn.
func (standIn) Writes(r *http.Request) bool { return r.Method != http.MethodGet }

// newStandIn is one that limits nothing, as the suite is in more of a hurry than any
// merchant.
func newStandIn() conformance.StandIn {
	const enough = 1_000_000
	options := []aftershiptest.Option{aftershiptest.WithoutRateLimits()}
	for _, endpoint := range []string{
		"POST /trackings", "GET /trackings", "GET /trackings/{id}", "PUT /trackings/{id}", "GET /couriers",
	} {
		options = append(options, aftershiptest.WithCeiling(endpoint, enough))
	}
	return standIn{aftershiptest.New(options...)}
}

// TestConformance: the plugin as it is shipped is one (promises P3 and P7).
func TestConformance(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "spurline-plugin-aftership")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/spurline-plugin-aftership")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	report := plugintest.Conform(t, binary, conformance.Harness{
		Settings: map[string]string{"courier_slugs": "UPS=ups"},
		Secrets:  map[string]string{"api_key": aftershiptest.ValidKey},
		Faulty: []conformance.Faulty{{
			Name: "couriers that are no list", Settings: map[string]string{"courier_slugs": "no equals sign"},
			Field: "courier_slugs",
		}},
		Remote: &conformance.Remote{Setting: "base_url", New: newStandIn},
	})
	if unclaimed := report.Count(conformance.NotClaimed); unclaimed > 0 {
		t.Errorf("%d checks are not claimed: this plugin claims all", unclaimed)
	}
}
