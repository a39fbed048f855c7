package telemetry

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/mattn/go-isatty"

	"github.com/spurline/spurline/server/trace"
)

// LogOptions says how log lines are written.
type LogOptions struct {
	// Level is the lowest level that is written.
	Level slog.Level
	// Format is "text", "json", or anything else for text on a terminal and JSON
	// otherwise.
	Format string
}

// NewLogger returns a logger that writes to w. Durations have their unit in both
// formats, such as "38.327µs". Lines logged with the context of
// a call carry its request id, and its trace if it has one.
func NewLogger(w io.Writer, options LogOptions) *slog.Logger {
	settings := &slog.HandlerOptions{Level: options.Level}
	if options.Format == "text" || options.Format != "json" && terminal(w) {
		return slog.New(contextHandler{slog.NewTextHandler(w, settings)})
	}
	settings.ReplaceAttr = withUnit
	return slog.New(contextHandler{slog.NewJSONHandler(w, settings)})
}

// withUnit writes a duration as text does. In JSON slog has nanoseconds without a unit.
func withUnit(_ []string, attr slog.Attr) slog.Attr {
	if attr.Value.Kind() == slog.KindDuration {
		attr.Value = slog.StringValue(attr.Value.Duration().String())
	}
	return attr
}

func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}

// contextHandler adds what the context of a line knows.
type contextHandler struct{ slog.Handler }

// Handle adds the request id and the trace.
func (h contextHandler) Handle(ctx context.Context, record slog.Record) error {
	if id := RequestID(ctx); id != "" {
		record.AddAttrs(slog.String("request_id", id))
	}
	if place := trace.From(ctx); !place.IsZero() {
		record.AddAttrs(slog.String(trace.LogKey, place.TraceID()))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs keeps the handler around the inner one.
func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the handler around the inner one.
func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name)}
}
