package sdk

import (
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spurline/spurline/plugins/sdk/internal/gostack"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// panicHint is all that a merchant is told of a panic.
const panicHint = "The plugin panicked; its author has to mend that."

// panicMessage is the message of a panic's line in the log.
const panicMessage = pluginv1.PanicMessage

// panics is what becomes of those of a plugin's code.
type panics struct {
	// shown says that the plugin's author reads the log and the results, so that they have
	// the value of a panic, and where it was. It may quote data of customers.
	shown bool
}

// showsPanics says that the plugin runs for its author: the host that checks or tries it
// says so in the environment.
func showsPanics(plugin string, env func(string) string) bool {
	return env(pluginv1.VariablePrefix(plugin)+pluginv1.ShowPanics) == "true"
}

// ShowPanics has results and the log say what the plugin's code panics with, and results
// where, which is for its author: the text may quote data of customers. Call it before
// Register.
func (s *Server) ShowPanics() {
	s.panics.shown = true
	s.instances.panics = s.panics
}

// recoverTo is deferred around the code of a plugin: a panic is logged with its
// stack, secrets masked, and after is called, if there is one, with a hint.
func (p panics) recoverTo(logger *slog.Logger, m masker, in string, after func(hint string)) {
	value := recover()
	if value == nil {
		return
	}
	text, stack := p.text(value), string(debug.Stack())
	logger.Error(panicMessage, slog.String("in", in), slog.String("panic", m.excerpt(text)),
		slog.String("stack", m.text(stack)))
	if after != nil {
		after(p.hint(text, stack))
	}
}

// text is the value of a panic as it may be told. Only the runtime's own panics are known
// to quote no data.
func (p panics) text(value any) string {
	fault, isRuntime := value.(runtime.Error)
	switch {
	case isRuntime:
		return fault.Error()
	case p.shown:
		return fmt.Sprint(value)
	default:
		return fmt.Sprintf("%T", value)
	}
}

// hintFrames are how many functions a hint names.
const hintFrames = 3

// hint is what is told where a human looks for the outcome.
func (p panics) hint(text, stack string) string {
	if !p.shown {
		return panicHint
	}
	hint := "The plugin panicked: " + text
	var frames []string
	for _, frame := range gostack.Own(stack, hintFrames) {
		frames = append(frames, frame.String())
	}
	if len(frames) > 0 {
		hint += "; at " + strings.Join(frames, ", called by ")
	}
	return hint
}
