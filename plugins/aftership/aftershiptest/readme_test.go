package aftershiptest_test

import (
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/internal/standin/standintest"
)

// TestFaultsAreDocumented: every kind that the stand-in has is in the plugin's README and taken.
func TestFaultsAreDocumented(t *testing.T) {
	t.Parallel()
	standintest.WantDocumented(t, "../README.md", aftershiptest.New(), "",
		"status", "limited", "html", "not_json", "empty", "truncated", "reset", "hang")
}
