// Package telemetry makes the server observable: the log, the id that ties a
// call to its log lines, one line for each call that failed, and health. Beside it are
// metrics, trace (the place of a call in its caller's trace) and spans.
//
//	log := telemetry.NewLogger(os.Stderr, telemetry.LogOptions{Format: "auto"})
//	calls := telemetry.NewCalls(log)
//	server := grpc.NewServer(
//		grpc.ChainUnaryInterceptor(calls.Unary), grpc.ChainStreamInterceptor(calls.Stream))
//	...
//	health := telemetry.NewHealth(server)
//	health.Serving()
//	...
//	health.Drain()
package telemetry
