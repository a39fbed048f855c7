package pluginv1

import "encoding/json"

// PanicMessage is that of the line by which the Go kit logs a panic that it caught in a
// plugin's code.
const PanicMessage = "plugin panicked"

// LoggedPanic is what that line says.
type LoggedPanic struct {
	// In is what was called: a method, or "delivery" and the id of one.
	In string `json:"in"`
	// Panic is what it panicked with, or only its type unless ShowPanics is set.
	Panic string `json:"panic"`
	// Stack is the one of the goroutine, as the runtime writes it.
	Stack string `json:"stack"`
}

// ReadPanic reads a line of a plugin's log, false if it is another one.
func ReadPanic(line []byte) (LoggedPanic, bool) {
	var read struct {
		Message string `json:"msg"`
		LoggedPanic
	}
	if json.Unmarshal(line, &read) != nil || read.Message != PanicMessage {
		return LoggedPanic{}, false
	}
	return read.LoggedPanic, true
}
