package spans

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spurline/spurline/server/trace"
)

// intake is what the full names of calls that submit begin with.
const intake = "/spurline.api.v1.IntakeService/"

// Unary is the interceptor of unary calls. It stands behind the one that refuses callers:
// who may not call makes no spans.
func (r *Recorder) Unary(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	parent := trace.From(ctx)
	begins := parent.IsZero() && r.ratio > 0 && strings.HasPrefix(info.FullMethod, intake) && r.random() < r.ratio
	if !parent.IsSampled() && !begins {
		return handler(ctx, request)
	}
	span, in := r.startCall(parent, info.FullMethod)
	response, err := handler(trace.With(ctx, in), request)
	endCall(span, err)
	return response, err
}

// Stream is the interceptor of streams. One that has no trace begins none: it would have
// all that is submitted in it.
func (r *Recorder) Stream(
	server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	parent := trace.From(stream.Context())
	if !parent.IsSampled() {
		return handler(server, stream)
	}
	span, in := r.startCall(parent, info.FullMethod)
	err := handler(server, &placedStream{stream, trace.With(stream.Context(), in)})
	endCall(span, err)
	return err
}

// placedStream is a stream with another place in the trace.
type placedStream struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // it is the stream's
}

// Context is the stream's with the place in it.
func (s *placedStream) Context() context.Context { return s.ctx }

func (r *Recorder) startCall(parent trace.Place, fullMethod string) (oteltrace.Span, trace.Place) {
	name := strings.TrimPrefix(fullMethod, "/")
	return r.start(parent, name, oteltrace.WithSpanKind(oteltrace.SpanKindServer), oteltrace.WithAttributes(
		attribute.String("rpc.system.name", "grpc"), attribute.String("rpc.method", name)))
}

// endCall ends the span of a call. The text of an error is for the caller and may quote
// what was sent, so only the code is recorded.
func endCall(span oteltrace.Span, err error) {
	code := status.Code(err)
	span.SetAttributes(attribute.String("rpc.response.status_code", codeName(code)))
	switch code {
	case codes.Unknown, codes.DeadlineExceeded, codes.Unimplemented, codes.Internal, codes.Unavailable, codes.DataLoss:
		span.SetStatus(otelcodes.Error, "") // The others are the caller's.
	default:
	}
	span.End()
}

// codeName is a code as the specification of gRPC writes it.
func codeName(code codes.Code) string {
	name := code.String()
	if code == codes.OK {
		return name
	}
	var upper strings.Builder
	for i, c := range name {
		if i > 0 && c >= 'A' && c <= 'Z' {
			upper.WriteByte('_')
		}
		upper.WriteRune(c)
	}
	return strings.ToUpper(upper.String())
}
