package pluginhost

import (
	"slices"
	"testing"
)

// TestAllowed: a plugin sees the common variables and those with its own name.
func TestAllowed(t *testing.T) {
	t.Parallel()
	environ := []string{
		"PATH=/bin", "DATABASE_PASSWORD=hunter2", "SPURLINE_SEALING_KEY=hunter2", "SPURLINE_PLUGIN_DIR=/plugins",
		"SPURLINE_PLUGIN_WEBHOOK_ALLOW=10.0.0.0/8", "SPURLINE_PLUGIN_WEBHOOK=none", "SPURLINE_PLUGIN_ACME_EU_X=1=2",
		"SPURLINE_PLUGIN_ACME_Y=", "XSPURLINE_PLUGIN_ACME_Z=1", "spurline_plugin_acme_z=1", "SPURLINE_PLUGIN_ACMEX_Z=1",
	}
	for plugin, want := range map[string][]string{
		"webhook": {"PATH=/bin", "SPURLINE_PLUGIN_WEBHOOK_ALLOW=10.0.0.0/8"},
		"acme-eu": {"PATH=/bin", "SPURLINE_PLUGIN_ACME_EU_X=1=2"},
		"acme":    {"PATH=/bin", "SPURLINE_PLUGIN_ACME_EU_X=1=2", "SPURLINE_PLUGIN_ACME_Y="},
		"other":   {"PATH=/bin"},
	} {
		if got := allowed(plugin, environ); !slices.Equal(got, want) {
			t.Errorf("%s sees %q, want %q", plugin, got, want)
		}
	}
}
