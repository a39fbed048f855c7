package spans

import (
	"context"
	"log/slog"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Counts is what became of spans. What was recorded and is neither exported nor failed
// waits, or was dropped because too many did.
type Counts struct{ Recorded, Exported, Failed int64 }

type counts struct{ recorded, exported, failed atomic.Int64 }

// Counts returns what became of spans so far.
func (r *Recorder) Counts() Counts {
	return Counts{
		Recorded: r.counts.recorded.Load(), Exported: r.counts.exported.Load(), Failed: r.counts.failed.Load(),
	}
}

// counting counts what ends.
type counting struct {
	counts *counts
	sdktrace.SpanProcessor
}

// OnEnd is for the SDK.
func (c counting) OnEnd(span sdktrace.ReadOnlySpan) {
	c.counts.recorded.Add(1)
	c.SpanProcessor.OnEnd(span)
}

// reporting counts what is exported, and logs when that begins to fail and when it works
// again. Exports run one after the other.
type reporting struct {
	sdktrace.SpanExporter
	counts  *counts
	logger  *slog.Logger
	failing bool
}

// ExportSpans is for the SDK, which would log each error by its own means.
func (e *reporting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	switch {
	case err != nil:
		e.counts.failed.Add(int64(len(spans)))
		if !e.failing {
			e.logger.WarnContext(ctx, "spans cannot be exported and are dropped until the collector takes them; "+
				"look at it and at traces_endpoint", "error", err)
		}
	default:
		e.counts.exported.Add(int64(len(spans)))
		if e.failing {
			e.logger.InfoContext(ctx, "the collector takes spans again")
		}
	}
	e.failing = err != nil
	return nil
}
