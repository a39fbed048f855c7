package sdk

import (
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
)

// recoverTo is deferred around the code of a plugin: a panic is logged with its
// stack, secrets masked, and after is called if there is one.
func recoverTo(logger *slog.Logger, m masker, in string, after func()) {
	value := recover()
	if value == nil {
		return
	}
	// Only the runtime's own panics are known to quote no data.
	text := fmt.Sprintf("%T", value)
	if fault, ok := value.(runtime.Error); ok {
		text = fault.Error()
	}
	logger.Error("plugin panicked", slog.String("in", in), slog.String("panic", m.excerpt(text)),
		slog.String("stack", m.text(string(debug.Stack()))))
	if after != nil {
		after()
	}
}
