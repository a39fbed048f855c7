// Package plugintest runs a plugin in a test as the host would, over real gRPC
// in memory.
//
//	func TestForward(t *testing.T) {
//		t.Parallel()
//		remote := plugintest.NewRemote(t, nil)
//		host := plugintest.New(t, plugin)
//		results := host.Forward(
//			map[string]string{"base_url": remote.URL()},
//			map[string]string{"api_key": "canary-4711"},
//			plugintest.Tracking("d1", "TRACK-1"),
//		)
//		if got := results["d1"].GetOutcome(); got != pluginv1.Outcome_OUTCOME_DELIVERED { … }
//	}
//
// A Remote stands in for the extra interface and fails on request, Host.Golden
// compares what was sent with a file, and a Clock makes waiting a matter of the
// test. TestExample… in example_test.go shows each of them.
//
// Every secret handed to a Host is a canary: the test fails if its value turns
// up in an answer of the plugin or in its log. What the plugin panics with is in the hint
// of the result, with the place in its code.
package plugintest
