package app

import (
	"os"
	"runtime/debug"
)

// collectLess spends memory on less garbage collection: what the server holds does not
// grow with its backlog, and at full load collecting would take an eighth of its time.
// GOGC has the last word.
func collectLess() {
	const percent = 400
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
