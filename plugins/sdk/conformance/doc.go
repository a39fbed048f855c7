// Package conformance is the definition of a plugin: one list of checks that every
// plugin passes, whatever it is written in. It starts the real program and speaks
// nothing but the handshake and gRPC to it.
//
//	report, err := conformance.Run(ctx, "bin/spurline-plugin-acme", conformance.Harness{
//		Secrets: map[string]string{"api_key": "canary-4711"},
//		Remote:  &conformance.Remote{Setting: "base_url", New: func() conformance.StandIn { … }},
//	})
//
// Package plugintest runs the same list as a Go test, the command "spurline plugin
// check" from a harness in a file.
//
// A check is of something that a plugin claims: what it does not claim, or what the
// harness gives no means to look at, is reported as not claimed, never left out. The
// checks with deliveries need a Remote: the suite serves it, scripts its faults and
// reads what the plugin sent. Without one nothing is delivered, as nobody but the
// plugin knows where its records would go.
package conformance
