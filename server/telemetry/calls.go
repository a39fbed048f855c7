package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/trace"
)

// Failed calls that are logged: so many a second, after so many at once. The
// next line tells how many were left out.
const (
	linesPerSecond = 20
	linesAtOnce    = 200
)

// Calls are the outermost interceptors. They give each call its request id and, if its
// caller sent one, its place in a trace. They turn panics and unexpected errors into
// INTERNAL, and log each call that failed: method, code and reason, never what was
// sent. They are safe for concurrent use.
type Calls struct {
	log     *slog.Logger
	limit   *rate.Limiter
	leftOut atomic.Int64
}

// NewCalls returns interceptors that log to log.
func NewCalls(log *slog.Logger) *Calls {
	return &Calls{log: log, limit: rate.NewLimiter(linesPerSecond, linesAtOnce)}
}

// Unary is the interceptor of unary calls.
func (c *Calls) Unary(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (response any, err error) {
	ctx, id := withRequestID(trace.Incoming(ctx))
	if err := grpc.SetHeader(ctx, metadata.Pairs(RequestIDHeader, id)); err != nil {
		return nil, err
	}
	start := time.Now()
	err = c.guard(ctx, info.FullMethod, func() (err error) {
		response, err = handler(ctx, request)
		return err
	})
	if err != nil {
		c.failed(ctx, info.FullMethod, start, err)
		return nil, err
	}
	return response, nil
}

// Stream is the interceptor of streams.
func (c *Calls) Stream(
	server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	ctx, id := withRequestID(trace.Incoming(stream.Context()))
	if err := stream.SetHeader(metadata.Pairs(RequestIDHeader, id)); err != nil {
		return err
	}
	start := time.Now()
	err := c.guard(ctx, info.FullMethod, func() error {
		return handler(server, &contextStream{ServerStream: stream, ctx: ctx})
	})
	if err != nil {
		c.failed(ctx, info.FullMethod, start, err)
	}
	return err
}

// guard runs a call. What comes back is nil or a status that callers may see.
func (c *Calls) guard(ctx context.Context, method string, call func() error) (err error) {
	defer func() {
		if caught := recover(); caught != nil {
			c.log.ErrorContext(ctx, "call panicked", slog.String("method", method),
				slog.String("panic", fmt.Sprintf("%T", caught)), slog.String("stack", string(debug.Stack())))
			err = unexpected(ctx)
		}
	}()
	err = call()
	switch {
	case err == nil:
		return nil
	case isStatus(err):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	}
	c.log.ErrorContext(ctx, "call met an unexpected error",
		slog.String("method", method), slog.Any("error", err))
	return unexpected(ctx)
}

func isStatus(err error) bool {
	var withStatus interface{ GRPCStatus() *status.Status }
	return errors.As(err, &withStatus)
}

func unexpected(ctx context.Context) error {
	return fault.New(codes.Internal, apiv1.ErrorReason_ERROR_REASON_INTERNAL,
		"unexpected fault of the server; its log has it under request id %s", RequestID(ctx))
}

func (c *Calls) failed(ctx context.Context, method string, start time.Time, err error) {
	if !c.limit.Allow() {
		c.leftOut.Add(1)
		return
	}
	attrs := []slog.Attr{
		slog.String("method", method),
		slog.String("code", status.Code(err).String()),
		slog.Duration("duration", time.Since(start)),
	}
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			attrs = append(attrs, slog.String("reason", info.GetReason()))
		}
	}
	if from, ok := peer.FromContext(ctx); ok {
		attrs = append(attrs, slog.String("peer", from.Addr.String()))
	}
	if leftOut := c.leftOut.Swap(0); leftOut > 0 {
		attrs = append(attrs, slog.Int64("lines_left_out", leftOut))
	}
	c.log.LogAttrs(ctx, slog.LevelWarn, "call failed", attrs...)
}

// contextStream is a stream with another context.
type contextStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context is the stream's with what the call carries.
func (s *contextStream) Context() context.Context { return s.ctx }
