package telemetry

import (
	"context"
	"crypto/rand"

	"google.golang.org/grpc/metadata"
)

// RequestIDHeader is the metadata key of the request id: taken from the caller
// if it sends one, and sent back with every answer. It only ties log lines
// together; SubmitOrderRequest.request_id is another thing.
const RequestIDHeader = "x-request-id"

type requestIDKey struct{}

// RequestID returns the id of the call that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// withRequestID returns ctx with the id that the caller sent or a new one.
func withRequestID(ctx context.Context) (context.Context, string) {
	id := rand.Text()
	if sent := metadata.ValueFromIncomingContext(ctx, RequestIDHeader); len(sent) == 1 && harmless(sent[0]) {
		id = sent[0]
	}
	return context.WithValue(ctx, requestIDKey{}, id), id
}

// harmless tells whether an id can stand in a log line and a header as it is.
func harmless(id string) bool {
	const most = 128
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return id != "" && len(id) <= most
}
