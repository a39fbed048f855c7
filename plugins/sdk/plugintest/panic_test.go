package plugintest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
)

type panicking struct{ key sdk.Secret }

// ForwardTracking implements sdk.TrackingForwarder.
func (p panicking) ForwardTracking(context.Context, *sdk.TrackingDelivery) sdk.Result {
	panic("no courier with " + p.key.Reveal())
}

// TestPanicIsShown: the author reads in result and log what the plugin panicked with; a
// secret is masked there too.
func TestPanicIsShown(t *testing.T) {
	t.Parallel()
	host := plugintest.New(t, sdk.Plugin[acmeSettings, panicking]{
		Name: "acme", Version: "1.0.0", Title: "Acme",
		New: func(_ sdk.Env, s acmeSettings) (panicking, error) { return panicking{s.Key}, nil },
	})
	got := host.Forward(map[string]string{"base_url": "https://acme.example"}, secrets,
		plugintest.Tracking("d1", "TRACK-1"))["d1"]
	if got.GetReason() != "PLUGIN_PANIC" || !strings.Contains(got.GetHint(), "no courier with [secret]") {
		t.Errorf("%v", got)
	}
	if !strings.Contains(host.Log(), "no courier with [secret]") {
		t.Errorf("log: %s", host.Log())
	}
}
