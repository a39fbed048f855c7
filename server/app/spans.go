package app

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/spurline/spurline/server/auth"
	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/telemetry"
	"github.com/spurline/spurline/server/telemetry/spans"
	"github.com/spurline/spurline/server/validation"
)

// spansGrace is how long the last spans have to be exported when the server ends. A
// collector that does not answer holds up nothing else.
const spansGrace = 3 * time.Second

// openSpans has spans recorded if somebody takes them.
func (a *App) openSpans(ctx context.Context) (err error) {
	if a.config.TracesEndpoint == "" {
		return nil
	}
	a.spans, err = spans.Open(ctx, spans.Options{
		Endpoint: a.config.TracesEndpoint, Ratio: a.config.TracesRatio, Logger: a.logger,
	})
	if err == nil {
		a.metrics.WatchSpans(a.spans)
	}
	return err
}

// closeSpans exports the last spans. What cannot be is lost, which is no failure of the
// server.
func (a *App) closeSpans(ctx context.Context) {
	if a.spans == nil {
		return
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), spansGrace)
	defer cancel()
	if err := a.spans.Close(grace); err != nil {
		a.logger.WarnContext(ctx, "the last spans are lost", "error", err)
	}
}

// tracer is what records attempts, nil if nothing does.
func (a *App) tracer() dispatch.Tracer {
	if a.spans == nil {
		return nil // And not a nil recorder in an interface.
	}
	return a.spans
}

// interceptors are those of the API, the outermost first.
func (a *App) interceptors(guard *auth.Guard) []grpc.ServerOption {
	calls := telemetry.NewCalls(a.logger)
	unary := []grpc.UnaryServerInterceptor{a.metrics.Unary, calls.Unary, guard.Unary}
	stream := []grpc.StreamServerInterceptor{a.metrics.Stream, calls.Stream, guard.Stream}
	if a.spans != nil {
		unary, stream = append(unary, a.spans.Unary), append(stream, a.spans.Stream)
	}
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(append(unary, validation.Unary())...),
		grpc.ChainStreamInterceptor(append(stream, validation.Stream())...),
	}
}
