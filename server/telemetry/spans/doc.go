// Package spans records what the server does for a call as spans of its caller's trace,
// and exports them by OTLP: one for the call, and as its children one for each attempt at
// a delivery that the call made, whenever that is.
//
// Only what is sampled is recorded: calls whose caller records their trace and, if asked
// for, a share of the submissions that have none. A span tells which delivery of which
// connection it is of and what became of it; never an order id, a tracking number, a
// person or a secret (promise P8).
//
// Nothing waits for the collector (promise P5): spans wait in a queue of bounded length,
// and those that do not fit are dropped.
//
//	recorder, err := spans.Open(ctx, spans.Options{Endpoint: "http://127.0.0.1:4317", …})
//	server := grpc.NewServer(grpc.ChainUnaryInterceptor(…, recorder.Unary), …)
//	dispatcher := dispatch.New(dispatch.Options{Tracer: recorder, …})
//	…
//	recorder.Close(ctx)
package spans
