package sdk

import (
	"context"
	"encoding/json"
	"log/slog"
)

// maskHandler masks the secrets of a connection in all that is logged for it, and adds
// the trace of the delivery whose context a line is logged with.
type maskHandler struct {
	inner slog.Handler
	masks masker
}

var _ slog.Handler = maskHandler{}

// Enabled implements slog.Handler.
func (h maskHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h maskHandler) Handle(ctx context.Context, record slog.Record) error {
	clean := slog.NewRecord(record.Time, record.Level, h.masks.text(record.Message), record.PC)
	record.Attrs(func(attr slog.Attr) bool {
		clean.AddAttrs(h.attr(attr))
		return true
	})
	if traceparent := traceparentIn(ctx); traceparent != "" {
		clean.AddAttrs(slog.String(traceKey, traceIDIn(traceparent)))
	}
	return h.inner.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h maskHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return maskHandler{h.inner.WithAttrs(h.attrs(attrs)), h.masks}
}

// WithGroup implements slog.Handler.
func (h maskHandler) WithGroup(name string) slog.Handler {
	return maskHandler{h.inner.WithGroup(h.masks.text(name)), h.masks}
}

func (h maskHandler) attrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, attr := range attrs {
		clean[i] = h.attr(attr)
	}
	return clean
}

func (h maskHandler) attr(attr slog.Attr) slog.Attr {
	return slog.Attr{Key: h.masks.text(attr.Key), Value: h.value(attr.Value.Resolve())}
}

func (h maskHandler) value(value slog.Value) slog.Value {
	switch value.Kind() {
	case slog.KindString:
		return slog.StringValue(h.masks.text(value.String()))
	case slog.KindGroup:
		return slog.GroupValue(h.attrs(value.Group())...)
	case slog.KindAny:
		if err, ok := value.Any().(error); ok {
			return slog.StringValue(h.masks.text(err.Error()))
		}
		raw, err := json.Marshal(value.Any())
		if err != nil {
			return slog.StringValue(h.masks.text(value.String()))
		}
		return slog.StringValue(h.masks.text(string(raw)))
	default: // Numbers, times and the like.
		return value
	}
}
