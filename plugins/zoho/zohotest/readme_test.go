package zohotest_test

import (
	"testing"

	"github.com/spurline/spurline/plugins/internal/standin/standintest"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestFaultsAreDocumented: every kind that the stand-in has is in the plugin's README and taken.
func TestFaultsAreDocumented(t *testing.T) {
	t.Parallel()
	standintest.WantDocumented(t, "../README.md", zohotest.New(), `,"code":44,"quirk":"filters_ignored"`,
		"status", "false_success", "blocked", "quota", "in_flight", "html", "not_json", "empty", "truncated", "garbled",
		"wrong_type", "slow", "late", "quirky", "reset", "hang")
}
