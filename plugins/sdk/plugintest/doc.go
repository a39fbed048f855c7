// Package plugintest runs a plugin in a test as the host would, over real gRPC
// in memory.
//
//	func TestForward(t *testing.T) {
//		t.Parallel()
//		remote := httptest.NewServer(…)
//		host := plugintest.New(t, plugin)
//		results := host.Forward(
//			map[string]string{"base_url": remote.URL},
//			map[string]string{"api_key": "canary-4711"},
//			plugintest.Tracking("d1", "TRACK-1"),
//		)
//		if got := results["d1"].GetOutcome(); got != pluginv1.Outcome_OUTCOME_DELIVERED { … }
//	}
//
// Every secret handed to a Host is a canary: the test fails if its value turns
// up in an answer of the plugin or in its log.
package plugintest
