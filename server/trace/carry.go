package trace

import (
	"context"

	"google.golang.org/grpc/metadata"
)

// Header is the metadata key of a caller's place.
const Header = "traceparent"

// LogKey is the attribute of a log line that names the trace it belongs to. Lines that
// are logged with a context that has a place get it by themselves.
const LogKey = "trace_id"

type placeKey struct{}

// Incoming returns ctx with the place that the caller of a gRPC call sent. Without a
// valid one it is ctx itself. A caller that sends two has sent none.
func Incoming(ctx context.Context) context.Context {
	sent := metadata.ValueFromIncomingContext(ctx, Header)
	if len(sent) != 1 {
		return ctx
	}
	place, valid := Parse(sent[0])
	if !valid {
		return ctx
	}
	return With(ctx, place)
}

// With returns ctx with a place. With the zero value it is ctx itself.
func With(ctx context.Context, place Place) context.Context {
	if place.IsZero() {
		return ctx
	}
	return context.WithValue(ctx, placeKey{}, place)
}

// From returns the place of ctx, the zero value if there is none.
func From(ctx context.Context) Place {
	place, _ := ctx.Value(placeKey{}).(Place)
	return place
}
