// Package trace has the place of a call in the trace of its caller, as W3C Trace
// Context writes it: which trace, and which span in it what follows belongs to. It
// goes with a call, is kept with the deliveries that the call made, and goes on to
// their plugins. It records nothing; package spans does.
//
//	ctx = trace.Incoming(ctx)  // in an interceptor: what the caller sent, if it is valid
//	place := trace.From(ctx)   // anywhere below it, the zero value if there is none
//	place.String()             // "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
package trace
