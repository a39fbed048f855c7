package sdk

import (
	"context"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// The kit passes on where a delivery stands in its caller's trace, as W3C Trace Context
// writes it, and records nothing itself: that takes no SDK in a plugin.

const (
	traceparentHeader = "Traceparent"
	// traceKey is the attribute of log lines.
	traceKey = "trace_id"
	// traceparentLength is that of version 00; later ones begin with the same fields.
	traceparentLength = len("00-") + traceIDLength + len("-0123456789abcdef-01")
	traceIDLength     = 32
	// mostTraceparent bounds what a later version may add.
	mostTraceparent = 512
)

// traceparentOf is what the host says of a delivery's trace, empty if that has not the
// form of a traceparent.
func traceparentOf(header *pluginv1.DeliveryHeader) string {
	traceparent := header.GetTraceparent()
	if len(traceparent) < traceparentLength || len(traceparent) > mostTraceparent {
		return ""
	}
	for i := range len(traceparent) {
		c := traceparent[i]
		fits := c > ' ' && c <= '~' // Of a later version: whatever a header may have.
		switch {
		case i == 2 || i == 35 || i == 52:
			fits = c == '-'
		case i < traceparentLength:
			fits = c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		}
		if !fits {
			return ""
		}
	}
	return traceparent
}

// traceIDIn is the trace that a traceparent names.
func traceIDIn(traceparent string) string {
	if len(traceparent) < traceparentLength {
		return ""
	}
	return traceparent[len("00-") : len("00-")+traceIDLength]
}

// TraceID is the trace of the call that caused the delivery, as 32 hexadecimal digits;
// empty if it had none. Lines that are logged with the context of the delivery have it
// as trace_id by themselves.
func (d Delivery) TraceID() string { return traceIDIn(d.Traceparent) }

type traceparentKey struct{}

// withTraceparent returns the context of a delivery. Without a trace it is ctx itself.
func withTraceparent(ctx context.Context, traceparent string) context.Context {
	if traceparent == "" {
		return ctx
	}
	return context.WithValue(ctx, traceparentKey{}, traceparent)
}

// traceparentIn is that of the delivery whose context it is, empty if there is none.
func traceparentIn(ctx context.Context) string {
	traceparent, _ := ctx.Value(traceparentKey{}).(string)
	return traceparent
}
