package plugintest

import (
	"testing"

	"github.com/spurline/spurline/plugins/sdk/conformance"
)

// Conform runs the conformance suite over the built program of a plugin, with a
// subtest for each check. It returns the report, for a test that wants to know what
// was not claimed. A failure of the suite itself ends the test.
//
//	func TestConformance(t *testing.T) {
//		t.Parallel()
//		plugintest.Conform(t, binary, conformance.Harness{ … })
//	}
func Conform(t *testing.T, binary string, harness conformance.Harness) conformance.Report {
	t.Helper()
	report, err := conformance.Run(t.Context(), binary, harness)
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range report.Checks {
		t.Run(check.Name, func(t *testing.T) {
			switch check.Status {
			case conformance.Passed:
			case conformance.NotClaimed:
				t.Logf("not claimed: %s", check.Reason)
			case conformance.NotRun:
				t.Errorf("not run: %s", check.Reason)
			default:
				t.Errorf("it must: %s\nbecause: %s", check.Demand, check.Why)
				for _, fault := range check.Faults {
					t.Error(fault)
				}
			}
		})
	}
	return report
}
